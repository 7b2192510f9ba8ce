//! Which worker an action gets, and when.

use std::sync::Arc;

use crate::key::{Tools, WorkerKey};

/// What a client decides about the workers of a key.
pub(crate) trait PoolHooks: Send + Sync {
    /// The key under which the pool of an action is found (C-010, C-011).
    fn pool_key(&self, key: &Arc<WorkerKey>) -> Arc<WorkerKey> {
        Arc::clone(key)
    }

    /// The tool files for which a worker cannot serve an action, because they are not the same as at its start (C-012).
    fn changed_tools(&self, at_start: &Tools, now: &Tools, _key: &WorkerKey) -> Vec<String> {
        if at_start == now { Vec::new() } else { at_start.changed(now) }
    }

    /// Whether a multiplex worker whose tools have changed answers its open requests before it is ended (C-013).
    fn finishes_open_requests(&self) -> bool {
        true
    }

    /// Whether an action waits that finds no free slot (C-023).
    fn waits_for_slot(&self) -> bool {
        true
    }

    /// Whether a slot becomes free when its request ends. `failed`: its worker has failed, or was never started (C-029).
    fn frees_slot(&self, _failed: bool) -> bool {
        true
    }

    /// Whether idle workers are ended before working ones when the memory limit is exceeded (C-027).
    fn ends_idle_first(&self) -> bool {
        true
    }
}
