//! The workers of one key, and what a slot is a right to.

use std::sync::Arc;

use tokio::time::Instant;

use super::shared::{Shared, Worker};
use crate::ended::Cause;
use crate::hooks::Hooks;
use crate::key::{Tools, WorkerKey};

/// What an action wants from a pool.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) key: Arc<WorkerKey>,
    pub(crate) tools: Arc<Tools>,
}

/// The workers of a pool.
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

/// An idle singleplex worker.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) worker: Worker,
    pub(super) since: Instant,
}

/// What the right is to.
#[derive(Debug)]
pub(super) enum SlotKind {
    /// A singleplex worker that no other action has, or the right to start one.
    Singleplex(Option<Worker>),
    /// One of the open requests of a multiplex worker.
    Multiplex(Arc<Shared>),
    /// Nothing: the slot is free again.
    Freed,
}

impl SlotKind {
    /// The worker, if it has been started.
    pub(super) fn worker(&self) -> Option<Worker> {
        match self {
            Self::Singleplex(worker) => worker.clone(),
            Self::Multiplex(shared) => shared.worker(),
            Self::Freed => None,
        }
    }

    /// The worker, which `start` starts if there is none. Returns whether it was started.
    pub(super) fn start<E>(
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
}

impl Workers {
    /// A slot with a worker, or with the right to start one, if a slot is free.
    pub(super) fn take(&mut self, wanted: &Wanted, limit: usize, hooks: Hooks) -> Option<SlotKind> {
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
                    let changed = hooks.pool().changed_tools(&shared.tools, &wanted.tools, &wanted.key);
                    let is_outdated = !changed.is_empty();
                    if is_outdated {
                        let cause = Cause::ToolsChanged(changed);
                        if let (false, Some(worker)) =
                            (hooks.pool().finishes_open_requests(), shared.worker())
                        {
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

    /// Whether there is no worker, and no right to start one is taken.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Singleplex { idle, taken } => idle.is_empty() && *taken == 0,
            Self::Multiplex(current) => current.is_none(),
        }
    }
}
