//! Requests: writing whole messages, at once where the pipe takes them and otherwise by the event loop; waiting for the response with
//! time limits; and giving a request up.

use std::sync::Arc;

use pwp_proto::{WorkRequest, WorkResponse};
use rustix::io::Errno;
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::connection::{Closing, Outgoing, State, WorkerConnection};
use crate::ended::{Cause, Lost};
use crate::hooks::cancel_request;
use crate::lock::lock;

/// The moment so much later. A time that no clock can hold is one that nobody lives to see.
fn later(moment: Instant, time: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 86_400);
    moment.checked_add(time).unwrap_or_else(|| moment + NEVER)
}

/// One open request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) connection: Arc<WorkerConnection>,
    id: i32,
    answer: oneshot::Receiver<Result<WorkResponse, Lost>>,
    since: Instant,
}

impl Call {
    /// The response, or how the worker ended without one. `work`: how long the request may take altogether.
    ///
    /// C-080: "A client limits how long it waits for a response. When the limit is over it ends the worker, and the action fails or is run
    /// again."
    pub(crate) async fn wait(&mut self, work: Duration) -> Result<WorkResponse, Lost> {
        let silence = self.connection.limits.silence;
        let mut alive_at = self.since;
        // Nothing that the worker does gives it more time than this.
        let over = later(self.since, work);
        loop {
            let until = over.min(later(alive_at.max(self.connection.last_output()), silence));
            let until = (self.connection.hooks.deadline)(until);
            tokio::select! {
                biased;
                answer = &mut self.answer => return answer.unwrap_or_else(|_| Err(self.vanished())),
                () = sleep_until(until) => {}
            }
            if Instant::now() >= over {
                return self.end_worker(Cause::TooLong(work)).await;
            }
            if Instant::now() < later(alive_at.max(self.connection.last_output()), silence) {
                continue;
            }
            // There was nothing on standard output, but a worker that writes to its log is alive.
            match self.connection.log.age().filter(|age| *age < silence) {
                Some(age) => alive_at = Instant::now().checked_sub(age).unwrap_or(alive_at),
                None => return self.end_worker(Cause::Silent(silence)).await,
            }
        }
    }

    /// Waits for the response to a request that nobody wants any more. Until then the request is open (C-098).
    pub(crate) async fn wait_unwanted(mut self, limit: Duration) {
        if timeout(limit, &mut self.answer).await.is_err() {
            let _ = self.end_worker(Cause::CancelIgnored(limit)).await;
        }
    }

    /// Asks for the end of the worker, and waits for it. A response that comes meanwhile is good.
    async fn end_worker(&mut self, cause: Cause) -> Result<WorkResponse, Lost> {
        self.connection.close(cause);
        (&mut self.answer).await.unwrap_or_else(|_| Err(self.vanished()))
    }

    /// The event loop was dropped with its runtime: the process was killed.
    fn vanished(&self) -> Lost {
        let closing = Closing { cause: Cause::Shutdown, excerpt: Vec::new() };
        Lost { ended: self.connection.describe_end(closing, None, true), never_read: false }
    }

    /// Writes a cancel request, once, if the worker understands it.
    pub(crate) fn cancel(&self) {
        let mut state = lock(&self.connection.state);
        // C-095: "A client sends a cancel request only to a worker whose action declares `cancellation`."
        let may_cancel = self.connection.cancellation && state.closing.is_none();
        if may_cancel && state.exchange.cancel(self.id) {
            let bytes = state.exchange.encode(cancel_request(self.id));
            self.connection.enqueue(&mut state, Outgoing { bytes, done: 0, id: self.id, cancel: true });
        }
    }

    /// Takes the request back if nothing of it was written yet. Returns whether that was so; the request is not open then.
    pub(crate) fn withdraw(&self) -> bool {
        let (mut state, id) = (lock(&self.connection.state), self.id);
        let unwritten = state.queue.iter().position(|outgoing| outgoing.id == id && outgoing.done == 0);
        match unwritten {
            Some(position) => {
                state.queue.remove(position);
                state.exchange.open.remove(&id);
            }
            None if !state.exchange.hooks.completes_requests => {
                state.queue.retain(|outgoing| outgoing.id != id);
            }
            None => {}
        }
        unwritten.is_some()
    }
}

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
        let mut state = lock(&self.state);
        if state.exchange.open.is_empty() {
            self.read_while_idle(&mut state);
        }
        if !state.is_usable() {
            return None;
        }
        let (waiter, answer) = oneshot::channel();
        let id = state.exchange.begin(waiter);
        request.request_id = id;
        let bytes = state.exchange.encode(request);
        self.enqueue(&mut state, Outgoing { bytes, done: 0, id, cancel: false });
        drop(state);
        Some(Call { connection: Arc::clone(self), id, answer, since: Instant::now() })
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
}
