//! The wish to stop, from the user of a client.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops what it was given to when it is [triggered](Self::trigger). Clones are the same interrupt.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Interrupt {
    /// One that nobody has triggered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all that it was given to, now and later.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was triggered.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is triggered.
    pub async fn triggered(&self) {
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = self.0.subscribe().wait_for(|triggered| *triggered).await;
    }
}
