//! All workers that live, from their start to after their end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::worker::WorkerConnection;

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
        self.lock().insert(connection.number(), connection);
    }

    /// Forgets a worker that has ended.
    pub(crate) fn remove(&self, number: u64) {
        self.lock().remove(&number);
    }

    pub(crate) fn all(&self) -> Vec<Arc<WorkerConnection>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<WorkerConnection>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
