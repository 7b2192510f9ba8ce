//! Faults of cancelling requests.

use pwp_proto::{Decoded, WorkRequest, WorkResponse};

use super::kit::{Counter, Ids, OUTSIDE, end, session};
use super::{CANCELLATION, Fault};
use crate::{
    Error,
    session::{
        Out,
        hooks::{Answer, CancelAction, Hooks, Verdict},
    },
};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "cancel-is-work",
        "handles a cancel request as a request, and answers it",
        &["W-080", "W-087"],
        session(|_| Box::new(CancelIsWork(|_| true))),
    )
    .may_also_break(&[
        ("W-027", "the response to a cancel with the id of a request that is cut short looks like one to that request"),
        ("W-054", "the work of a cancel with arguments writes the same files"),
        ("W-055", "the work of a cancel with arguments writes the same files later"),
        ("W-064", "the work of a cancel takes the id of the next request"),
        ("W-073", "the work of a cancel takes the id of a later request"),
        ("W-032", "the response to a cancel answers no request"),
        ("W-081", "a cancel for an unknown id is answered, too"),
        ("W-082", "a cancel that comes too late is answered, too"),
        ("W-083", "a second cancel is answered, too"),
        ("W-086", "the work that the cancel is for goes on"),
        ("W-088", "a cancel with arguments is answered, too"),
    ]),
    Fault::new(
        "cancel-unknown-answered",
        "answers a cancel for an id that was never used",
        &["W-081"],
        session(|name| Box::new(NotOpen::new(name, Reaction::Answer, Reaction::Ignore))),
    )
    .with(CANCELLATION)
    .may_also_break(&[("W-032", "the response answers no request")]),
    Fault::new(
        "cancel-unknown-exits",
        "ends at a cancel for an id that was never used",
        &["W-081"],
        session(|name| Box::new(NotOpen::new(name, Reaction::End, Reaction::Ignore))),
    )
    .with(CANCELLATION)
    .may_also_break(&[
        ("W-001", "a cancel right behind the first request ends it before it has answered anything"),
        ("W-050", "requests sent meanwhile are open when it ends"),
        ("W-051", "it may end soon after a response"),
        ("W-073", "on a busy machine a request is sent behind the cancel before it ends, and looks like the cause"),
        ("W-084", "a cancel right behind its request may come before the id is known"),
    ]),
    Fault::new(
        "cancel-late-answered",
        "answers a cancel for an id that is answered already",
        &["W-082"],
        session(|name| Box::new(NotOpen::new(name, Reaction::Ignore, Reaction::Answer))),
    )
    .with(CANCELLATION)
    .may_also_break(&[
        ("W-032", "the response answers no request"),
        ("W-080", "a cancel that crosses the response on its way is too late only for the worker"),
        ("W-083", "a second cancel comes too late if the first one was quick"),
        ("W-088", "a cancel with other fields may come too late, too"),
    ]),
    Fault::new(
        "cancel-twice-answered",
        "answers the second cancel for the same request",
        &["W-083"],
        session(|_| Box::new(TwiceAnswered(Ids::default()))),
    )
    .with(CANCELLATION)
    .may_also_break(&[
        ("W-032", "the response answers no request"),
        ("W-082", "the second cancel may come after the response"),
    ]),
    Fault::new(
        "cancel-drops-response",
        "does not answer a cancelled request",
        &["W-084"],
        session(|_| Box::new(DropsResponse)),
    )
    .with(CANCELLATION)
    .may_also_break(&[("W-031", "the request has no response")]),
    Fault::new(
        "was-cancelled-unasked",
        "says was_cancelled in every third response, cancelled or not",
        &["W-085"],
        session(|_| Box::new(Unasked(Counter::default()))),
    )
    .with(CANCELLATION),
    Fault::new(
        "cancel-sticks",
        "says was_cancelled in the response to a later request with the id of a cancelled one",
        &["W-085"],
        session(|_| Box::new(Sticks(Ids::default()))),
    )
    .with(CANCELLATION)
    .may_also_break(&[("W-088", "whether a cancel meets an open request is a race, so one with arguments may look like the cause")]),
    Fault::new(
        "cancel-waits",
        "lets cancelled work run to its end before it says was_cancelled",
        &["W-086"],
        session(|_| Box::new(Waits(Ids::default()))),
    )
    .with(CANCELLATION),
    Fault::new(
        "cancel-with-arguments-is-work",
        "handles a cancel request with arguments as a request, and answers it",
        &["W-088"],
        session(|_| Box::new(CancelIsWork(|cancel| !cancel.arguments.is_empty()))),
    )
    .with(CANCELLATION)
    .may_also_break(&[
        ("W-032", "the response to a cancel answers no request"),
        ("W-080", "a cancel is run as work"),
        ("W-081", "such a cancel may be for an id that was never sent"),
        ("W-082", "such a cancel may come too late"),
        ("W-083", "such a cancel may be the second one"),
    ]),
    Fault::new(
        "write-after-cancel",
        "answers a cancelled request at once, and writes its output file 100 ms later",
        &["W-090"],
        OUTSIDE,
    )
    .with(CANCELLATION)
    .may_also_break(&[
        ("W-054", "a later request may have written the same output meanwhile"),
        ("W-055", "that is a file written after the response"),
    ]),
    Fault::new(
        "cancel-all",
        "cancels every open request when one is cancelled",
        &["W-091"],
        session(|_| Box::new(CancelAll)),
    )
    .with(&["multiplex", "cancellation"])
    .may_also_break(&[("W-085", "was_cancelled stands in responses to requests that were not cancelled")]),
];

/// Takes some cancel requests for work.
struct CancelIsWork(fn(&WorkRequest) -> bool);

impl Hooks for CancelIsWork {
    fn cancel(&self, cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        Ok(if (self.0)(cancel) { CancelAction::Work } else { usual(open) })
    }
}

fn usual(open: bool) -> CancelAction {
    if open { CancelAction::Signal } else { CancelAction::Ignore }
}

/// The response that a cancel request must not have.
fn answer(cancel: &WorkRequest) -> CancelAction {
    let response =
        WorkResponse { request_id: cancel.request_id, was_cancelled: true, ..WorkResponse::default() };
    CancelAction::Answer(response)
}

#[derive(Clone, Copy)]
enum Reaction {
    Ignore,
    Answer,
    End,
}

/// Reacts to a cancel for an id that is not open: never used, or answered.
struct NotOpen {
    name: &'static str,
    used: Ids,
    to_unknown: Reaction,
    to_answered: Reaction,
}

impl NotOpen {
    fn new(name: &'static str, to_unknown: Reaction, to_answered: Reaction) -> Self {
        Self { name, used: Ids::default(), to_unknown, to_answered }
    }
}

impl Hooks for NotOpen {
    fn request(&self, request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        self.used.insert(request.message.request_id);
        Ok(Verdict::Accept)
    }

    fn cancel(&self, cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        if open {
            return Ok(CancelAction::Signal);
        }
        match if self.used.contains(cancel.request_id) { self.to_answered } else { self.to_unknown } {
            Reaction::Ignore => Ok(CancelAction::Ignore),
            Reaction::Answer => Ok(answer(cancel)),
            Reaction::End => Err(end(self.name, "a cancel for a request that was never sent")),
        }
    }
}

/// The ids whose request was cancelled once while it was open. The second cancel may find it answered: that is a matter of
/// microseconds, and the fault must not be.
struct TwiceAnswered(Ids);

impl Hooks for TwiceAnswered {
    fn request(&self, request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        self.0.remove(request.message.request_id);
        Ok(Verdict::Accept)
    }

    fn cancel(&self, cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        if self.0.contains(cancel.request_id) {
            return Ok(answer(cancel));
        }
        if open {
            self.0.insert(cancel.request_id);
        }
        Ok(usual(open))
    }
}

struct DropsResponse;

impl Hooks for DropsResponse {
    fn respond(&self, _out: &mut Out, response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        Ok(response.was_cancelled)
    }
}

struct Unasked(Counter);

impl Hooks for Unasked {
    fn edit(&self, response: &mut WorkResponse, _about: &Answer) {
        response.was_cancelled |= self.0.next().is_multiple_of(3);
    }
}

/// The ids that were ever cancelled.
struct Sticks(Ids);

impl Hooks for Sticks {
    fn cancel(&self, cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        if open {
            self.0.insert(cancel.request_id);
        }
        Ok(usual(open))
    }

    fn edit(&self, response: &mut WorkResponse, _about: &Answer) {
        response.was_cancelled |= self.0.contains(response.request_id);
    }
}

/// The ids whose work nobody told that it is cancelled.
struct Waits(Ids);

impl Hooks for Waits {
    fn cancel(&self, cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        if open {
            self.0.insert(cancel.request_id);
        }
        Ok(CancelAction::Ignore)
    }

    fn edit(&self, response: &mut WorkResponse, _about: &Answer) {
        response.was_cancelled = self.0.remove(response.request_id);
    }
}

struct CancelAll;

impl Hooks for CancelAll {
    fn cancel(&self, _cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        Ok(if open { CancelAction::SignalAll } else { CancelAction::Ignore })
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        (
            "cancel-is-work",
            |d, _| each(d, &[cancel(5)]),
            |o| o.responses.len() == 1 && !o.responses[0].was_cancelled,
        ),
        ("cancel-unknown-answered", |d, _| each(d, &[cancel(5)]), |o| o.responses.len() == 1),
        ("cancel-unknown-exits", |d, _| each(d, &[cancel(5)]), rejected),
        ("cancel-late-answered", |d, _| each(d, &[id(5), cancel(5)]), |o| o.responses.len() == 2),
        ("was-cancelled-unasked", |d, _| each(d, &three()), |o| o.responses[2].was_cancelled),
        (
            "cancel-with-arguments-is-work",
            |d, _| each(d, &[WorkRequest { cancel: true, ..id(5) }]),
            |o| o.responses.len() == 1,
        ),
    ];
}
