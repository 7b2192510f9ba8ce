//! Ends workers because of their age or the memory of all.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::pools::{Pools, Slot};
use super::registry::Registry;
use super::shared::Worker;
use super::workers::{SlotKind, Workers};
use crate::ended::Cause;
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
        let mut total: u64 = usable.map(|worker| memory(worker.pid())).sum();
        while total > limit {
            let end_idle = || self.end_largest_idle(&memory, limit);
            let end_working = || {
                let working = workers.iter().filter(|worker| worker.is_usable() && worker.open() > 0);
                let largest = working.max_by_key(|worker| memory(worker.pid()))?;
                largest.close(Cause::Memory(limit));
                Some(memory(largest.pid()))
            };
            // C-027: "A client can be given a limit for the memory of all its workers together, and keeps to it by ending idle workers before
            // working ones."
            let idle = if self.hooks.pool().ends_idle_first() { end_idle() } else { None };
            match idle.or_else(end_working) {
                Some(ended) => total = total.saturating_sub(ended.max(1)),
                None => break,
            }
        }
    }

    /// Ends workers that were idle for longer than `limit`, the oldest first.
    fn end_idle(self: &Arc<Self>, limit: Duration) {
        let now = Instant::now();
        let mut old: Vec<(Worker, Instant)> = self.idle();
        old.retain(|(_, since)| now - *since > limit);
        old.sort_by_key(|(_, since)| *since);
        for (worker, _) in old {
            self.end(&worker, &Cause::Idle);
        }
    }

    /// Ends the idle worker with the most memory, and returns how much it had, in bytes.
    fn end_largest_idle(self: &Arc<Self>, memory: impl Fn(u32) -> u64, limit: u64) -> Option<u64> {
        let idle = self.idle();
        let (worker, _) = idle.iter().max_by_key(|(worker, _)| memory(worker.connection.pid()))?;
        self.end(worker, &Cause::Memory(limit)).then(|| memory(worker.connection.pid()))
    }

    /// Ends all workers that are idle.
    pub(crate) fn end_all_idle(self: &Arc<Self>) {
        for (worker, _) in self.idle() {
            self.end(&worker, &Cause::Shutdown);
        }
    }

    /// The workers that are idle, and since when.
    fn idle(&self) -> Vec<(Worker, Instant)> {
        let state = self.lock();
        let mut found = Vec::new();
        for pool in state.by_key.values() {
            match &pool.workers {
                Workers::Singleplex { idle, .. } => {
                    found.extend(idle.iter().map(|idle| (idle.worker.clone(), idle.since)));
                }
                Workers::Multiplex(current) => {
                    found.extend(current.iter().filter_map(|shared| shared.idle()));
                }
            }
        }
        found.retain(|(worker, _)| worker.connection.is_usable());
        found
    }

    /// Forgets a worker that has ended, so that nothing of it stays for as long as no action asks for its key.
    pub(crate) fn forget(self: &Arc<Self>, connection: &Arc<WorkerConnection>) {
        let mut state = self.lock();
        let is_it = |worker: &Worker| Arc::ptr_eq(&worker.connection, connection);
        let mut found = None;
        for (key, pool) in &mut state.by_key {
            let was_there = match &mut pool.workers {
                Workers::Singleplex { idle, .. } => {
                    let before = idle.len();
                    idle.retain(|idle| !is_it(&idle.worker));
                    idle.len() < before
                }
                Workers::Multiplex(current) => {
                    current.take_if(|shared| shared.worker().is_some_and(|worker| is_it(&worker))).is_some()
                }
            };
            if was_there {
                found = Some((Arc::clone(key), pool.is_unused()));
            }
        }
        match found {
            Some((key, true)) => drop(state.by_key.remove(&key)),
            Some((key, false)) => self.serve(state, &key),
            None => {}
        }
    }

    /// Ends a worker if it is still idle. The worker is taken out of its pool first, so that no request can be sent to it. Returns whether it
    /// was idle.
    fn end(self: &Arc<Self>, worker: &Worker, cause: &Cause) -> bool {
        let mut state = self.lock();
        let is_it = |other: &Worker| Arc::ptr_eq(&other.connection, &worker.connection);
        for (key, pool) in &mut state.by_key {
            match &mut pool.workers {
                Workers::Singleplex { idle, taken } => {
                    let Some(at) = idle.iter().position(|idle| is_it(&idle.worker)) else { continue };
                    let worker = idle.remove(at).worker;
                    *taken += 1;
                    worker.connection.close(cause.clone());
                    let kind = SlotKind::Singleplex(Some(worker));
                    let slot = Slot { pools: Arc::clone(self), key: Arc::clone(key), kind };
                    drop(state);
                    // The slot is free when the worker has ended.
                    drop(slot);
                    return true;
                }
                Workers::Multiplex(current) => {
                    let Some(shared) =
                        current.take_if(|shared| shared.idle().is_some_and(|(worker, _)| is_it(&worker)))
                    else {
                        continue;
                    };
                    drop(state);
                    shared.retire(cause.clone());
                    return true;
                }
            }
        }
        false
    }
}
