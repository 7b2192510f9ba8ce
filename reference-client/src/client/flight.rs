//! A request that is open, and what happens when it is given up.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::WorkResponse;
use tokio::runtime::Handle;

use super::start::Inner;
use crate::faults::Kind;
use crate::pool::Place;
use crate::sandbox::WorkerDirectory;
use crate::worker::{Cause, Lost, Ticket};

/// Where a request reads and writes.
#[derive(Debug)]
pub(super) enum Ground {
    /// The directory that actions run in.
    Shared(PathBuf),
    /// The directory of a singleplex worker.
    Worker(Arc<WorkerDirectory>),
    /// A directory of the request's own below that of its multiplex worker; it goes with the request.
    Request {
        /// Where.
        directory: WorkerDirectory,
        /// The worker's own, which must not go before.
        worker: Arc<WorkerDirectory>,
    },
}

impl Ground {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Shared(path) => path,
            Self::Request { directory, .. } => directory.path(),
            Self::Worker(directory) => directory.path(),
        }
    }

    pub(super) fn is_sandbox(&self) -> bool {
        !matches!(self, Self::Shared(_))
    }
}

/// An open request with all that it holds: its place in the pool, and its directory. When it is dropped before its response has come, it
/// is given up: somebody in the background waits for the response and gives back what it holds (C-098).
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) inner: Arc<Inner>,
    /// Nothing when it has ended.
    pub(super) ticket: Option<Ticket>,
    pub(super) place: Option<Place>,
    pub(super) ground: Option<Ground>,
    pub(super) outputs: Vec<String>,
    /// One branch of a race.
    pub(super) races: bool,
}

impl Flight {
    /// Waits for the response.
    pub(super) async fn wait(&mut self, work: Duration) -> Result<WorkResponse, Lost> {
        match &mut self.ticket {
            Some(ticket) => {
                let answer = ticket.wait(work).await;
                self.ticket = None;
                answer
            }
            // It is waited for once.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        if ticket.withdraw() {
            return;
        }
        let faults = &self.inner.options.faults;
        let (place, ground) = (self.place.take(), self.ground.take());
        let in_sandbox = ground.as_ref().is_some_and(Ground::is_sandbox);
        if faults.has(Kind::CleanWhileOpen)
            && let Some(ground) = &ground
        {
            for output in &self.outputs {
                let _ = std::fs::remove_file(ground.path().join(output));
            }
        }
        if faults.has(Kind::ForgetGivenUp) {
            return;
        }
        let session = Arc::clone(ticket.session());
        let wanted = session.give_up();
        let cancels = session.cancels();
        // Without a sandbox the outputs are in the way of the next build, so the worker has to go unless it can be told to stop. It
        // stays for other requests that are wanted (C-107).
        if faults.has(Kind::GiveUpEndsWorker)
            || (faults.has(Kind::LoserEnded) && self.races)
            || (!cancels && !in_sandbox && wanted == 0)
        {
            session.close(Cause::GivenUp);
        } else {
            ticket.cancel();
        }
        let limits = &self.inner.options.limits;
        let limit = if cancels { limits.cancelled } else { limits.work };
        let busy = (!in_sandbox).then(|| self.inner.busy.add(std::mem::take(&mut self.outputs)));
        // Without a runtime its tasks were dropped, and all processes with them.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                ticket.wait_unwanted(limit).await;
                session.forget_given_up();
                drop((place, ground, busy));
            });
        }
    }
}
