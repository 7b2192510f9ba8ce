//! What a case itself expects of its actions and of the processes.

use std::time::Duration;

use crate::history::Event;

use super::observation::{ActionSeen, Expectation, ProcessesExpected, StatusSeen, StatusWanted};
use super::view::CaseView;
use crate::oracle::ClientViolation;
use crate::oracle::finding::Findings;

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for action in view.sound_actions() {
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
    let (action, requirement) = (action.declared.name.clone(), expected.requirement);
    let wrong = ClientViolation::Outcome { action, wanted, got: got.to_string(), requirement };
    out.hold(requirement, (!right).then_some(wrong));
}

fn messages(view: &CaseView<'_>, action: &ActionSeen, expected: &Expectation, out: &mut Findings) {
    let Some(build) = view.build(action) else { return };
    if matches!(action.status, StatusSeen::Unknown | StatusSeen::Hung) {
        return;
    }
    for (text, missing) in [(&expected.says, true), (&expected.silent_about, false)] {
        let Some(text) = text else { continue };
        let is_right = build.messages.contains(text.as_str()) == missing;
        let (action, requirement) = (action.declared.name.clone(), expected.requirement);
        let wrong = ClientViolation::Messages { action, text: text.clone(), missing, requirement };
        out.hold(requirement, (!is_right).then_some(wrong));
    }
}

/// Whether the client has asked a process to end before the last of these actions had ended.
fn was_ended(view: &CaseView<'_>, session: usize, names: &[String]) -> bool {
    let builds = names.iter().filter_map(|name| view.action(name)).map(|action| action.declared.build);
    let last = builds.max().and_then(|build| view.seen.builds.get(build));
    view.was_asked_to_end(session, last.map_or(Duration::ZERO, |build| build.ended))
}

/// A rule of which nothing can be known is neither upheld nor violated.
fn processes(view: &CaseView<'_>, expected: &ProcessesExpected, out: &mut Findings) {
    let ProcessesExpected { requirement, together, apart, no_worker, mark, singleplex, answered } = expected;
    let of =
        |name: &String| -> Vec<usize> { view.first_requests(name).map(|(session, _)| session).collect() };
    let mut decide = |wrong: Option<String>| {
        let violation = wrong.map(|what| ClientViolation::Processes { what, requirement: *requirement });
        out.hold(*requirement, violation);
    };
    let sessions: Vec<Vec<usize>> = together.iter().map(of).collect();
    if let [first, ..] = sessions.as_slice()
        && !sessions.iter().any(Vec::is_empty)
    {
        let one = first.iter().any(|session| sessions.iter().all(|of| of.contains(session)));
        // A client that may have several workers has given up this one if it has ended it meanwhile. Where it may have one, a second
        // process says that by itself, and the first may write its end down as late as it likes.
        let may_have_one = view.seen.bounds.max_instances == Some(1);
        if one || may_have_one || first.iter().any(|session| was_ended(view, *session, together)) {
            decide((!one).then(|| format!("{} were not given to one process", together.join(", "))));
        }
    }
    let sessions: Vec<Vec<usize>> = apart.iter().map(of).collect();
    if sessions.iter().filter(|of| !of.is_empty()).count() >= 2 {
        let shared = sessions.iter().enumerate().any(|(place, of)| {
            sessions[..place].iter().any(|before| before.iter().any(|session| of.contains(session)))
        });
        decide(shared.then(|| format!("two of {} were given to one process", apart.join(", "))));
    }
    if let Some(name) = no_worker {
        decide((!of(name).is_empty()).then(|| format!("{name} was given to a worker")));
    }
    if let Some(mark) = mark {
        let is = |event: &Event| matches!(event, Event::Mark(name) if name == mark);
        let come = (0..view.exchanges.len()).any(|session| view.saw(session, is));
        // Who could not read a request has ended before.
        if come || view.spoilt.is_empty() {
            decide((!come).then(|| format!("no process came to `{mark}`")));
        }
    }
    if let Some(name) = singleplex.as_ref().filter(|name| !of(name).is_empty()) {
        let mut requests = view.exchanges.iter().flat_map(|exchange| &exchange.requests);
        let other = requests.any(|request| request.name == *name && request.message.request_id != 0);
        decide(other.then(|| format!("{name} was given to a multiplex worker")));
    }
    if let Some(name) = answered
        && let Some((session, request)) = view.first_requests(name).min_by_key(|(_, request)| request.at)
    {
        let open = request.answer.is_none();
        let left = open && view.seen.end.left.contains(&session);
        // What hangs, or was ended with a client that hangs, is not what this is about.
        if !(view.seen.end.forced || left || view.seen.builds.iter().any(|build| build.hung.is_some())) {
            decide(open.then(|| format!("the process that had {name} was ended before it answered")));
        }
    }
}
