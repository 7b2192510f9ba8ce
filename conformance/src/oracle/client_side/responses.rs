//! What a client makes of answers: spec/src/client/responses.md.

use pwp_spec::RequirementId;

use super::observation::{ActionSeen, SessionEvent, StatusSeen};
use super::picture::Picture;
use super::talk::{Asked, FaultKind, Talk};
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for action in picture.seen.actions.iter().filter(|action| !picture.spoilt.contains(&action.declared.name))
    {
        success(picture, action, out);
    }
    for (session, talk) in picture.talks.iter().enumerate() {
        after_fault(picture, session, talk, out);
    }
}

/// A client that says "succeeded" has a reason for it.
fn success(picture: &Picture<'_>, action: &ActionSeen, out: &mut Findings) {
    let name = &action.declared.name;
    let requests: Vec<(&Talk, &Asked)> = picture
        .talks
        .iter()
        .flat_map(|talk| talk.asked.iter().map(move |asked| (talk, asked)))
        .filter(|(_, asked)| asked.name == *name)
        .collect();
    let done = requests.iter().any(|(_, asked)| asked.succeeded()) || done_in_one_shot(picture, name);
    let Some((talk, asked)) = requests.last() else { return };
    let began = picture.seen.builds.get(action.declared.build).map_or(0, |build| build.began);
    // The request may have been in the pipe when the worker wrote this: for the client it was an answer.
    if talk
        .faults
        .iter()
        .any(|fault| fault.kind == FaultKind::Unasked && fault.at > began && fault.at < asked.at)
    {
        return;
    }
    let cause = cause(talk, asked);
    match action.status {
        StatusSeen::Succeeded if !done => {
            let (requirement, why) = cause.unwrap_or((ids::SUCCESS, "no response says so"));
            let violation = ClientViolation::SuccessFromNothing { action: name.clone(), why, requirement };
            out.violate(violation);
        }
        StatusSeen::Succeeded | StatusSeen::Failed => {
            out.uphold(ids::SUCCESS);
            for (talk, asked) in &requests {
                if let Some((requirement, _)) = self::cause(talk, asked) {
                    out.uphold(requirement);
                }
            }
        }
        _ => {}
    }
}

/// What could make a client believe that a request succeeded which did not.
fn cause(talk: &Talk, asked: &Asked) -> Option<(RequirementId, &'static str)> {
    let fault = |kind: FaultKind, from: u64| {
        talk.faults.iter().any(|fault| fault.kind == kind && fault.at >= from && fault.at <= asked.ended())
    };
    let answer = asked.answer.as_ref();
    if fault(FaultKind::Unasked, 0) {
        Some((ids::UNASKED, "only bytes that the worker wrote before it was asked say so"))
    } else if fault(FaultKind::UnknownId, asked.at) {
        Some((ids::UNKNOWN_ID, "only a response with the id of no open request says so"))
    } else if fault(FaultKind::Malformed, 0) {
        Some((ids::AFTER_FAULT, "what the worker wrote can't be read"))
    } else if answer.is_some_and(|answer| answer.response.was_cancelled && asked.cancelled.is_none()) {
        Some((
            ids::UNASKED_WAS_CANCELLED,
            "its response says that it was cancelled, and nobody has done that",
        ))
    } else if answer.is_some_and(|answer| answer.response.exit_code != 0) {
        Some((ids::SUCCESS, "its response has another exit_code than 0"))
    } else {
        None
    }
}

fn done_in_one_shot(picture: &Picture<'_>, name: &str) -> bool {
    let file = format!("{name}.out");
    picture.seen.sessions.iter().enumerate().any(|(session, seen)| {
        picture.talks[session].asked.is_empty()
            && seen.events.iter().any(|(_, event)| {
                matches!(event, SessionEvent::Wrote { path, error, .. } if path.ends_with(&file) && error.is_empty())
            })
    })
}

/// Whoever wrote what can't be believed is not asked again. Only later builds count: an earlier request may have been
/// on its way.
fn after_fault(picture: &Picture<'_>, session: usize, talk: &Talk, out: &mut Findings) {
    for fault in talk.faults.iter().filter(|fault| fault.kind != FaultKind::Unasked) {
        let later = talk.asked.iter().find(|asked| {
            let build = picture.action(&asked.name).map(|action| action.declared.build);
            build.and_then(|build| picture.seen.builds.get(build)).is_some_and(|build| build.began > fault.at)
        });
        match later {
            Some(asked) => out.violate_in(
                session,
                &[fault.event, asked.event],
                ClientViolation::UsedAfterFault { fault: fault.kind.as_str(), action: asked.name.clone() },
            ),
            None if picture.seen.builds.last().is_some_and(|build| build.began > fault.at) => {
                out.uphold(ids::AFTER_FAULT);
            }
            None => {}
        }
    }
}
