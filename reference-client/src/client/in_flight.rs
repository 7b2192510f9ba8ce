//! A request in flight, and what happens when it is given up.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::WorkResponse;
use tokio::runtime::Handle;

use super::start::Inner;
use crate::ended::{Cause, Lost};
use crate::hooks::{GiveUp, GivenUp};
use crate::pool::Slot;
use crate::sandbox::SandboxDirectory;
use crate::worker::Call;

/// Where a request reads and writes.
#[derive(Debug)]
pub(super) enum Workspace {
    /// The directory that all actions run in.
    Shared,
    /// The directory of a singleplex worker.
    Worker(Arc<SandboxDirectory>),
    /// A directory for the request itself, below that of its multiplex worker.
    Request {
        /// The directory of the request, which is removed with it.
        directory: SandboxDirectory,
        /// The directory of the worker, which must not be removed before.
        worker: Arc<SandboxDirectory>,
    },
}

impl Workspace {
    /// The path of the sandbox, if it is one.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        match self {
            Self::Shared => None,
            Self::Request { directory, .. } => Some(directory.path()),
            Self::Worker(directory) => Some(directory.path()),
        }
    }

    /// The directory that the paths of the request start at. `shared`: the one that all actions run in.
    pub(super) fn path<'a>(&'a self, shared: &'a Path) -> &'a Path {
        self.sandbox().unwrap_or(shared)
    }
}

/// An open request with all that it holds: its slot in the pool, and its directory.
///
/// When it is dropped before its response has come, it is given up.
///
/// C-098: "A client that gives up a request takes it as open until it has read the response, or else ends the worker: no further request to a singleplex
/// worker, no new use of its id or its place in the pool." So a task in the background waits for the response, and gives back what the request holds.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) inner: Arc<Inner>,
    /// The call, until it has ended.
    pub(super) call: Option<Call>,
    pub(super) slot: Option<Slot>,
    pub(super) workspace: Option<Workspace>,
    /// The paths of the declared outputs.
    pub(super) outputs: Vec<String>,
    /// Whether the request is one branch of a race.
    pub(super) races: bool,
}

impl InFlight {
    /// Waits for the response. `work`: how long the request may take altogether.
    pub(super) async fn wait(&mut self, work: Duration) -> Result<WorkResponse, Lost> {
        match &mut self.call {
            Some(call) => {
                let answer = call.wait(work).await;
                self.call = None;
                answer
            }
            // It is waited for once.
            None => std::future::pending().await,
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        if call.withdraw() {
            return;
        }
        let (slot, workspace) = (self.slot.take(), self.workspace.take());
        let sandbox = workspace.as_ref().and_then(Workspace::sandbox);
        let in_sandbox = sandbox.is_some();
        let connection = Arc::clone(&call.connection);
        let is_cancellable = connection.cancellation;
        let about = GivenUp {
            is_cancellable,
            in_sandbox,
            others: connection.other_wanted(),
            races: self.races,
            directory: sandbox.unwrap_or(&self.inner.options.directory),
            outputs: &self.outputs,
        };
        match (self.inner.hooks.action.give_up)(&about) {
            GiveUp::Wait => call.cancel(),
            GiveUp::EndWorker => connection.close(Cause::GivenUp),
            GiveUp::Forget => return,
        }
        connection.give_up();
        let limits = &self.inner.options.limits;
        let limit = if is_cancellable { limits.cancelled } else { limits.work };
        let outputs = std::mem::take(&mut self.outputs);
        let outputs = (!in_sandbox).then(|| self.inner.open_outputs.add(outputs));
        // Without a runtime its tasks were dropped, and all processes with them.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                call.wait_unwanted(limit).await;
                connection.forget_given_up();
                drop((slot, workspace, outputs));
            });
        }
    }
}
