//! Outputs that a request that was given up may still write.

use std::collections::HashSet;
use std::sync::Mutex;

use tokio::sync::watch;

use crate::lock::lock;
use crate::spawn::Spawn;

/// The outputs of requests that were given up, for as long as these are open, where no sandbox separates them from others.
///
/// C-103: "After giving up a request a client neither reads, moves, deletes nor replaces a file in the request's directory before the response was read or
/// the process has ended."
#[derive(Debug, Default)]
pub(super) struct OpenOutputs(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    outputs: HashSet<String>,
    /// Closed at the end of the request.
    open: watch::Receiver<()>,
}

impl OpenOutputs {
    /// Notes that these outputs may still be written, until what is returned is dropped.
    pub(super) fn add(&self, outputs: Vec<String>) -> watch::Sender<()> {
        let (guard, open) = watch::channel(());
        lock(&self.0).push(Entry { outputs: outputs.into_iter().collect(), open });
        guard
    }

    /// Waits until no other request may write the outputs of `spawn`.
    pub(super) async fn wait_for(&self, spawn: &Spawn) {
        let shares = |entry: &&Entry| spawn.outputs.iter().any(|output| entry.outputs.contains(&output.path));
        loop {
            let mut open = {
                let mut all = lock(&self.0);
                all.retain(|entry| entry.open.has_changed().is_ok());
                let Some(entry) = all.iter().find(shares) else { return };
                entry.open.clone()
            };
            // The error is the end of the request.
            let _ = open.changed().await;
        }
    }
}
