//! Outputs that a request that was given up may still write.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::spawn::Spawn;

/// The outputs of requests that were given up, for as long as these are open, where no sandbox separates them from others.
///
/// C-103: "After giving up a request a client neither reads, moves, deletes nor replaces a file in the request's directory before the response was read or
/// the process has ended."
#[derive(Debug, Default)]
pub(super) struct OpenOutputs(Mutex<Vec<Arc<Entry>>>);

#[derive(Debug)]
struct Entry {
    outputs: HashSet<String>,
    /// Dropped at the end of the request.
    open: watch::Sender<()>,
}

/// Keeps other actions from the outputs of a request until it is dropped.
#[derive(Debug)]
pub(super) struct OpenGuard {
    all: Arc<OpenOutputs>,
    entry: Arc<Entry>,
}

impl OpenOutputs {
    /// Notes that these outputs may still be written.
    pub(super) fn add(self: &Arc<Self>, outputs: Vec<String>) -> OpenGuard {
        let entry = Arc::new(Entry { outputs: outputs.into_iter().collect(), open: watch::Sender::new(()) });
        self.lock().push(Arc::clone(&entry));
        OpenGuard { all: Arc::clone(self), entry }
    }

    /// Waits until no other request may write the outputs of `spawn`.
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

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.all.lock().retain(|entry| !Arc::ptr_eq(entry, &self.entry));
        self.entry.open.send_replace(());
    }
}
