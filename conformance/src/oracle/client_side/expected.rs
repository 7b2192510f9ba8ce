//! What a case itself expects of its actions and of the processes.

use super::ClientViolation;
use super::observation::{ActionSeen, Expectation, ProcessRule, SessionEvent, StatusSeen, StatusWanted};
use super::picture::Picture;
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for action in picture.seen.actions.iter().filter(|action| !picture.spoilt.contains(&action.declared.name))
    {
        for expected in &action.expected {
            outcome(action, expected, out);
            messages(picture, action, expected, out);
        }
    }
    for rule in &picture.seen.processes {
        processes(picture, rule, out);
    }
}

fn outcome(action: &ActionSeen, expected: &Expectation, out: &mut Findings) {
    let Some(wanted) = expected.status else { return };
    let got = action.status;
    // What was never told, or ended by a hang of another action, says nothing.
    if matches!(got, StatusSeen::Unknown | StatusSeen::Interrupted | StatusSeen::Hung) {
        return;
    }
    let (right, wanted) = match wanted {
        StatusWanted::Succeeded => (got == StatusSeen::Succeeded, "has to succeed"),
        StatusWanted::Failed => (got == StatusSeen::Failed, "has to fail"),
        StatusWanted::Ended => (true, "has to end"),
    };
    if right {
        out.uphold(expected.requirement);
    } else {
        let (action, requirement) = (action.declared.name.clone(), expected.requirement);
        let got = got.to_string();
        out.violate(ClientViolation::Outcome { action, wanted, got, requirement });
    }
}

fn messages(picture: &Picture<'_>, action: &ActionSeen, expected: &Expectation, out: &mut Findings) {
    let Some(build) = picture.seen.builds.get(action.declared.build) else { return };
    if matches!(action.status, StatusSeen::Unknown | StatusSeen::Hung) {
        return;
    }
    for (text, missing) in [(&expected.says, true), (&expected.silent_about, false)] {
        let Some(text) = text else { continue };
        if build.messages.contains(text.as_str()) == missing {
            out.uphold(expected.requirement);
        } else {
            let (action, requirement) = (action.declared.name.clone(), expected.requirement);
            out.violate(ClientViolation::Messages { action, text: text.clone(), missing, requirement });
        }
    }
}

/// Whether the client has asked a process to end before the last of these actions had ended.
fn was_ended(picture: &Picture<'_>, session: usize, names: &[String]) -> bool {
    let builds = names.iter().filter_map(|name| picture.action(name)).map(|action| action.declared.build);
    let over = builds.max().and_then(|build| picture.seen.builds.get(build)).map_or(0, |build| build.ended);
    picture.seen.sessions[session]
        .events
        .iter()
        .any(|(at, event)| *at < over && matches!(event, SessionEvent::Eof | SessionEvent::Signal(_)))
}

fn processes(picture: &Picture<'_>, rule: &ProcessRule, out: &mut Findings) {
    let of = |name: &String| -> Vec<usize> {
        let had = |talk: &super::talk::Talk| talk.asked.iter().any(|asked| asked.name == *name);
        (0..picture.talks.len()).filter(|session| had(&picture.talks[*session])).collect()
    };
    let (requirement, wrong) = match rule {
        ProcessRule::Together(requirement, names) => {
            let sessions: Vec<Vec<usize>> = names.iter().map(of).collect();
            if sessions.iter().any(Vec::is_empty) {
                return;
            }
            let one = sessions[0].iter().any(|session| sessions.iter().all(|of| of.contains(session)));
            // A client may have several workers. It has given up this one if it has ended it meanwhile.
            if !one && !sessions[0].iter().any(|session| was_ended(picture, *session, names)) {
                return;
            }
            (*requirement, (!one).then(|| format!("{} were not given to one process", names.join(", "))))
        }
        ProcessRule::Apart(requirement, names) => {
            let sessions: Vec<Vec<usize>> = names.iter().map(of).collect();
            let shared = sessions.iter().enumerate().any(|(place, of)| {
                sessions[..place].iter().any(|before| before.iter().any(|session| of.contains(session)))
            });
            if sessions.iter().filter(|of| !of.is_empty()).count() < 2 {
                return;
            }
            (*requirement, shared.then(|| format!("two of {} were given to one process", names.join(", "))))
        }
        ProcessRule::NoWorker(requirement, name) => {
            let given = !of(name).is_empty();
            (*requirement, given.then(|| format!("{name} was given to a worker")))
        }
        ProcessRule::Mark(requirement, mark) => {
            let is = |event: &SessionEvent| matches!(event, SessionEvent::Mark(name) if name == mark);
            let come =
                picture.seen.sessions.iter().any(|seen| seen.events.iter().any(|(_, event)| is(event)));
            // Who could not read a request has ended before.
            if !come && !picture.spoilt.is_empty() {
                return;
            }
            (*requirement, (!come).then(|| format!("no process came to `{mark}`")))
        }
        ProcessRule::Answered(requirement, name) => {
            let first = picture.talks.iter().enumerate().filter_map(|(session, talk)| {
                talk.asked.iter().find(|asked| asked.name == *name).map(|asked| (session, asked))
            });
            let Some((session, asked)) = first.min_by_key(|(_, asked)| asked.at) else { return };
            let open = asked.answer.is_none();
            let left = open && picture.seen.end.left.contains(&session);
            // What hangs, or was ended with a client that hangs, is not what this is about.
            if picture.seen.end.forced || left || picture.seen.builds.iter().any(|build| build.hung.is_some())
            {
                return;
            }
            (*requirement, open.then(|| format!("the process that had {name} was ended before it answered")))
        }
        ProcessRule::Singleplex(requirement, name) => {
            let mut asked =
                picture.talks.iter().flat_map(|talk| &talk.asked).filter(|asked| asked.name == *name);
            if of(name).is_empty() {
                return;
            }
            let other = asked.any(|asked| asked.request.request_id != 0);
            (*requirement, other.then(|| format!("{name} was given to a multiplex worker")))
        }
    };
    match wrong {
        None => out.uphold(requirement),
        Some(what) => out.violate(ClientViolation::Processes { what, requirement }),
    }
}
