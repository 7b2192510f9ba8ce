//! Which requests of a worker are open, and which one a response answers. No io and no clock.
//!
//! A request is open from the moment that it begins to be written until its whole response was read, also when nobody wants it
//! any more (C-098). So an honest response always finds its request, and any other is a worker fault (C-061).

use std::collections::HashMap;

use pwp_proto::{Framing, WorkRequest, WorkResponse, decode};

use crate::ended::WorkerFault;
use crate::hooks::ExchangeHooks;

/// The open requests of one worker process. `R` is the receiver of a response.
#[derive(Debug)]
pub(super) struct Exchange<R> {
    framing: Framing,
    multiplex: bool,
    pub(super) hooks: ExchangeHooks,
    /// The last id that was given to a request of a multiplex worker.
    last_id: i32,
    pub(super) open: HashMap<i32, Open<R>>,
}

#[derive(Debug)]
pub(super) struct Open<R> {
    pub(super) waiter: R,
    /// Whether a cancel request was sent for it.
    cancelled: bool,
    /// Where the request begins in the stream of all requests, in bytes; nothing while it waits to be written.
    pub(super) start: Option<u64>,
}

impl<R> Exchange<R> {
    pub(super) fn new(framing: Framing, multiplex: bool, hooks: ExchangeHooks) -> Self {
        Self { framing, multiplex, hooks, last_id: 0, open: HashMap::new() }
    }

    /// Opens a request, and returns its id.
    pub(super) fn begin(&mut self, waiter: R) -> i32 {
        let id = self.unused_id();
        let id = (self.hooks.request_id)(id, self.open.len());
        self.open.insert(id, Open { waiter, cancelled: false, start: None });
        id
    }

    /// An id that no open request has. Numbers are not used again before all others were.
    fn unused_id(&mut self) -> i32 {
        // C-045: "A request to a singleplex worker has the `request_id` 0."
        if !self.multiplex {
            return 0;
        }
        // C-047: "A request to a multiplex worker has a positive `request_id`."
        // C-048: "A client gives a request an id that no open request of the same worker process has."
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.open.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    pub(super) fn encode(&mut self, mut message: WorkRequest) -> Vec<u8> {
        (self.hooks.message)(&mut message);
        (self.hooks.encode)(self.framing, &message)
    }

    pub(super) fn started(&mut self, id: i32, start: u64) {
        if let Some(open) = self.open.get_mut(&id) {
            open.start = Some(start);
        }
    }

    /// Notes that a cancel request is sent. Returns whether one may be: the request is open and was not cancelled before (C-097).
    pub(super) fn cancel(&mut self, id: i32) -> bool {
        self.open.get_mut(&id).is_some_and(|open| !std::mem::replace(&mut open.cancelled, true))
    }

    /// Closes the request that the response in `body` answers, and returns both. Nothing is returned for a response that is dropped.
    ///
    /// # Errors
    /// The worker has broken its side of the session; nothing after it is worth reading.
    pub(super) fn response(&mut self, body: &[u8]) -> Result<Option<(R, WorkResponse)>, WorkerFault> {
        let decoded = decode::<WorkResponse>(self.framing, body)?;
        let hooks = &mut self.hooks;
        if let Some(note) = decoded.notes.into_iter().find(|note| (hooks.is_malformed)(self.framing, note)) {
            return Err(WorkerFault::Field(note));
        }
        let response = decoded.message;
        if !(hooks.takes_response)(&response) {
            return Ok(None);
        }
        // C-060: "A client gives a response to the request with the same `request_id`, in whatever order responses arrive."
        let id = (hooks.answered_id)(response.request_id, self.multiplex, &mut self.open.keys().copied());
        // C-061: "A response whose `request_id` is not that of an open request is a worker fault."
        let Some(open) = self.open.get(&id) else {
            return Err(WorkerFault::UnknownId(response.request_id));
        };
        if let Some(fault) = (hooks.wrong_response)(&response, open.cancelled) {
            return Err(fault);
        }
        Ok(self.open.remove(&id).map(|open| (open.waiter, response)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(multiplex: bool) -> Exchange<&'static str> {
        Exchange::new(Framing::Proto, multiplex, ExchangeHooks::default())
    }

    /// The receiver of the request that a response answers.
    fn answered(worker: &mut Exchange<&'static str>, body: &[u8]) -> &'static str {
        worker.response(body).unwrap().unwrap().0
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
            assert_eq!(worker.begin(name), 0);
            assert_eq!(answered(&mut worker, &answer(0)), name);
        }
        assert_eq!(worker.response(&answer(0)), Err(WorkerFault::UnknownId(0)));
    }

    #[test]
    fn multiplex_ids_are_positive_and_answers_come_in_any_order() {
        let mut worker = exchange(true);
        assert_eq!((worker.begin("a"), worker.begin("b")), (1, 2));
        assert_eq!(answered(&mut worker, &answer(2)), "b");
        assert_eq!(worker.response(&answer(2)), Err(WorkerFault::UnknownId(2)));
        assert_eq!(worker.begin("c"), 3);
        assert_eq!(worker.open.len(), 2);
    }

    #[test]
    fn ids_begin_again_and_leave_out_open_ones() {
        let mut worker = exchange(true);
        assert_eq!(worker.begin("first"), 1);
        worker.last_id = i32::MAX - 1;
        assert_eq!(worker.begin("last"), i32::MAX);
        assert_eq!(worker.begin("next"), 2);
    }

    #[test]
    fn was_cancelled_needs_a_cancel_request() {
        let cancelled =
            |request_id| body(&WorkResponse { request_id, was_cancelled: true, ..WorkResponse::default() });
        let mut worker = exchange(true);
        worker.begin("a");
        worker.begin("b");
        assert!(worker.cancel(1) && !worker.cancel(1) && !worker.cancel(7));
        assert_eq!(answered(&mut worker, &cancelled(1)), "a");
        assert_eq!(worker.response(&cancelled(2)), Err(WorkerFault::NotCancelled(2)));
        assert_eq!(worker.open.len(), 1, "who waits for it is told of the end");
    }

    #[test]
    fn what_a_response_can_be_wrong_in() {
        let fault = |body: &[u8], framing| {
            let mut worker = Exchange::new(framing, false, ExchangeHooks::default());
            worker.begin("a");
            worker.response(body).map(|answered| answered.unwrap().1)
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
    fn where_a_request_begins_is_known_once_it_is_written() {
        let mut worker = exchange(true);
        worker.begin("a");
        let id = worker.begin("b");
        worker.started(id, 17);
        assert_eq!((worker.open[&1].start, worker.open[&id].start), (None, Some(17)));
    }
}
