//! An interrupt: the user of a client asks it to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// Stops the actions that it was given to when it is [triggered](Self::trigger). Clones are the same interrupt.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<watch::Sender<bool>>);

impl Interrupt {
    /// An interrupt that is not triggered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops all actions that the interrupt was given to, and those that it will be given to.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether the interrupt was triggered.
    pub fn is_triggered(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the interrupt is triggered.
    pub async fn triggered(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|triggered| *triggered).await;
    }
}
