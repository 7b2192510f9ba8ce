//! The signal that a request is no longer wanted.

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

type Callback = Box<dyn FnOnce() + Send>;

/// Tells work that it is no longer wanted: the client cancelled the request, or is gone.
///
/// Cheap to clone and to hand to other threads. It is raised at most once and stays raised.
#[derive(Clone, Default)]
pub struct Cancellation {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    raised: AtomicBool,
    callbacks: Mutex<Vec<Callback>>,
    changed: Condvar,
}

impl Cancellation {
    /// Whether the work is no longer wanted. Costs one atomic read: ask as often as you like.
    pub fn is_cancelled(&self) -> bool {
        self.shared.raised.load(Ordering::Acquire)
    }

    /// Calls `callback` once when the work is cancelled, or at once if it already is.
    ///
    /// It is called on the thread that reads requests: it has to be quick, for example kill a child
    /// process or wake a thread. A panic in it is caught and reported on standard error.
    pub fn on_cancel(&self, callback: impl FnOnce() + Send + 'static) {
        let mut callbacks = self.callbacks();
        if self.is_cancelled() {
            drop(callbacks);
            callback();
        } else {
            callbacks.push(Box::new(callback));
        }
    }

    /// Waits until the work is cancelled, at most for `limit`. Returns whether it is cancelled.
    pub fn wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut callbacks = self.callbacks();
        while !self.is_cancelled() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            callbacks =
                self.shared.changed.wait_timeout(callbacks, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Raises the signal and runs the callbacks; a second time does nothing.
    pub(crate) fn raise(&self) {
        let callbacks = {
            let mut callbacks = self.callbacks();
            if self.shared.raised.swap(true, Ordering::AcqRel) {
                return;
            }
            self.shared.changed.notify_all();
            std::mem::take(&mut *callbacks)
        };
        for callback in callbacks {
            // The panic hook has already told the reason on standard error.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(callback));
        }
    }

    fn callbacks(&self) -> MutexGuard<'_, Vec<Callback>> {
        self.shared.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellation").field("cancelled", &self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn callbacks_run_exactly_once() {
        let cancellation = Cancellation::default();
        let (ran, runs) = mpsc::channel();
        cancellation.on_cancel(move || ran.send(()).unwrap());
        cancellation.raise();
        cancellation.raise();
        assert_eq!(runs.iter().count(), 1);
    }

    #[test]
    fn a_late_callback_runs_at_once() {
        let cancellation = Cancellation::default();
        cancellation.raise();
        let (ran, runs) = mpsc::channel();
        cancellation.on_cancel(move || ran.send(()).unwrap());
        assert_eq!(runs.iter().count(), 1);
    }

    #[test]
    fn a_panicking_callback_does_not_stop_the_next() {
        let cancellation = Cancellation::default();
        let (ran, runs) = mpsc::channel();
        cancellation.on_cancel(|| panic!("on purpose"));
        cancellation.on_cancel(move || ran.send(()).unwrap());
        cancellation.raise();
        assert_eq!(runs.iter().count(), 1);
        assert!(cancellation.wait(Duration::from_secs(3600)), "returns at once when already cancelled");
    }
}
