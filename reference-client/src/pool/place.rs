//! A place in a pool that is taken.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::pools::{Pools, Shared};
use super::worker::Worker;
use crate::faults::Kind;
use crate::key::WorkerKey;

/// The right to have one open request with a worker of a key. It comes back when it is dropped, but no sooner than a worker that
/// is about to end has ended (C-020, C-029).
#[derive(Debug)]
pub(crate) struct Place {
    pub(super) pools: Arc<Pools>,
    pub(super) key: Arc<WorkerKey>,
    pub(super) kind: Held,
}

/// Which kind of place.
#[derive(Debug)]
pub(super) enum Held {
    /// A singleplex worker that nobody else has, or the right to start one.
    Own(Option<Worker>),
    /// One of the open requests of a multiplex worker.
    Shared(Arc<Shared>),
    /// It was given back.
    Returned,
}

impl Place {
    /// The worker of this place, if it has been started.
    pub(crate) fn worker(&self) -> Option<Worker> {
        match &self.kind {
            Held::Own(worker) => worker.clone(),
            Held::Shared(shared) => shared.worker(),
            Held::Returned => None,
        }
    }

    /// Starts the worker of this place with `start`, if there is none. Whether it was started.
    pub(crate) fn start<E>(
        &mut self,
        start: impl FnOnce() -> Result<Worker, E>,
    ) -> Result<(Worker, bool), E> {
        match &mut self.kind {
            Held::Own(Some(worker)) => Ok((worker.clone(), false)),
            Held::Own(none) => start().map(|worker| (none.insert(worker).clone(), true)),
            Held::Shared(shared) => shared.start(start),
            // A place is used before it is returned.
            Held::Returned => start().map(|worker| (worker, true)),
        }
    }

    /// Takes the worker out, which is about to end; another one can be started in its place.
    pub(crate) fn take(&mut self) -> Option<Worker> {
        match &mut self.kind {
            Held::Own(worker) => worker.take(),
            Held::Shared(_) | Held::Returned => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let kind = std::mem::replace(&mut self.kind, Held::Returned);
        let (pools, key) = (Arc::clone(&self.pools), Arc::clone(&self.key));
        let ending = match &kind {
            Held::Own(Some(worker)) => Some(&worker.session).filter(|session| !session.is_usable()),
            _ => None,
        };
        let failed = match &kind {
            Held::Own(worker) => worker.as_ref().is_none_or(|worker| !worker.session.is_usable()),
            Held::Shared(shared) => shared.worker().is_none_or(|worker| !worker.session.is_usable()),
            Held::Returned => return,
        };
        if failed && pools.faults().has(Kind::LosePlace) {
            return;
        }
        match (ending.cloned(), Handle::try_current()) {
            (Some(session), Ok(runtime)) => {
                runtime.spawn(async move {
                    session.ended().await;
                    pools.give_back(&key, Held::Own(None));
                });
            }
            (Some(_), Err(_)) => pools.give_back(&key, Held::Own(None)),
            (None, _) => pools.give_back(&key, kind),
        }
    }
}
