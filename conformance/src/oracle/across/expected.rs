//! What a case itself expects of its actions and of the processes.

use std::time::Duration;

use crate::history::{Event, Timed};

use super::observation::{ActionSeen, Expectation, ProcessRule, StatusSeen, StatusWanted};
use super::view::CaseView;
use crate::oracle::ClientViolation;
use crate::oracle::finding::Findings;

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for action in view.seen.actions.iter().filter(|action| !view.spoilt.contains(&action.declared.name)) {
        for expected in &action.expected {
            outcome(action, expected, out);
            messages(view, action, expected, out);
        }
    }
    for rule in &view.seen.processes {
        processes(view, rule, out);
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
        out.violate(ClientViolation::Outcome { action, wanted, got: got.to_string(), requirement });
    }
}

fn messages(view: &CaseView<'_>, action: &ActionSeen, expected: &Expectation, out: &mut Findings) {
    let Some(build) = view.seen.builds.get(action.declared.build) else { return };
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
fn was_ended(view: &CaseView<'_>, session: usize, names: &[String]) -> bool {
    let builds = names.iter().filter_map(|name| view.action(name)).map(|action| action.declared.build);
    let over = builds
        .max()
        .and_then(|build| view.seen.builds.get(build))
        .map_or(Duration::ZERO, |build| build.ended);
    view.seen.sessions[session].events.iter().any(|Timed { at, event }| *at < over && event.asks_to_end())
}

fn processes(view: &CaseView<'_>, rule: &ProcessRule, out: &mut Findings) {
    let of = |name: &String| -> Vec<usize> {
        let had = |exchange: &super::exchange::Exchange| {
            exchange.requests.iter().any(|request| request.name == *name)
        };
        (0..view.exchanges.len()).filter(|session| had(&view.exchanges[*session])).collect()
    };
    let (requirement, wrong) = match rule {
        ProcessRule::Together(requirement, names) => {
            let sessions: Vec<Vec<usize>> = names.iter().map(of).collect();
            if sessions.iter().any(Vec::is_empty) {
                return;
            }
            let one = sessions[0].iter().any(|session| sessions.iter().all(|of| of.contains(session)));
            // A client may have several workers. It has given up this one if it has ended it meanwhile.
            if !one && !sessions[0].iter().any(|session| was_ended(view, *session, names)) {
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
            let is = |event: &Event| matches!(event, Event::Mark(name) if name == mark);
            let come =
                view.seen.sessions.iter().any(|seen| seen.events.iter().any(|Timed { event, .. }| is(event)));
            // Who could not read a request has ended before.
            if !come && !view.spoilt.is_empty() {
                return;
            }
            (*requirement, (!come).then(|| format!("no process came to `{mark}`")))
        }
        ProcessRule::Answered(requirement, name) => {
            let first = view.exchanges.iter().enumerate().filter_map(|(session, exchange)| {
                exchange
                    .requests
                    .iter()
                    .find(|request| request.name == *name)
                    .map(|request| (session, request))
            });
            let Some((session, request)) = first.min_by_key(|(_, request)| request.at) else { return };
            let open = request.answer.is_none();
            let left = open && view.seen.end.left.contains(&session);
            // What hangs, or was ended with a client that hangs, is not what this is about.
            if view.seen.end.forced || left || view.seen.builds.iter().any(|build| build.hung.is_some()) {
                return;
            }
            (*requirement, open.then(|| format!("the process that had {name} was ended before it answered")))
        }
        ProcessRule::Singleplex(requirement, name) => {
            let mut request = view
                .exchanges
                .iter()
                .flat_map(|exchange| &exchange.requests)
                .filter(|request| request.name == *name);
            if of(name).is_empty() {
                return;
            }
            let other = request.any(|request| request.message.request_id != 0);
            (*requirement, other.then(|| format!("{name} was given to a multiplex worker")))
        }
    };
    match wrong {
        None => out.uphold(requirement),
        Some(what) => out.violate(ClientViolation::Processes { what, requirement }),
    }
}
