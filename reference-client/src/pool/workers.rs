//! A worker, the workers of one key with what a slot is a right to, and all workers that live.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::time::Instant;

use crate::ended::Cause;
use crate::hooks::PoolHooks;
use crate::key::{Tools, WorkerKey};
use crate::lock::lock;
use crate::worker::WorkerConnection;

#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) connection: Arc<WorkerConnection>,
    pub(crate) tools: Arc<Tools>,
}

impl PartialEq for Worker {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.connection, &other.connection)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) key: Arc<WorkerKey>,
    pub(crate) tools: Arc<Tools>,
}

#[derive(Debug)]
pub(super) enum Workers {
    /// Each open request has a process for itself.
    Singleplex {
        /// The idle workers. The one that was used last is at the end, and is taken first: its caches are warm.
        idle: Vec<Idle>,
        /// How many slots are taken.
        taken: usize,
    },
    /// All open requests share a process. A worker whose tools have changed, or that has failed, is replaced here and lives on without.
    Multiplex(Option<Arc<Shared>>),
}

#[derive(Clone, Debug)]
pub(super) struct Idle {
    pub(super) worker: Worker,
    pub(super) since: Instant,
}

/// What the right of a slot is to.
#[derive(Debug)]
pub(crate) enum SlotKind {
    /// A singleplex worker that no other action has, or the right to start one.
    Singleplex(Option<Worker>),
    /// One of the open requests of a multiplex worker.
    Multiplex(Arc<Shared>),
    /// Nothing: the slot is free again.
    Freed,
}

impl SlotKind {
    pub(crate) fn worker(&self) -> Option<Worker> {
        match self {
            Self::Singleplex(worker) => worker.clone(),
            Self::Multiplex(shared) => shared.worker(),
            Self::Freed => None,
        }
    }

    /// The worker, which `start` starts if there is none. Returns whether it was started.
    pub(crate) fn start<E>(
        &mut self,
        start: impl FnOnce() -> Result<Worker, E>,
    ) -> Result<(Worker, bool), E> {
        match self {
            Self::Singleplex(Some(worker)) => Ok((worker.clone(), false)),
            Self::Singleplex(none) => start().map(|worker| (none.insert(worker).clone(), true)),
            Self::Multiplex(shared) => shared.start(start),
            // A slot is used before it is freed.
            Self::Freed => start().map(|worker| (worker, true)),
        }
    }

    /// Lets go of a singleplex worker that has ended, so that another one can be started in its place.
    pub(crate) fn forget_worker(&mut self) {
        if let Self::Singleplex(worker) = self {
            *worker = None;
        }
    }
}

impl Workers {
    /// A slot with a worker, or with the right to start one, if a slot is free.
    pub(super) fn take(&mut self, wanted: &Wanted, limit: usize, hooks: PoolHooks) -> Option<SlotKind> {
        match self {
            Self::Singleplex { idle, taken } => {
                let worker = idle.pop().map(|idle| idle.worker);
                // C-020: "A client never has more singleplex workers of one key at once than the limit that it was given."
                if worker.is_none() && *taken >= limit {
                    return None;
                }
                *taken += 1;
                Some(SlotKind::Singleplex(worker))
            }
            Self::Multiplex(current) => {
                if let Some(shared) = current {
                    let changed = (hooks.changed_tools)(&shared.tools, &wanted.tools, &wanted.key);
                    let is_outdated = !changed.is_empty();
                    if is_outdated {
                        let cause = Cause::ToolsChanged(changed);
                        if let (false, Some(worker)) = (hooks.finishes_open_requests, shared.worker()) {
                            worker.connection.close(cause.clone());
                        }
                        shared.retire(cause);
                    }
                    if is_outdated || !shared.is_usable() {
                        *current = None;
                    }
                }
                let shared = current.get_or_insert_with(|| Arc::new(Shared::new(Arc::clone(&wanted.tools))));
                shared.take(limit).then(|| SlotKind::Multiplex(Arc::clone(shared)))
            }
        }
    }

    pub(super) fn idle(&self) -> Vec<Idle> {
        match self {
            Self::Singleplex { idle, .. } => idle.clone(),
            Self::Multiplex(current) => current.iter().filter_map(|shared| shared.idle()).collect(),
        }
    }

    /// Takes out a worker that is idle, so that no request can be sent to it.
    pub(super) fn take_idle(&mut self, worker: &Worker) -> Option<SlotKind> {
        match self {
            Self::Singleplex { idle, taken } => {
                let at = idle.iter().position(|idle| idle.worker == *worker)?;
                *taken += 1;
                Some(SlotKind::Singleplex(Some(idle.remove(at).worker)))
            }
            Self::Multiplex(current) => current
                .take_if(|shared| shared.idle().is_some_and(|idle| idle.worker == *worker))
                .map(SlotKind::Multiplex),
        }
    }

    /// Forgets a worker that has ended. Returns whether it was there.
    pub(super) fn forget(&mut self, worker: &Worker) -> bool {
        match self {
            Self::Singleplex { idle, .. } => {
                let at = idle.iter().position(|idle| idle.worker == *worker);
                at.map(|at| idle.remove(at)).is_some()
            }
            Self::Multiplex(current) => {
                current.take_if(|shared| shared.worker().is_some_and(|other| other == *worker)).is_some()
            }
        }
    }

    /// Whether there is no worker, and no right to start one is taken.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Singleplex { idle, taken } => idle.is_empty() && *taken == 0,
            Self::Multiplex(current) => current.is_none(),
        }
    }
}

/// A multiplex worker that actions share. It is started by the first one that needs it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(super) tools: Arc<Tools>,
    state: Mutex<SharedState>,
}

#[derive(Debug)]
struct SharedState {
    worker: Option<Worker>,
    /// How many slots are taken.
    open: usize,
    /// When the last slot became free; of no meaning while one is taken.
    idle_since: Instant,
    /// Why the worker gets no further request, and ends after its last response.
    retired: Option<Cause>,
}

impl Shared {
    fn new(tools: Arc<Tools>) -> Self {
        let state = SharedState { worker: None, open: 0, idle_since: Instant::now(), retired: None };
        Self { tools, state: Mutex::new(state) }
    }

    fn worker(&self) -> Option<Worker> {
        lock(&self.state).worker.clone()
    }

    /// Starts the process unless another request has done so. Returns whether it was started.
    fn start<E>(&self, start: impl FnOnce() -> Result<Worker, E>) -> Result<(Worker, bool), E> {
        let mut state = lock(&self.state);
        match &state.worker {
            Some(worker) => Ok((worker.clone(), false)),
            None => start().map(|worker| (state.worker.insert(worker).clone(), true)),
        }
    }

    /// Whether the worker can take requests, or can be started.
    fn is_usable(&self) -> bool {
        lock(&self.state).worker.as_ref().is_none_or(|worker| worker.connection.is_usable())
    }

    /// Takes a slot, if one of `limit` is free.
    fn take(&self, limit: usize) -> bool {
        let mut state = lock(&self.state);
        // C-021: "A client never has more open requests at one multiplex worker than the limit that it was given."
        let is_free = state.open < limit;
        state.open += usize::from(is_free);
        is_free
    }

    pub(super) fn free(&self) {
        let mut state = lock(&self.state);
        state.open -= 1;
        state.idle_since = Instant::now();
        state.end_if_unused();
    }

    /// Ends the worker after its last response.
    ///
    /// C-013: "When the tool files of a multiplex worker have changed, it gets no further request, and the requests that are open run to their
    /// end."
    pub(super) fn retire(&self, cause: Cause) {
        let mut state = lock(&self.state);
        state.retired.get_or_insert(cause);
        state.end_if_unused();
    }

    fn idle(&self) -> Option<Idle> {
        let state = lock(&self.state);
        let worker = state.worker.clone().filter(|_| state.open == 0)?;
        Some(Idle { worker, since: state.idle_since })
    }
}

impl SharedState {
    fn end_if_unused(&self) {
        if let (0, Some(cause), Some(worker)) = (self.open, &self.retired, &self.worker) {
            worker.connection.close(cause.clone());
        }
    }
}

/// All workers that live, by number, so that the end of the client finds each of them (C-130).
#[derive(Debug, Default)]
pub(crate) struct Registry {
    last: AtomicU64,
    connections: Mutex<BTreeMap<u64, Arc<WorkerConnection>>>,
}

impl Registry {
    /// A number that no worker of this client had.
    pub(crate) fn next_number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn add(&self, connection: Arc<WorkerConnection>) {
        lock(&self.connections).insert(connection.number, connection);
    }

    pub(crate) fn remove(&self, number: u64) {
        lock(&self.connections).remove(&number);
    }

    pub(crate) fn all(&self) -> Vec<Arc<WorkerConnection>> {
        lock(&self.connections).values().cloned().collect()
    }
}
