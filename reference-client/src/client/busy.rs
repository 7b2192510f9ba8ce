//! Outputs that a request that was given up may still write (C-103).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::spawn::Spawn;

/// The outputs of requests that were given up, for as long as they are open and no sandbox keeps them apart.
#[derive(Debug, Default)]
pub(super) struct Busy(Mutex<Vec<Arc<Entry>>>);

#[derive(Debug)]
struct Entry {
    outputs: HashSet<String>,
    /// Dropped at the end of the request.
    open: watch::Sender<()>,
}

/// Keeps the outputs of a request busy until it is dropped.
#[derive(Debug)]
pub(super) struct BusyOutputs {
    busy: Arc<Busy>,
    entry: Arc<Entry>,
}

impl Busy {
    /// Notes that these outputs may still be written.
    pub(super) fn add(self: &Arc<Self>, outputs: Vec<String>) -> BusyOutputs {
        let entry = Arc::new(Entry { outputs: outputs.into_iter().collect(), open: watch::Sender::new(()) });
        self.lock().push(Arc::clone(&entry));
        BusyOutputs { busy: Arc::clone(self), entry }
    }

    /// Waits until nobody else may write the outputs of `spawn`.
    pub(super) async fn wait_for(&self, spawn: &Spawn) {
        loop {
            let shares =
                |entry: &&Arc<Entry>| spawn.outputs.iter().any(|output| entry.outputs.contains(&output.path));
            let Some(mut open) = self.lock().iter().find(shares).map(|entry| entry.open.subscribe()) else {
                return;
            };
            // An error is the end of the request.
            let _ = open.changed().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Entry>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BusyOutputs {
    fn drop(&mut self) {
        self.busy.lock().retain(|entry| !Arc::ptr_eq(entry, &self.entry));
        self.entry.open.send_replace(());
    }
}
