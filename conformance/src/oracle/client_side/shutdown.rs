//! How workers are ended: spec/src/client/shutdown.md.

use super::observation::SessionEvent;
use super::picture::Picture;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

/// How long before its own end a client that waits for a worker has closed the worker's input, in microseconds.
const WAITED: u64 = 2_000_000;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    let end = &picture.seen.end;
    for (session, seen) in picture.seen.sessions.iter().enumerate() {
        if picture.talks[session].asked.is_empty() || seen.killed {
            continue;
        }
        let (pid, group) = (seen.start.pid, seen.start.group);
        let wrong = (pid != group).then_some(ClientViolation::ForeignGroup { pid, group });
        out.say(ids::GROUP, session, wrong);
        let has = |wanted: fn(&SessionEvent) -> bool| seen.events.iter().any(|(_, event)| wanted(event));
        let eof = has(|event| matches!(event, SessionEvent::Eof));
        let exited = has(|event| matches!(event, SessionEvent::Exiting(_)));
        let signal = seen.events.iter().find_map(|(_, event)| match event {
            SessionEvent::Signal(name) => Some(name.clone()),
            _ => None,
        });
        if let Some(place) = seen.events.iter().position(|(_, event)| *event == SessionEvent::Homeless) {
            out.violate_in(session, &[place], ClientViolation::Homeless);
        }
        if end.killed {
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
        if left {
            // The end of the client ends the input, too: what counts is whether the client has waited for anything.
            let closed = seen.events.iter().find(|(_, event)| *event == SessionEvent::Eof).map(|(at, _)| *at);
            let waited = closed.is_some_and(|at| at + WAITED < end.ended);
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
        if has(|event| matches!(event, SessionEvent::Child)) {
            let wrong = end.children_left.contains(&session).then_some(ClientViolation::ChildLeft);
            out.say(ids::GROUP, session, wrong);
        }
        if eof {
            out.uphold(ids::INPUT_CLOSED);
        } else if let (Some(signal), false) = (&signal, exited) {
            // A worker that ends at the signal does not see whether its input would have ended.
            out.violate_in(session, &[], ClientViolation::InputOpen { signal: signal.clone() });
        }
        if eof || signal.is_some() {
            out.uphold(ids::GRACE);
        } else if !exited
            && !left
            && picture.talks[session].faults.is_empty()
            && picture.talks[session].asked.iter().all(|asked| asked.answer.is_some())
        {
            out.violate_in(session, &[], ClientViolation::NoGrace);
        }
    }
}
