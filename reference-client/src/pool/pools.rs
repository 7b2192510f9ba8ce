//! The slots of every key, and the actions that wait for one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::workers::{Idle, SlotKind, Wanted, Workers};
use crate::hooks::PoolHooks;
use crate::key::{Tools, WorkerKey};
use crate::lock::lock;
use crate::options::Options;

#[derive(Debug)]
pub(crate) struct Pools {
    options: Arc<Options>,
    pub(super) hooks: PoolHooks,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) by_key: HashMap<Arc<WorkerKey>, Pool>,
    /// How many actions of high priority wait.
    ///
    /// C-024: "A client lets the user name mnemonics of high priority, and sends requests of other mnemonics only while none of these waits."
    high_waiting: usize,
}

/// The workers of one key.
#[derive(Debug)]
pub(super) struct Pool {
    limit: usize,
    high_priority: bool,
    pub(super) workers: Workers,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    wanted: Wanted,
    grant: oneshot::Sender<Slot>,
}

/// The right to have one open request with a worker of a key.
///
/// C-029: "The place that a request takes in a pool is free again when the request has ended, in whatever way it ended." So the slot becomes free
/// when it is dropped, but no sooner than a worker that is about to end has ended (C-020).
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) pools: Arc<Pools>,
    pub(super) key: Arc<WorkerKey>,
    pub(crate) kind: SlotKind,
}

impl Pools {
    pub(crate) fn new(options: Arc<Options>, hooks: PoolHooks) -> Arc<Self> {
        Arc::new(Self { options, hooks, state: Mutex::default() })
    }

    /// A key and tools as a pool has them, so that thousands of waiting actions do not each have copies of their own.
    pub(crate) fn share(&self, key: WorkerKey, tools: Tools) -> Wanted {
        let state = lock(&self.state);
        let Some((key, pool)) = state.by_key.get_key_value(&key) else {
            return Wanted { key: Arc::new(key), tools: Arc::new(tools) };
        };
        let known = match &pool.workers {
            Workers::Singleplex { idle, .. } => idle.last().map(|idle| &idle.worker.tools),
            Workers::Multiplex(current) => current.as_ref().map(|shared| &shared.tools),
        };
        let tools = known.filter(|known| ***known == tools).map_or_else(|| Arc::new(tools), Arc::clone);
        Wanted { key: Arc::clone(key), tools }
    }

    /// Waits for a slot of this key. When the future is dropped, no slot is lost. Nothing is returned if the action is not to wait for a slot.
    ///
    /// C-023: "An action that finds the pool of its key full waits for a place or runs in one-shot mode. It does not fail."
    pub(crate) async fn acquire(self: &Arc<Self>, wanted: Wanted) -> Option<Slot> {
        let granted = {
            let mut state = lock(&self.state);
            let high_waiting = state.high_waiting > 0;
            let pool = self.pool(&mut state, &wanted.key);
            // The usual case: no other action waits, and a slot is free.
            if pool.waiting.is_empty()
                && (pool.high_priority || !high_waiting)
                && let Some(kind) = pool.workers.take(&wanted, pool.limit, self.hooks)
            {
                return Some(Slot { pools: Arc::clone(self), key: Arc::clone(&wanted.key), kind });
            }
            if !self.hooks.waits_for_slot {
                return None;
            }
            let (grant, granted) = oneshot::channel();
            pool.waiting.push_back(Waiting { wanted: wanted.clone(), grant });
            let high = pool.high_priority;
            state.high_waiting += usize::from(high);
            granted
        };
        let waits = Withdraw(self, &wanted.key);
        let slot = granted.await.ok();
        std::mem::forget(waits);
        slot
    }

    /// The pool of a key, made when it is first asked for.
    fn pool<'a>(&self, state: &'a mut State, key: &Arc<WorkerKey>) -> &'a mut Pool {
        state.by_key.entry((self.hooks.pool_key)(key)).or_insert_with(|| {
            let (limits, workers) = if key.features.multiplex {
                (&self.options.max_multiplex_instances, Workers::Multiplex(None))
            } else {
                (&self.options.max_instances, Workers::Singleplex { idle: Vec::new(), taken: 0 })
            };
            Pool {
                limit: limits.get(&key.mnemonic).max(1),
                high_priority: self.options.high_priority.contains(&key.mnemonic),
                workers,
                waiting: VecDeque::new(),
            }
        })
    }

    /// Gives the free slots of the pool of `key` to waiting actions, and those of all pools if the last action of high priority got its
    /// slot.
    pub(super) fn serve(self: &Arc<Self>, mut state: MutexGuard<'_, State>, key: &Arc<WorkerKey>) {
        let mut unwanted = Vec::new();
        let held_back = state.high_waiting > 0;
        self.serve_one(&mut state, &(self.hooks.pool_key)(key), &mut unwanted);
        if held_back && state.high_waiting == 0 {
            let keys: Vec<_> = state.by_key.keys().cloned().collect();
            for key in &keys {
                self.serve_one(&mut state, key, &mut unwanted);
            }
        }
        drop(state);
        // A slot that no action waits for any more is freed, which takes the lock.
        drop(unwanted);
    }

    fn serve_one(self: &Arc<Self>, state: &mut State, key: &Arc<WorkerKey>, unwanted: &mut Vec<Slot>) {
        let State { by_key, high_waiting } = state;
        let Some(pool) = by_key.get_mut(key) else { return };
        while let Some(first) = pool.waiting.front() {
            let is_gone = first.grant.is_closed();
            if !is_gone && !pool.high_priority && *high_waiting > 0 {
                break;
            }
            let kind = if is_gone { None } else { pool.workers.take(&first.wanted, pool.limit, self.hooks) };
            if kind.is_none() && !is_gone {
                break;
            }
            *high_waiting -= usize::from(pool.high_priority);
            let Some((first, kind)) = pool.waiting.pop_front().zip(kind) else { continue };
            let slot = Slot { pools: Arc::clone(self), key: Arc::clone(&first.wanted.key), kind };
            if let Err(slot) = first.grant.send(slot) {
                unwanted.push(slot);
            }
        }
    }

    /// Makes a slot free again, and gives it to the action that waits first.
    pub(super) fn free(self: &Arc<Self>, key: &Arc<WorkerKey>, kind: SlotKind) {
        let mut state = lock(&self.state);
        let pool = self.pool(&mut state, key);
        match (kind, &mut pool.workers) {
            (SlotKind::Singleplex(worker), Workers::Singleplex { idle, taken }) => {
                *taken -= 1;
                idle.extend(worker.map(|worker| Idle { worker, since: Instant::now() }));
            }
            (SlotKind::Multiplex(shared), _) => shared.free(),
            (SlotKind::Singleplex(_) | SlotKind::Freed, _) => {}
        }
        if pool.is_unused() {
            // A client that serves many projects sees many keys.
            state.by_key.remove(&(self.hooks.pool_key)(key));
        } else if !pool.waiting.is_empty() {
            self.serve(state, key);
        }
    }
}

impl Pool {
    /// Whether nothing would be lost if the pool were made again when an action next asks for it.
    pub(super) fn is_unused(&self) -> bool {
        self.workers.is_empty() && self.waiting.is_empty()
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
        if !is_usable && !pools.hooks.frees_slot_of_failed {
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

/// Lets other actions have their turn when a waiting one goes away.
struct Withdraw<'a>(&'a Arc<Pools>, &'a Arc<WorkerKey>);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        // The receiver may not be gone yet when this runs, so the queue is looked at when the next slot is given or asked for; an
        // action of high priority must not hold back others until then.
        let mut state = lock(&self.0.state);
        let lookup = (self.0.hooks.pool_key)(self.1);
        let State { by_key, high_waiting } = &mut *state;
        if let Some(pool) = by_key.get_mut(&lookup) {
            let before = pool.waiting.len();
            pool.waiting.retain(|waiting| !waiting.grant.is_closed());
            *high_waiting -= (before - pool.waiting.len()) * usize::from(pool.high_priority);
        }
        self.0.serve(state, self.1);
    }
}
