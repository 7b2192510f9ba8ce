//! How workers are ended: spec/src/client/shutdown.md.

use std::time::Duration;

use crate::history::Event;

use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

/// How long before its own end a client that waits for a worker has closed the worker's input.
const WAITED: Duration = Duration::from_secs(2);

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    let end = &view.seen.end;
    for (session, seen) in view.seen.sessions.iter().enumerate() {
        if view.exchanges[session].requests.is_empty() || end.killed_by_case.contains(&session) {
            continue;
        }
        let (pid, group) = (seen.start.pid, seen.start.group);
        // C-134: "Each worker has a process group of its own, or what the system has in its place, and SIGKILL goes
        // to the whole group."
        let wrong = (pid != group).then_some(ClientViolation::ForeignGroup { pid, group });
        out.say(ids::GROUP, session, wrong);
        let closed = seen.events.iter().find(|timed| timed.event == Event::StdinClosed);
        let (eof, exited) = (closed.is_some(), seen.exits());
        let signal = view.events(session).find_map(|(_, event)| match event {
            Event::Signalled(signal) => Some(*signal),
            _ => None,
        });
        if let Some((place, _)) = view.events(session).find(|(_, event)| **event == Event::Homeless) {
            out.violate_in(session, &[place], ClientViolation::Homeless);
        }
        if end.killed {
            // C-007: "The client's ends of a worker's standard input and standard output are open in no other
            // process."
            // Whoever had ended before has nothing to say.
            if !exited || eof {
                out.say(ids::PIPES, session, (!eof).then_some(ClientViolation::InputHeld { pid }));
            }
            continue;
        }
        if end.forced {
            continue;
        }
        let left = end.left.contains(&session);
        let ignored = (eof || signal.is_some()) && !exited;
        // C-130: "When a client ends, it has ended all of its workers."
        // C-133: "A client sends SIGKILL to a worker that has not ended within a bounded time."
        if left {
            // The end of the client ends the input, too: what counts is whether the client has waited for anything.
            let waited = closed.is_some_and(|timed| timed.at.saturating_add(WAITED) < end.ended);
            let what = if signal.is_some() || waited {
                ClientViolation::NotKilled { pid }
            } else {
                ClientViolation::Left { pid }
            };
            out.violate_in(session, &[], what);
        } else {
            out.uphold(ids::ALL_ENDED);
            if ignored {
                out.uphold(ids::KILLED);
            }
        }
        if view.saw(session, |event| matches!(event, Event::Child { .. })) {
            let wrong = end.children_left.contains(&session).then_some(ClientViolation::ChildLeft);
            out.say(ids::GROUP, session, wrong);
        }
        // C-131: "To end a worker a client closes the worker's standard input."
        if eof {
            out.uphold(ids::INPUT_CLOSED);
        } else if let (Some(signal), false) = (signal, exited) {
            // A worker that ends at the signal does not see whether its input would have ended.
            out.violate_in(session, &[], ClientViolation::InputOpen { signal: signal.to_string() });
        }
        // C-132: "A client gives an idle worker time to end by itself before it sends SIGKILL."
        if eof || signal.is_some() {
            out.uphold(ids::GRACE);
        } else if !exited
            && !left
            && view.exchanges[session].faults.is_empty()
            && view.exchanges[session].requests.iter().all(|request| request.answer.is_some())
        {
            out.violate_in(session, &[], ClientViolation::NoGrace);
        }
    }
}
