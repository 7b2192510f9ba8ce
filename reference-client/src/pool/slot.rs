//! A slot of a pool that is taken.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::pools::Pools;
use super::shared::Shared;
use crate::key::{Tools, WorkerKey};
use crate::worker::WorkerConnection;

/// A worker with the tools that it was started with.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) connection: Arc<WorkerConnection>,
    pub(crate) tools: Arc<Tools>,
}

/// The right to have one open request with a worker of a key.
///
/// C-029: "The place that a request takes in a pool is free again when the request has ended, in whatever way it ended." So the slot becomes free
/// when it is dropped, but no sooner than a worker that is about to end has ended (C-020).
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) pools: Arc<Pools>,
    pub(super) key: Arc<WorkerKey>,
    pub(super) kind: SlotKind,
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
    fn worker(&self) -> Option<Worker> {
        match self {
            Self::Singleplex(worker) => worker.clone(),
            Self::Multiplex(shared) => shared.worker(),
            Self::Freed => None,
        }
    }
}

impl Slot {
    /// The worker of this slot, if it has been started.
    pub(crate) fn worker(&self) -> Option<Worker> {
        self.kind.worker()
    }

    /// The worker of this slot, which `start` starts if there is none. Returns whether it was started.
    pub(crate) fn start<E>(
        &mut self,
        start: impl FnOnce() -> Result<Worker, E>,
    ) -> Result<(Worker, bool), E> {
        match &mut self.kind {
            SlotKind::Singleplex(Some(worker)) => Ok((worker.clone(), false)),
            SlotKind::Singleplex(none) => start().map(|worker| (none.insert(worker).clone(), true)),
            SlotKind::Multiplex(shared) => shared.start(start),
            // A slot is used before it is freed.
            SlotKind::Freed => start().map(|worker| (worker, true)),
        }
    }

    /// Lets go of a singleplex worker that has ended, so that another one can be started in its place.
    pub(crate) fn forget_worker(&mut self) {
        if let SlotKind::Singleplex(worker) = &mut self.kind {
            *worker = None;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let kind = std::mem::replace(&mut self.kind, SlotKind::Freed);
        let (pools, key) = (Arc::clone(&self.pools), Arc::clone(&self.key));
        let worker = match &kind {
            SlotKind::Freed => return,
            kind => kind.worker(),
        };
        let is_usable = worker.as_ref().is_some_and(|worker| worker.connection.is_usable());
        if !pools.hooks.pool().frees_slot(!is_usable) {
            return;
        }
        match (&kind, worker) {
            (SlotKind::Singleplex(_), Some(worker)) if !is_usable => match Handle::try_current() {
                Ok(runtime) => drop(runtime.spawn(async move {
                    // C-020: "A client never has more singleplex workers of one key at once than the limit that it was given."
                    worker.connection.ended().await;
                    pools.free(&key, SlotKind::Singleplex(None));
                })),
                // Without a runtime the process was killed.
                Err(_) => pools.free(&key, SlotKind::Singleplex(None)),
            },
            _ => pools.free(&key, kind),
        }
    }
}
