//! What becomes of an action: its request, its response, giving it up.

use std::path::Path;

use pwp_proto::{WorkRequest, WorkResponse};

use super::WorkerView;
use crate::ended::WorkerEnded;
use crate::files;
use crate::spawn::Spawn;

/// A request that nobody wants any more.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults look at all of it"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct GivenUp<'a> {
    /// Whether the worker understands cancel requests.
    pub(crate) is_cancellable: bool,
    /// Whether the request runs in a sandbox.
    pub(crate) in_sandbox: bool,
    /// How many other requests of the worker are open and wanted.
    pub(crate) others: usize,
    /// Whether the request is a branch of a race.
    pub(crate) races: bool,
    /// Where the request writes.
    pub(crate) directory: &'a Path,
    /// The declared outputs of the request.
    pub(crate) outputs: &'a [String],
}

/// What is done about a request that nobody wants any more.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault forgets a request"))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum GiveUp {
    /// It is cancelled if its worker understands that, and waited for in the background.
    Wait,
    /// Its worker is ended.
    EndWorker,
    /// It counts as ended at once.
    Forget,
}

/// What a client decides about an action that has a worker.
pub(crate) trait ActionHooks: Send + Sync {
    /// Whether an interrupt ends the waiting for an action at once (C-081).
    fn heeds_interrupts(&self) -> bool {
        true
    }

    /// A request is about to be sent, which reads and writes below `directory` (C-051 to C-055).
    fn request(&self, _request: &mut WorkRequest, _spawn: &Spawn, _directory: &Path) {}

    /// A response is about to be made the result of its action (C-067, C-069, C-070, C-143).
    fn response(&self, _response: &mut WorkResponse, _worker: &dyn WorkerView) {}

    /// The declared outputs that are not in their places (C-069).
    fn missing_outputs(&self, spawn: &Spawn, directory: &Path) -> Vec<String> {
        files::missing(spawn, directory)
    }

    /// Whether what stands in the places of the outputs is removed before a run. `retry`: another worker has had the action (C-086).
    fn clears_outputs(&self, _retry: bool) -> bool {
        true
    }

    /// Whether a worker that has ended while it was idle is replaced without harm to an action (C-087).
    fn replaces_idle_workers(&self) -> bool {
        true
    }

    /// The message that the user gets when an action fails because of its worker (C-088).
    fn message(&self, ended: &WorkerEnded) -> String {
        ended.to_string()
    }

    /// What is done about a request that nobody wants any more (C-098, C-103, C-122).
    fn give_up(&self, request: &GivenUp<'_>) -> GiveUp {
        // Without a sandbox the outputs are in the way of the next build, so the worker has to go unless it can be told to stop.
        // C-107: "A client that gives up one request of a multiplex worker does not end the worker while other requests that it wants are open."
        let is_in_the_way = !request.is_cancellable && !request.in_sandbox;
        if is_in_the_way && request.others == 0 { GiveUp::EndWorker } else { GiveUp::Wait }
    }

    /// What is done with the outputs of a worker's branch of a race that has lost, after waiting for its end. Without it the branch is dropped
    /// at once (C-120).
    fn after_race(&self) -> Option<LoserOutputs> {
        None
    }
}

/// Does something with the outputs of a loser: its action, the directory of its outputs, and the directory in which they have their places.
pub(crate) type LoserOutputs = fn(&Spawn, &Path, &Path);
