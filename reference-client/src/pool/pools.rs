//! The places of every key, and who waits for one.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::place::{Held, Place};
use super::worker::Worker;
use crate::faults::{Faults, Kind};
use crate::key::{Tools, WorkerKey};
use crate::options::Options;
use crate::worker::Cause;

/// What an action wants from a pool.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) key: Arc<WorkerKey>,
    pub(crate) tools: Arc<Tools>,
}

/// All pools of a client.
#[derive(Debug)]
pub(crate) struct Pools {
    options: Arc<Options>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) by_key: HashMap<Arc<WorkerKey>, Pool>,
    /// How many actions of high priority wait (C-024).
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

/// A waiting action, and the place that it gets.
#[derive(Debug)]
struct Waiting {
    wanted: Wanted,
    grant: oneshot::Sender<Place>,
}

/// The two kinds of pools.
#[derive(Debug)]
pub(super) enum Workers {
    /// Singleplex: a process for each open request.
    Own {
        /// The one that was used last is at the end, and is taken first: its caches are warm.
        idle: Vec<Idle>,
        /// How many places are taken.
        taken: usize,
    },
    /// Multiplex: one process for all, and what was it before its tools changed or it failed.
    Shared(Option<Arc<Shared>>),
}

/// An idle singleplex worker.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) worker: Worker,
    pub(super) since: Instant,
}

/// A multiplex worker and how many requests it has.
#[derive(Debug)]
pub(super) struct Shared {
    tools: Arc<Tools>,
    inner: Mutex<SharedState>,
}

#[derive(Debug)]
struct SharedState {
    worker: Option<Worker>,
    open: usize,
    idle_since: Instant,
    /// It gets no further request, and ends after its last response (C-013).
    retired: Option<Cause>,
}

impl Shared {
    fn new(tools: Arc<Tools>) -> Self {
        let inner = SharedState { worker: None, open: 0, idle_since: Instant::now(), retired: None };
        Self { tools, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, SharedState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn worker(&self) -> Option<Worker> {
        self.lock().worker.clone()
    }

    /// Starts the process unless another request has done so.
    pub(super) fn start<E>(&self, start: impl FnOnce() -> Result<Worker, E>) -> Result<(Worker, bool), E> {
        let mut inner = self.lock();
        match &inner.worker {
            Some(worker) => Ok((worker.clone(), false)),
            None => start().map(|worker| (inner.worker.insert(worker).clone(), true)),
        }
    }

    fn is_usable(&self) -> bool {
        self.lock().worker.as_ref().is_none_or(|worker| worker.session.is_usable())
    }

    /// Takes one of the places, if one is free.
    fn take(&self, limit: usize) -> bool {
        let mut inner = self.lock();
        let free = inner.open < limit;
        inner.open += usize::from(free);
        free
    }

    fn give_back(&self) {
        let mut inner = self.lock();
        inner.open -= 1;
        inner.idle_since = Instant::now();
        inner.end_if_unused();
    }

    /// It gets no further request.
    pub(super) fn retire(&self, cause: Cause) {
        let mut inner = self.lock();
        inner.retired.get_or_insert(cause);
        inner.end_if_unused();
    }

    /// The worker and since when it is idle, if it is.
    pub(super) fn idle(&self) -> Option<(Worker, Instant)> {
        let inner = self.lock();
        let worker = inner.worker.clone().filter(|_| inner.open == 0)?;
        Some((worker, inner.idle_since))
    }
}

impl SharedState {
    fn end_if_unused(&self) {
        if let (0, Some(cause), Some(worker)) = (self.open, &self.retired, &self.worker) {
            worker.session.close(cause.clone());
        }
    }
}

impl Pools {
    pub(crate) fn new(options: Arc<Options>) -> Arc<Self> {
        Arc::new(Self { options, state: Mutex::default() })
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.options.faults
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key and tools as a pool keeps them, so that thousands of waiting requests do not each have copies of their own.
    pub(crate) fn share(&self, key: WorkerKey, tools: Tools) -> Wanted {
        let state = self.lock();
        let Some((key, pool)) = state.by_key.get_key_value(&key) else {
            return Wanted { key: Arc::new(key), tools: Arc::new(tools) };
        };
        let known = match &pool.workers {
            Workers::Own { idle, .. } => idle.last().map(|idle| &idle.worker.tools),
            Workers::Shared(current) => current.as_ref().map(|shared| &shared.tools),
        };
        let tools = known.filter(|known| ***known == tools).map_or_else(|| Arc::new(tools), Arc::clone);
        Wanted { key: Arc::clone(key), tools }
    }

    /// Waits for a place with a worker of this key. Nothing is lost when the future is dropped. Nothing only with a fault.
    pub(crate) async fn acquire(self: &Arc<Self>, wanted: Wanted) -> Option<Place> {
        let granted = {
            let mut state = self.lock();
            let high_waiting = state.high_waiting > 0;
            let pool = self.pool(&mut state, &wanted.key);
            // The usual case: nobody waits, and a place is free.
            if pool.waiting.is_empty() && (pool.high_priority || !high_waiting) {
                let held = pool.workers.take(&wanted, pool.limit, self.faults());
                if let Some(kind) = held {
                    return Some(Place { pools: Arc::clone(self), key: Arc::clone(&wanted.key), kind });
                }
            }
            if self.faults().has(Kind::FullPoolFails) {
                return None;
            }
            let (grant, granted) = oneshot::channel();
            pool.waiting.push_back(Waiting { wanted: wanted.clone(), grant });
            let high = pool.high_priority;
            state.high_waiting += usize::from(high);
            granted
        };
        let waits = Withdraw(self, &wanted.key);
        let place = granted.await.ok();
        std::mem::forget(waits);
        place
    }

    /// The pool of a key, made when it is first asked for.
    fn pool<'a>(&self, state: &'a mut State, key: &Arc<WorkerKey>) -> &'a mut Pool {
        state.by_key.entry(self.lookup(key)).or_insert_with(|| {
            let (limits, fault, workers) = if key.features.multiplex {
                (&self.options.max_multiplex_instances, Kind::MultiplexOverLimit, Workers::Shared(None))
            } else {
                let workers = Workers::Own { idle: Vec::new(), taken: 0 };
                (&self.options.max_instances, Kind::OverLimit, workers)
            };
            Pool {
                limit: limits.get(&key.mnemonic).max(1) + usize::from(self.faults().has(fault)),
                high_priority: self.options.high_priority.contains(&key.mnemonic),
                workers,
                waiting: VecDeque::new(),
            }
        })
    }

    /// The key under which a pool is found: the key itself, unless a fault makes two of them one.
    fn lookup(&self, key: &Arc<WorkerKey>) -> Arc<WorkerKey> {
        let faults = self.faults();
        let mut other = None;
        let mut change = |kind, change: fn(&mut WorkerKey)| {
            if faults.has(kind) {
                change(other.get_or_insert_with(|| WorkerKey::clone(key)));
            }
        };
        change(Kind::KeyIgnoresFlags, |key| key.command.truncate(1));
        change(Kind::KeyIgnoresEnvironment, |key| key.environment.clear());
        change(Kind::KeyIgnoresDialect, |key| key.dialect = crate::Framing::Proto);
        change(Kind::KeyIgnoresFeatures, |key| key.features = crate::key::Features::default());
        change(Kind::KeyIgnoresMnemonic, |key| key.mnemonic.clear());
        other.map_or_else(|| Arc::clone(key), Arc::new)
    }

    /// Grants what can be granted in the pool of `key`, and in all of them if the last action of high priority got its place.
    pub(super) fn serve(self: &Arc<Self>, mut state: MutexGuard<'_, State>, key: &Arc<WorkerKey>) {
        let mut unwanted = Vec::new();
        let held_back = state.high_waiting > 0;
        self.serve_one(&mut state, &self.lookup(key), &mut unwanted);
        if held_back && state.high_waiting == 0 {
            let keys: Vec<_> = state.by_key.keys().cloned().collect();
            for key in &keys {
                self.serve_one(&mut state, key, &mut unwanted);
            }
        }
        drop(state);
        // Places that nobody waits for any more come back through `give_back`, which takes the lock.
        drop(unwanted);
    }

    fn serve_one(self: &Arc<Self>, state: &mut State, key: &Arc<WorkerKey>, unwanted: &mut Vec<Place>) {
        let State { by_key, high_waiting } = state;
        let Some(pool) = by_key.get_mut(key) else { return };
        while let Some(first) = pool.waiting.front() {
            let is_gone = first.grant.is_closed();
            if !is_gone && !pool.high_priority && *high_waiting > 0 {
                break;
            }
            let held =
                if is_gone { None } else { pool.workers.take(&first.wanted, pool.limit, self.faults()) };
            if held.is_none() && !is_gone {
                break;
            }
            *high_waiting -= usize::from(pool.high_priority);
            let Some((first, kind)) = pool.waiting.pop_front().zip(held) else { continue };
            let place = Place { pools: Arc::clone(self), key: Arc::clone(&first.wanted.key), kind };
            if let Err(place) = first.grant.send(place) {
                unwanted.push(place);
            }
        }
    }

    /// Takes a place back, and gives it to who waits.
    pub(super) fn give_back(self: &Arc<Self>, key: &Arc<WorkerKey>, held: Held) {
        let mut state = self.lock();
        let pool = self.pool(&mut state, key);
        match (held, &mut pool.workers) {
            (Held::Own(worker), Workers::Own { idle, taken }) => {
                *taken -= 1;
                idle.extend(worker.map(|worker| Idle { worker, since: Instant::now() }));
            }
            (Held::Shared(shared), _) => shared.give_back(),
            (Held::Own(_) | Held::Returned, _) => {}
        }
        if pool.is_unused() {
            // A client that serves many projects sees many keys.
            state.by_key.remove(&self.lookup(key));
        } else if !pool.waiting.is_empty() {
            self.serve(state, key);
        }
    }
}

impl Pool {
    /// Whether nothing would be lost if it were made again when it is next asked for.
    pub(super) fn is_unused(&self) -> bool {
        let has_workers = match &self.workers {
            Workers::Own { idle, taken } => !idle.is_empty() || *taken > 0,
            Workers::Shared(current) => current.is_some(),
        };
        !has_workers && self.waiting.is_empty()
    }
}

impl Workers {
    /// A place with a worker, if one is free.
    fn take(&mut self, wanted: &Wanted, limit: usize, faults: &Faults) -> Option<Held> {
        match self {
            Self::Own { idle, taken } => {
                let worker = idle.pop().map(|idle| idle.worker);
                if worker.is_none() && *taken + idle.len() >= limit {
                    return None;
                }
                *taken += 1;
                Some(Held::Own(worker))
            }
            Self::Shared(current) => {
                if let Some(shared) = current {
                    let changed = *shared.tools != *wanted.tools && !faults.has(Kind::IgnoreToolChange);
                    if changed {
                        let cause = Cause::ToolsChanged(shared.tools.changed(&wanted.tools));
                        if let (true, Some(worker)) = (faults.has(Kind::ToolChangeKills), shared.worker()) {
                            worker.session.close(cause.clone());
                        }
                        shared.retire(cause);
                    }
                    if changed || !shared.is_usable() {
                        *current = None;
                    }
                }
                let shared = current.get_or_insert_with(|| Arc::new(Shared::new(Arc::clone(&wanted.tools))));
                shared.take(limit).then(|| Held::Shared(Arc::clone(shared)))
            }
        }
    }
}

/// Lets the others have their turn when a waiting action goes away.
struct Withdraw<'a>(&'a Arc<Pools>, &'a Arc<WorkerKey>);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        // The receiver may not be gone yet when this runs, so the queue is looked at when the next place is given or asked for; an
        // action of high priority must not hold back others until then.
        let mut state = self.0.lock();
        let lookup = self.0.lookup(self.1);
        let mut gone = 0;
        if let Some(pool) = state.by_key.get_mut(&lookup) {
            let before = pool.waiting.len();
            pool.waiting.retain(|waiting| !waiting.grant.is_closed());
            gone = if pool.high_priority { before - pool.waiting.len() } else { 0 };
        }
        state.high_waiting -= gone;
        self.0.serve(state, self.1);
    }
}
