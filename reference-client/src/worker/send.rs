//! Writes messages to a worker: whole ones, at once where the pipe takes them, and otherwise by the event loop.

use std::sync::Arc;

use pwp_proto::WorkRequest;
use rustix::io::Errno;
use tokio::sync::oneshot;

use super::call::Call;
use super::connection::WorkerConnection;
use super::state::{Outgoing, State};

/// The result of writing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flushed {
    /// Nothing waits to be written.
    All,
    /// The pipe is full.
    Blocked,
    /// The worker has closed its end.
    Refused,
}

impl WorkerConnection {
    /// Begins to write a request, and gives it an id.
    ///
    /// Nothing is written, and nothing returned, if the worker is to be ended.
    pub(crate) fn send(self: &Arc<Self>, mut request: WorkRequest) -> Option<Call> {
        let mut state = self.lock();
        if state.exchange.is_empty() {
            self.read_while_idle(&mut state);
        }
        if !state.is_usable() {
            return None;
        }
        let (waiter, answer) = oneshot::channel();
        let id = state.exchange.open(waiter);
        request.request_id = id;
        let bytes = state.exchange.encode(request);
        self.enqueue(&mut state, Outgoing { bytes, done: 0, id, cancel: false });
        drop(state);
        Some(Call::new(Arc::clone(self), id, answer))
    }

    /// Writes at once what the pipe takes, and leaves the rest to the event loop.
    ///
    /// C-056: "A client that has begun to write a request completes it before it writes another one, whatever becomes of the action, or ends
    /// the worker."
    pub(super) fn enqueue(&self, state: &mut State, outgoing: Outgoing) {
        let was_idle = state.queue.is_empty();
        state.queue.push_back(outgoing);
        if was_idle && self.flush(state) != Flushed::All {
            self.to_write.notify_one();
        }
    }

    /// Writes until nothing waits any more, or the pipe is full.
    pub(super) fn flush(&self, state: &mut State) -> Flushed {
        while let Some(first) = state.queue.front_mut() {
            let Some(input) = state.input.as_deref() else { return Flushed::All };
            if first.done == 0 && !first.cancel {
                state.exchange.started(first.id, state.written);
            }
            match rustix::io::write(input, &first.bytes[first.done..]) {
                Ok(count) => {
                    first.done += count;
                    state.written += count as u64;
                    if first.done == first.bytes.len() {
                        state.queue.pop_front();
                    }
                }
                Err(Errno::AGAIN) => return Flushed::Blocked,
                Err(Errno::INTR) => {}
                // The worker has closed its end. If it has ended, too, the event loop says so instead.
                Err(_) => return Flushed::Refused,
            }
        }
        Flushed::All
    }

    /// Writes a cancel request for an open request, once.
    pub(super) fn cancel(&self, id: i32) {
        let mut state = self.lock();
        if state.closing.is_none() && state.exchange.cancel(id) {
            let message = state.exchange.hooks().cancel_request(id);
            let bytes = state.exchange.encode(message);
            self.enqueue(&mut state, Outgoing { bytes, done: 0, id, cancel: true });
        }
    }

    /// Takes a request back of which nothing was written yet. Returns whether that was so; the request is not open then.
    pub(super) fn withdraw(&self, id: i32) -> bool {
        let mut state = self.lock();
        let unwritten = state.queue.iter().position(|outgoing| outgoing.id == id && outgoing.done == 0);
        match unwritten {
            Some(position) => {
                state.queue.remove(position);
                state.exchange.forget(id);
            }
            None if !state.exchange.hooks().completes_requests() => {
                state.queue.retain(|outgoing| outgoing.id != id);
            }
            None => {}
        }
        unwritten.is_some()
    }
}
