//! Ends workers because of their age or the memory of all (C-026, C-027).

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::Instant;

use super::place::{Held, Place};
use super::pools::{Idle, Pools, Workers};
use super::registry::Registry;
use super::worker::Worker;
use crate::faults::Kind;
use crate::options::Options;
use crate::worker::{Cause, Session, resident};

/// Looks at all workers from time to time, for as long as the pools live.
pub(crate) async fn watch(pools: Weak<Pools>, registry: Arc<Registry>, options: Arc<Options>) {
    loop {
        tokio::time::sleep(options.poll_interval).await;
        let Some(pools) = pools.upgrade() else { return };
        if let Some(limit) = options.idle_limit.filter(|_| !options.faults.has(Kind::NeverIdleOut)) {
            pools.end_idle(limit);
        }
        if let Some(limit) = options.memory_limit.filter(|_| !options.faults.has(Kind::IgnoreMemoryLimit)) {
            // Reading about every process of the machine takes a while; nobody else waits for it.
            let Ok(memory) = tokio::task::spawn_blocking(resident).await else { return };
            let workers = registry.all();
            let of = |pid: u32| memory.get(&pid).copied().unwrap_or(0);
            let mut total: u64 = workers.iter().map(|session| of(session.pid())).sum();
            // Ending one takes a while, too: what is on its way out is not counted twice.
            total -= workers.iter().filter(|it| !it.is_usable()).map(|it| of(it.pid())).sum::<u64>();
            let working_first = options.faults.has(Kind::MemoryEndsWorking);
            while total > limit {
                let idle = if working_first { None } else { pools.end_largest_idle(of, limit) };
                let working = || {
                    let working = workers.iter().filter(|session| session.is_usable() && session.open() > 0);
                    let largest = working.max_by_key(|session| of(session.pid()))?;
                    largest.close(Cause::Memory(limit));
                    Some(of(largest.pid()))
                };
                match idle.or_else(working) {
                    Some(ended) => total = total.saturating_sub(ended.max(1)),
                    None => break,
                }
            }
        }
    }
}

impl Pools {
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

    /// Ends the idle worker with the most memory, and returns how much it had.
    fn end_largest_idle(self: &Arc<Self>, memory: impl Fn(u32) -> u64, limit: u64) -> Option<u64> {
        let idle = self.idle();
        let (worker, _) = idle.iter().max_by_key(|(worker, _)| memory(worker.session.pid()))?;
        self.end(worker, &Cause::Memory(limit)).then(|| memory(worker.session.pid()))
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
                Workers::Own { idle, .. } => {
                    found.extend(idle.iter().map(|idle| (idle.worker.clone(), idle.since)));
                }
                Workers::Shared(current) => found.extend(current.iter().filter_map(|shared| shared.idle())),
            }
        }
        found.retain(|(worker, _)| worker.session.is_usable());
        found
    }

    /// Forgets a worker that has ended, so that what is known of it does not stay for as long as nobody asks for its key.
    pub(crate) fn forget(self: &Arc<Self>, session: &Arc<Session>) {
        let mut state = self.lock();
        let is_it = |worker: &Worker| Arc::ptr_eq(&worker.session, session);
        let mut found = None;
        for (key, pool) in &mut state.by_key {
            let was_there = match &mut pool.workers {
                Workers::Own { idle, .. } => {
                    let before = idle.len();
                    idle.retain(|idle| !is_it(&idle.worker));
                    idle.len() < before
                }
                Workers::Shared(current) => {
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

    /// Ends a worker if it is still idle. It is taken out of its pool first, so that no request can be sent to it.
    fn end(self: &Arc<Self>, worker: &Worker, cause: &Cause) -> bool {
        let mut state = self.lock();
        let is_it = |other: &Worker| Arc::ptr_eq(&other.session, &worker.session);
        for (key, pool) in &mut state.by_key {
            match &mut pool.workers {
                Workers::Own { idle, taken } => {
                    let Some(at) = idle.iter().position(|idle| is_it(&idle.worker)) else { continue };
                    let Idle { worker, .. } = idle.remove(at);
                    *taken += 1;
                    worker.session.close(cause.clone());
                    let place = Place {
                        pools: Arc::clone(self),
                        key: Arc::clone(key),
                        kind: Held::Own(Some(worker)),
                    };
                    drop(state);
                    // The place is free when the worker has ended.
                    drop(place);
                    return true;
                }
                Workers::Shared(current) => {
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
