//! Workers that fail, hang or end: spec/src/client/failures.md.

use pwp_spec::RequirementId;

use super::observation::{ActionSeen, SessionEvent, StatusSeen};
use super::picture::Picture;
use super::talk::FaultKind;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    let faulty = picture.talks.iter().any(|talk| !talk.faults.is_empty());
    let spoke =
        picture.seen.sessions.iter().any(|session| {
            session.events.iter().any(|(_, event)| matches!(event, SessionEvent::Received(_)))
        });
    for (number, build) in picture.seen.builds.iter().enumerate() {
        if let Some(how) = &build.crashed {
            // Where no worker has written anything, it is what the case is about that ends the client.
            let requirement = picture.seen.hang.filter(|_| !spoke).unwrap_or(ids::SURVIVES);
            out.violate(ClientViolation::Crashed { how: how.clone(), requirement });
        } else if faulty {
            out.uphold(ids::SURVIVES);
        }
        let actions = || picture.seen.actions.iter().filter(move |action| action.declared.build == number);
        if let Some(seconds) = build.hung {
            if build.interrupted.is_some() {
                let requirement = build.interrupted_for.unwrap_or(ids::INTERRUPT);
                out.violate(ClientViolation::NotInterrupted { seconds, requirement });
            } else {
                let is_hung = |action: &&ActionSeen| {
                    action.status == StatusSeen::Hung && !picture.spoilt.contains(&action.declared.name)
                };
                for action in actions().filter(is_hung) {
                    let action = action.declared.name.clone();
                    let requirement = picture.seen.hang.unwrap_or_else(|| cause(picture, &action));
                    out.violate(ClientViolation::Hung { action, seconds, requirement });
                }
            }
        } else if build.interrupted.is_some() {
            out.uphold(build.interrupted_for.unwrap_or(ids::INTERRUPT));
        } else if let Some(requirement) = picture.seen.hang {
            out.uphold(requirement);
        }
        match build.freed {
            Some(true) => out.uphold(ids::INTERRUPT),
            Some(false) => {
                let seconds = (build.ended - build.began) / 1_000_000;
                let requirement = ids::INTERRUPT;
                out.violate(ClientViolation::NotInterrupted { seconds, requirement });
            }
            None => {}
        }
        // A process that ended with a request open, and an action that came to an end.
        for action in actions().filter(|action| action.status != StatusSeen::Hung) {
            let ended = picture.talks.iter().enumerate().any(|(session, talk)| {
                let open = talk
                    .asked
                    .iter()
                    .any(|asked| asked.name == action.declared.name && asked.answer.is_none());
                let events = &picture.seen.sessions[session].events;
                open && events.iter().any(|(_, event)| matches!(event, SessionEvent::Exiting(_)))
            });
            if ended {
                out.uphold(ids::PROCESS_ENDS);
            }
        }
    }
}

/// What keeps an action from ending, if the case does not say.
fn cause(picture: &Picture<'_>, action: &str) -> RequirementId {
    for (session, talk) in picture.talks.iter().enumerate() {
        let Some(asked) = talk.asked.iter().rfind(|asked| asked.name == action) else { continue };
        let exits = |(_, event): &(u64, SessionEvent)| matches!(event, SessionEvent::Exiting(_));
        if picture.seen.sessions[session].events.iter().any(exits) {
            return ids::PROCESS_ENDS;
        }
        if let Some(fault) = talk.faults.iter().find(|fault| fault.at <= asked.ended()) {
            return match fault.kind {
                FaultKind::UnknownId => ids::UNKNOWN_ID,
                FaultKind::Unasked => ids::UNASKED,
                FaultKind::WasCancelled => ids::UNASKED_WAS_CANCELLED,
                FaultKind::Malformed => ids::AFTER_FAULT,
            };
        }
    }
    ids::TIME_LIMIT
}
