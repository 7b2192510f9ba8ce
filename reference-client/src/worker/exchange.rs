//! Which requests of a worker are open, and what a response means for them. No io and no clock.
//!
//! A request is open from the moment that it begins to be written until its whole response was read, also when nobody wants it
//! any more (C-098). So an honest response always finds its request, and any other is a worker fault (C-061).

use std::collections::HashMap;

use pwp_proto::{Framing, Note, NoteKind, WorkResponse, decode};

use super::end::WorkerFault;
use crate::faults::{Faults, Kind};

/// The open requests of one worker process. `R` is who waits for a response.
#[derive(Debug)]
pub(super) struct Exchange<R> {
    dialect: Framing,
    multiplex: bool,
    faults: Faults,
    /// The last id that was given.
    last_id: i32,
    open: HashMap<i32, Open<R>>,
}

/// An open request.
#[derive(Debug)]
pub(super) struct Open<R> {
    /// Who waits.
    pub(super) waiter: R,
    /// A cancel request was written for it.
    cancelled: bool,
    /// Where it begins in the stream of requests, in bytes; nothing while it waits to be written.
    pub(super) start: Option<u64>,
    /// When it was begun, counted.
    order: u64,
    /// Another one with the same id, which only a fault gives it.
    twin: Option<Box<Self>>,
}

impl<R> Exchange<R> {
    pub(super) fn new(dialect: Framing, multiplex: bool, faults: &Faults) -> Self {
        Self { dialect, multiplex, faults: faults.clone(), last_id: 0, open: HashMap::new() }
    }

    /// How many requests are open.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Opens a request, and gives it its id: 0 for the one request of a singleplex worker (C-045), else a positive number that no
    /// open request has (C-047, C-048). Numbers are not used again before all others were.
    pub(super) fn open(&mut self, waiter: R, order: u64) -> i32 {
        let id = self.next_id();
        let mut open = Open { waiter, cancelled: false, start: None, order, twin: None };
        if let Some(twin) = self.open.remove(&id) {
            open.twin = Some(Box::new(twin));
        }
        self.open.insert(id, open);
        id
    }

    fn next_id(&mut self) -> i32 {
        if self.faults.has(Kind::NumberSingleplex) && !self.multiplex {
            self.last_id += 1;
            return self.last_id;
        }
        if !self.multiplex {
            return 0;
        }
        if self.faults.has(Kind::MixIds) && self.open.is_empty() && self.last_id % 2 == 1 {
            self.last_id += 1;
            return 0;
        }
        if self.faults.has(Kind::NegativeIds) {
            self.last_id -= 1;
            return self.last_id;
        }
        if self.faults.has(Kind::ReuseIds) {
            self.last_id = 1;
            return 1;
        }
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.open.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    /// Notes where an open request begins in the stream.
    pub(super) fn started(&mut self, id: i32, start: u64) {
        if let Some(open) = self.open.get_mut(&id) {
            open.start = Some(start);
        }
    }

    /// Notes that a cancel request is on its way. Whether the request is open and was not cancelled before: otherwise none is written
    /// (C-097).
    pub(super) fn cancel(&mut self, id: i32) -> bool {
        self.open.get_mut(&id).is_some_and(|open| !std::mem::replace(&mut open.cancelled, true))
    }

    /// Takes back a request of which nothing was written.
    pub(super) fn forget(&mut self, id: i32) {
        if let Some(twin) = self.open.remove(&id).and_then(|open| open.twin) {
            self.open.insert(id, *twin);
        }
    }

    /// Closes the request that the response in `body` answers, and returns both.
    ///
    /// # Errors
    /// The worker has broken its side of the session; nothing after it is worth reading.
    pub(super) fn response(&mut self, body: &[u8]) -> Result<(R, WorkResponse), WorkerFault> {
        let decoded = decode::<WorkResponse>(self.dialect, body)?;
        if let Some(note) = decoded.notes.into_iter().find(|note| self.is_malformed(note)) {
            if self.faults.has(Kind::CrashOnNumber) && note.kind == NoteKind::IntOutOfRange {
                std::process::abort();
            }
            return Err(WorkerFault::Field(note));
        }
        let response = decoded.message;
        let id = self.id_of(response.request_id);
        let Some(open) = self.open.get(&id) else {
            return Err(WorkerFault::UnknownId(response.request_id));
        };
        if response.was_cancelled && !open.cancelled && !self.faults.has(Kind::AcceptUnaskedCancel) {
            return Err(WorkerFault::NotCancelled(id));
        }
        if self.faults.has(Kind::CancelledIsFault) && open.cancelled && !response.was_cancelled {
            return Err(WorkerFault::UnknownId(id));
        }
        let Some(mut open) = self.open.remove(&id) else {
            return Err(WorkerFault::UnknownId(response.request_id));
        };
        if let Some(twin) = open.twin.take() {
            self.open.insert(id, *twin);
        }
        Ok((open.waiter, response))
    }

    /// The open request that a response with this id is for.
    fn id_of(&self, id: i32) -> i32 {
        let oldest = || self.open.iter().min_by_key(|(_, open)| open.order).map_or(id, |(id, _)| *id);
        let any =
            self.faults.has(Kind::AnswerInOrder) || (self.faults.has(Kind::AcceptAnyId) && !self.multiplex);
        if any { oldest() } else { id }
    }

    /// Whether a response with this can't be trusted. Unknown fields can (C-072), and so can unusual spellings.
    fn is_malformed(&self, note: &Note) -> bool {
        match note.kind {
            NoteKind::WrongWireType | NoteKind::WrongType | NoteKind::InvalidUtf8 => true,
            NoteKind::IntOutOfRange => self.dialect == Framing::Json,
            NoteKind::UnknownField | NoteKind::UnknownKey => self.faults.has(Kind::RejectUnknownField),
            _ => false,
        }
    }

    /// All who wait, because the worker has ended.
    pub(super) fn close(&mut self) -> impl Iterator<Item = Open<R>> {
        std::mem::take(&mut self.open).into_values().flat_map(|mut open| {
            let twin = open.twin.take().map(|twin| *twin);
            std::iter::once(open).chain(twin)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(multiplex: bool) -> Exchange<&'static str> {
        Exchange::new(Framing::Proto, multiplex, &Faults::default())
    }

    fn body(response: &WorkResponse) -> Vec<u8> {
        pwp_proto::encode(Framing::Proto, response)[1..].to_vec()
    }

    fn answer(request_id: i32) -> Vec<u8> {
        body(&WorkResponse { request_id, output: "x".into(), ..WorkResponse::default() })
    }

    #[test]
    fn singleplex_has_the_id_0_again_and_again() {
        let mut worker = exchange(false);
        for name in ["a", "b"] {
            assert_eq!(worker.open(name, 0), 0);
            assert_eq!(worker.response(&answer(0)).unwrap().0, name);
        }
        assert_eq!(worker.response(&answer(0)), Err(WorkerFault::UnknownId(0)));
    }

    #[test]
    fn multiplex_ids_are_positive_and_answers_come_in_any_order() {
        let mut worker = exchange(true);
        assert_eq!((worker.open("a", 0), worker.open("b", 1)), (1, 2));
        assert_eq!(worker.response(&answer(2)).unwrap().0, "b");
        assert_eq!(worker.response(&answer(2)), Err(WorkerFault::UnknownId(2)));
        assert_eq!(worker.open("c", 2), 3);
        assert_eq!(worker.len(), 2);
    }

    #[test]
    fn ids_begin_again_and_leave_out_open_ones() {
        let mut worker = exchange(true);
        assert_eq!(worker.open("first", 0), 1);
        worker.last_id = i32::MAX - 1;
        assert_eq!(worker.open("last", 1), i32::MAX);
        assert_eq!(worker.open("next", 2), 2);
    }

    #[test]
    fn was_cancelled_needs_a_cancel_request() {
        let cancelled =
            |request_id| body(&WorkResponse { request_id, was_cancelled: true, ..WorkResponse::default() });
        let mut worker = exchange(true);
        worker.open("a", 0);
        worker.open("b", 1);
        assert!(worker.cancel(1) && !worker.cancel(1) && !worker.cancel(7));
        assert_eq!(worker.response(&cancelled(1)).unwrap().0, "a");
        assert_eq!(worker.response(&cancelled(2)), Err(WorkerFault::NotCancelled(2)));
        assert_eq!(worker.close().count(), 1, "who waits for it is told of the end");
    }

    #[test]
    fn what_a_response_can_be_wrong_in() {
        let fault = |body: &[u8], dialect| {
            let mut worker = Exchange::new(dialect, false, &Faults::default());
            worker.open("a", 0);
            worker.response(body).map(|(_, response)| response)
        };
        assert!(matches!(fault(b"\x0a", Framing::Proto), Err(WorkerFault::Message(_))));
        assert!(matches!(fault(b"\x0a\x01x", Framing::Proto), Err(WorkerFault::Field(_))));
        assert!(matches!(fault(b"\x12\x01\xff", Framing::Proto), Err(WorkerFault::Field(_))));
        assert!(matches!(fault(b"{\"exitCode\":4294967296}", Framing::Json), Err(WorkerFault::Field(_))));
        assert!(matches!(fault(b"{\"exitCode\":\"one\"}", Framing::Json), Err(WorkerFault::Field(_))));
        assert_eq!(fault(b"{\"future\":[1],\"exitCode\":3}", Framing::Json).unwrap().exit_code, 3);
        assert_eq!(fault(b"{}", Framing::Json).unwrap(), WorkResponse::default());
    }

    #[test]
    fn all_who_wait_learn_of_the_end() {
        let mut worker = exchange(true);
        worker.open("a", 0);
        let id = worker.open("b", 1);
        worker.started(id, 17);
        let mut waiters: Vec<_> = worker.close().map(|open| (open.waiter, open.start)).collect();
        waiters.sort_unstable();
        assert_eq!(waiters, [("a", None), ("b", Some(17))]);
        assert!(worker.is_empty());
    }
}
