//! A worker, and a multiplex worker that actions share with the number of its requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::ended::Cause;
use crate::key::Tools;
use crate::worker::WorkerConnection;

/// A worker with the tools that it was started with.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) connection: Arc<WorkerConnection>,
    pub(crate) tools: Arc<Tools>,
}

/// A multiplex worker that actions share. It is started by the first one that needs it.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tools: Arc<Tools>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    worker: Option<Worker>,
    /// How many slots are taken.
    open: usize,
    /// When the last slot became free; of no meaning while one is taken.
    idle_since: Instant,
    /// Why the worker gets no further request, and ends after its last response.
    retired: Option<Cause>,
}

impl Shared {
    pub(super) fn new(tools: Arc<Tools>) -> Self {
        let state = State { worker: None, open: 0, idle_since: Instant::now(), retired: None };
        Self { tools, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn worker(&self) -> Option<Worker> {
        self.lock().worker.clone()
    }

    /// Starts the process unless another request has done so. Returns whether it was started.
    pub(super) fn start<E>(&self, start: impl FnOnce() -> Result<Worker, E>) -> Result<(Worker, bool), E> {
        let mut state = self.lock();
        match &state.worker {
            Some(worker) => Ok((worker.clone(), false)),
            None => start().map(|worker| (state.worker.insert(worker).clone(), true)),
        }
    }

    /// Whether the worker can take requests, or can be started.
    pub(super) fn is_usable(&self) -> bool {
        self.lock().worker.as_ref().is_none_or(|worker| worker.connection.is_usable())
    }

    /// Takes a slot, if one of `limit` is free.
    pub(super) fn take(&self, limit: usize) -> bool {
        let mut state = self.lock();
        // C-021: "A client never has more open requests at one multiplex worker than the limit that it was given."
        let is_free = state.open < limit;
        state.open += usize::from(is_free);
        is_free
    }

    /// Makes a slot free again.
    pub(super) fn free(&self) {
        let mut state = self.lock();
        state.open -= 1;
        state.idle_since = Instant::now();
        state.end_if_unused();
    }

    /// Ends the worker after its last response.
    ///
    /// C-013: "When the tool files of a multiplex worker have changed, it gets no further request, and the requests that are open run to their
    /// end."
    pub(super) fn retire(&self, cause: Cause) {
        let mut state = self.lock();
        state.retired.get_or_insert(cause);
        state.end_if_unused();
    }

    /// The worker and since when it is idle, if it is.
    pub(super) fn idle(&self) -> Option<(Worker, Instant)> {
        let state = self.lock();
        let worker = state.worker.clone().filter(|_| state.open == 0)?;
        Some((worker, state.idle_since))
    }
}

impl State {
    fn end_if_unused(&self) {
        if let (0, Some(cause), Some(worker)) = (self.open, &self.retired, &self.worker) {
            worker.connection.close(cause.clone());
        }
    }
}
