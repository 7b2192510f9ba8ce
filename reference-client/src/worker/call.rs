//! One open request: waiting for its response with time limits, and giving it up.

use std::sync::Arc;

use pwp_proto::WorkResponse;
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep_until, timeout};

use super::connection::WorkerConnection;
use super::state::Closing;
use crate::ended::{Cause, Lost};

/// One open request.
#[derive(Debug)]
pub(crate) struct Call {
    connection: Arc<WorkerConnection>,
    id: i32,
    answer: oneshot::Receiver<Result<WorkResponse, Lost>>,
    since: Instant,
}

impl Call {
    pub(super) fn new(
        connection: Arc<WorkerConnection>,
        id: i32,
        answer: oneshot::Receiver<Result<WorkResponse, Lost>>,
    ) -> Self {
        Self { connection, id, answer, since: Instant::now() }
    }

    /// The response, or how the worker ended without one. `work`: how long the request may take altogether.
    ///
    /// C-080: "A client limits how long it waits for a response. When the limit is over it ends the worker, and the action fails or is run
    /// again."
    pub(crate) async fn wait(&mut self, work: Duration) -> Result<WorkResponse, Lost> {
        let silence = self.connection.limits.silence;
        let mut alive_at = self.since;
        loop {
            let until = (self.since + work).min(alive_at.max(self.connection.last_output()) + silence);
            let until = self.connection.hooks.process().deadline(until);
            tokio::select! {
                biased;
                answer = &mut self.answer => return answer.unwrap_or_else(|_| Err(self.vanished())),
                () = sleep_until(until) => {}
            }
            if Instant::now() >= self.since + work {
                return self.end_worker(Cause::TooLong(work)).await;
            }
            if Instant::now() < alive_at.max(self.connection.last_output()) + silence {
                continue;
            }
            // There was nothing on standard output, but a worker that writes to its log is alive.
            match self.connection.log.age().filter(|age| *age < silence) {
                Some(age) => alive_at = Instant::now() - age,
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

    /// Asks the worker to stop.
    pub(crate) fn cancel(&self) {
        // C-095: "A client sends a cancel request only to a worker whose action declares `cancellation`."
        if self.connection.is_cancellable() {
            self.connection.cancel(self.id);
        }
    }

    /// Takes the request back if nothing of it was written yet. Returns whether that was so.
    pub(crate) fn withdraw(&self) -> bool {
        self.connection.withdraw(self.id)
    }

    pub(crate) fn connection(&self) -> &Arc<WorkerConnection> {
        &self.connection
    }
}
