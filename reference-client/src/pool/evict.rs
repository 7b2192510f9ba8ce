//! Ends workers because of their age or the memory of all.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::pools::{Pools, Slot};
use super::workers::{Idle, Registry, SlotKind, Worker};
use crate::ended::Cause;
use crate::lock::lock;
use crate::options::Options;
use crate::unix::resident;
use crate::worker::WorkerConnection;

/// Looks at all workers from time to time, for as long as the pools live.
///
/// C-026: "A client ends workers that have been idle for longer than a time that the user can set."
pub(crate) async fn watch(pools: Weak<Pools>, registry: Arc<Registry>, options: Arc<Options>) {
    loop {
        tokio::time::sleep(options.poll_interval).await;
        let Some(pools) = pools.upgrade() else { return };
        if let Some(limit) = options.idle_limit {
            pools.end_idle(limit);
        }
        if let Some(limit) = options.memory_limit {
            // Reading about every process of the machine takes a while; nobody else waits for it.
            let Ok(memory) = tokio::task::spawn_blocking(resident).await else { return };
            let memory = |pid: u32| memory.get(&pid).copied().unwrap_or(0);
            pools.keep_memory_limit(&registry.all(), memory, limit);
        }
    }
}

impl Pools {
    /// Ends workers until the others need less memory than the limit, in bytes.
    fn keep_memory_limit(
        self: &Arc<Self>,
        workers: &[Arc<WorkerConnection>],
        memory: impl Fn(u32) -> u64,
        limit: u64,
    ) {
        // Ending a worker takes a while, too: one that is on its way out is not counted again.
        let usable = workers.iter().filter(|worker| worker.is_usable());
        let mut total: u64 = usable.map(|worker| memory(worker.pid)).sum();
        while total > limit {
            let end_idle = || self.end_largest_idle(&memory, limit);
            let end_working = || {
                let working = workers.iter().filter(|worker| worker.is_usable() && worker.open() > 0);
                let largest = working.max_by_key(|worker| memory(worker.pid))?;
                largest.close(Cause::Memory(limit));
                Some(memory(largest.pid))
            };
            // C-027: "A client can be given a limit for the memory of all its workers together, and keeps to it by ending idle workers before
            // working ones."
            let idle = if self.hooks.ends_idle_first { end_idle() } else { None };
            match idle.or_else(end_working) {
                Some(ended) => total = total.saturating_sub(ended.max(1)),
                None => break,
            }
        }
    }

    /// Ends workers that were idle for longer than `limit`, the oldest first.
    fn end_idle(self: &Arc<Self>, limit: Duration) {
        let now = Instant::now();
        let mut old = self.idle();
        old.retain(|idle| now - idle.since > limit);
        old.sort_by_key(|idle| idle.since);
        for idle in old {
            self.end(&idle.worker, Cause::Idle);
        }
    }

    /// Ends the idle worker with the most memory, and returns how much it had, in bytes.
    fn end_largest_idle(self: &Arc<Self>, memory: impl Fn(u32) -> u64, limit: u64) -> Option<u64> {
        let worker = self.idle().into_iter().map(|idle| idle.worker);
        let largest = worker.max_by_key(|worker| memory(worker.connection.pid))?;
        self.end(&largest, Cause::Memory(limit)).then(|| memory(largest.connection.pid))
    }

    pub(crate) fn end_all_idle(self: &Arc<Self>) {
        for idle in self.idle() {
            self.end(&idle.worker, Cause::Shutdown);
        }
    }

    fn idle(&self) -> Vec<Idle> {
        let mut found: Vec<_> =
            lock(&self.state).by_key.values().flat_map(|pool| pool.workers.idle()).collect();
        found.retain(|idle| idle.worker.connection.is_usable());
        found
    }

    /// Forgets a worker that has ended, so that nothing of it stays for as long as no action asks for its key.
    pub(crate) fn forget(self: &Arc<Self>, worker: &Worker) {
        let mut state = lock(&self.state);
        let found = state
            .by_key
            .iter_mut()
            .find_map(|(key, pool)| pool.workers.forget(worker).then(|| (Arc::clone(key), pool.is_unused())));
        match found {
            Some((key, true)) => drop(state.by_key.remove(&key)),
            Some((key, false)) => self.serve(state, &key),
            None => {}
        }
    }

    /// Ends a worker if it is still idle. Returns whether it was.
    fn end(self: &Arc<Self>, worker: &Worker, cause: Cause) -> bool {
        let found = lock(&self.state).by_key.iter_mut().find_map(|(key, pool)| {
            let kind = pool.workers.take_idle(worker)?;
            Some((Arc::clone(key), kind))
        });
        match found {
            None => return false,
            Some((_, SlotKind::Multiplex(shared))) => shared.retire(cause),
            Some((key, kind)) => {
                worker.connection.close(cause);
                // The slot is free when the worker has ended.
                drop(Slot { pools: Arc::clone(self), key, kind });
            }
        }
        true
    }
}
