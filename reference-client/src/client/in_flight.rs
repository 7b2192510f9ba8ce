//! What an action holds until its outputs are in their places: a request in flight, which can be given up, or the directory of a process.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::WorkResponse;
use tokio::runtime::Handle;

use super::start::Inner;
use crate::ended::{Cause, Lost};
use crate::files::remove_outputs;
use crate::hooks::{GiveUp, GivenUp};
use crate::outcome::{Outcome, Status};
use crate::pool::Slot;
use crate::sandbox::SandboxDirectory;
use crate::spawn::Spawn;
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
    pub(super) outputs: Vec<String>,
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

/// The outcome of an action, and where its outputs are.
#[derive(Debug)]
pub(super) struct Staged {
    pub(super) outcome: Outcome,
    /// Holds the outputs until they are taken.
    pub(super) held: Held,
}

/// Where the outputs of a staged result are.
#[derive(Debug)]
pub(super) enum Held {
    /// They are in their places.
    Nothing,
    /// They are in the directory of a request, whose slot is held, too.
    Request(InFlight),
    /// They are in the directory of a process of one-shot mode.
    Directory(SandboxDirectory),
}

impl Staged {
    pub(super) fn without_files(outcome: Outcome) -> Self {
        Self { outcome, held: Held::Nothing }
    }

    /// Whether the action itself succeeded or failed, and nothing around it.
    pub(super) fn is_decisive(&self) -> bool {
        matches!(self.outcome.status, Status::Success | Status::Failed(_))
    }
}

impl Held {
    /// The directory of the outputs, if they have to be moved.
    pub(super) fn sandbox(&self) -> Option<&Path> {
        match self {
            Self::Nothing => None,
            Self::Request(in_flight) => in_flight.workspace.as_ref().and_then(Workspace::sandbox),
            Self::Directory(directory) => Some(directory.path()),
        }
    }
}

impl Inner {
    /// Moves the outputs of a success from `sandbox` to their places, and looks whether all are there (C-069).
    pub(super) fn install(&self, spawn: &Spawn, mut outcome: Outcome, sandbox: Option<&Path>) -> Outcome {
        if outcome.status != Status::Success {
            return outcome;
        }
        let directory = &self.options.directory;
        let moved = sandbox.map_or(Ok(()), |sandbox| {
            remove_outputs(spawn, directory)?;
            (self.hooks.sandbox.collect)(spawn, sandbox, directory)
        });
        if let Err(error) = moved {
            outcome.status = Status::Error(format!("the outputs can't be moved to their places: {error}"));
            return outcome;
        }
        let missing = (self.hooks.action.missing_outputs)(spawn, directory);
        if !missing.is_empty() {
            outcome.status = Status::MissingOutputs(missing);
        }
        outcome
    }
}
