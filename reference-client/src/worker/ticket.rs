//! One open request: waiting for its response with limits, and giving it up.

use std::sync::Arc;

use pwp_proto::{WorkRequest, WorkResponse};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep_until};

use super::end::{Cause, WorkerEnded};
use super::session::Session;
use crate::faults::Kind;

/// Why there will be no response. The process has ended.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    /// How it ended.
    pub(crate) ended: Arc<WorkerEnded>,
    /// The worker ended before it read the first byte of the request: it can be sent to another one as if nothing had happened (C-087).
    pub(crate) never_read: bool,
}

/// One open request.
#[derive(Debug)]
pub(crate) struct Ticket {
    session: Arc<Session>,
    id: i32,
    answer: oneshot::Receiver<Result<WorkResponse, Lost>>,
    since: Instant,
    /// The request, for a cancel request that copies it; only a fault does.
    copied: Option<Box<WorkRequest>>,
}

impl Ticket {
    pub(super) fn new(
        session: Arc<Session>,
        id: i32,
        answer: oneshot::Receiver<Result<WorkResponse, Lost>>,
        copied: Option<Box<WorkRequest>>,
    ) -> Self {
        Self { session, id, answer, since: Instant::now(), copied }
    }

    /// The response, or how the worker ended without one. A limit that is over ends the worker (C-080).
    ///
    /// `work` is how long the request may take altogether.
    pub(crate) async fn wait(&mut self, work: Duration) -> Result<WorkResponse, Lost> {
        let silence = self.session.limits.silence;
        let mut checked = self.since;
        loop {
            let until = (self.since + work).min(checked.max(self.session.last_sign()) + silence);
            let until = if self.session.faults.has(Kind::NoTimeLimit) { far() } else { until };
            tokio::select! {
                biased;
                answer = &mut self.answer => return answer.unwrap_or_else(|_| Err(self.vanished())),
                () = sleep_until(until) => {}
            }
            if Instant::now() >= self.since + work {
                self.session.close(Cause::TooLong(work));
                return self.end().await;
            }
            if Instant::now() < checked.max(self.session.last_sign()) + silence {
                continue;
            }
            // Nothing on standard output; but a worker that writes to its log is alive.
            match self.session.log.age().filter(|age| *age < silence) {
                Some(age) => checked = Instant::now() - age,
                None => {
                    self.session.close(Cause::Silent(silence));
                    return self.end().await;
                }
            }
        }
    }

    /// Waits for the response to a request that nobody wants any more. Until then it is open (C-098).
    pub(crate) async fn wait_unwanted(mut self, limit: Duration) {
        if tokio::time::timeout(limit, &mut self.answer).await.is_err() {
            self.session.close(Cause::CancelIgnored(limit));
            let _ = self.end().await;
        }
    }

    /// The end of a session that was asked to end.
    async fn end(&mut self) -> Result<WorkResponse, Lost> {
        (&mut self.answer).await.unwrap_or_else(|_| Err(self.vanished()))
    }

    /// The driver was dropped with its runtime: the process was killed.
    fn vanished(&self) -> Lost {
        let closing = super::state::Closing { cause: Cause::Shutdown, excerpt: Vec::new() };
        Lost { ended: Arc::new(self.session.ended_with(closing, None, true)), never_read: false }
    }

    /// Asks the worker to stop, if the action declares that it understands that (C-095).
    pub(crate) fn cancel(&self) {
        if self.session.cancellation {
            self.session.cancel(self.id, self.copied.as_deref());
        }
    }

    /// Takes the request back if nothing of it was written yet.
    pub(crate) fn withdraw(&self) -> bool {
        self.session.withdraw(self.id)
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

fn far() -> Instant {
    Instant::now() + Duration::from_secs(86400 * 365)
}
