//! The connection with one worker process: its state, and the wish to end it. Nobody waits while the state is locked.

use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::log::Log;
use super::state::{Closing, State};
use crate::Framing;
use crate::ended::{Cause, WorkerEnded};
use crate::hooks::{Hooks, WorkerView};
use crate::options::Limits;
use crate::sandbox::SandboxDirectory;

/// A worker process and what is open with it.
#[derive(Debug)]
pub(crate) struct WorkerConnection {
    pub(super) number: u64,
    pub(super) mnemonic: String,
    pub(super) framing: Framing,
    /// Whether cancel requests may be sent (C-095).
    pub(super) cancellation: bool,
    pub(super) limits: Limits,
    pub(super) hooks: Hooks,
    pub(super) pid: u32,
    pub(super) log: Log,
    /// The client's end of the worker's standard output.
    pub(super) output: AsyncFd<OwnedFd>,
    pub(super) state: Mutex<State>,
    /// Notified when bytes wait to be written that the pipe did not take at once.
    pub(super) to_write: Notify,
    /// Notified when the worker is to be ended.
    pub(super) closing: Notify,
    pub(super) ended: watch::Sender<Option<Arc<WorkerEnded>>>,
    pub(super) began: Instant,
    /// When the worker last wrote to its standard output, in milliseconds since `began`.
    pub(super) last_output: AtomicU64,
}

impl WorkerConnection {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the worker can take requests.
    pub(crate) fn is_usable(&self) -> bool {
        self.lock().is_usable()
    }

    /// How many requests are open.
    pub(crate) fn open(&self) -> usize {
        self.lock().exchange.len()
    }

    /// The directory that the worker has for itself, until the process has ended.
    pub(crate) fn own_directory(&self) -> Option<Arc<SandboxDirectory>> {
        self.lock().own.clone()
    }

    /// Whether cancel requests may be sent (C-095).
    pub(crate) fn is_cancellable(&self) -> bool {
        self.cancellation
    }

    /// How many requests are open and wanted beside the one that asks.
    pub(crate) fn other_wanted(&self) -> usize {
        let state = self.lock();
        state.exchange.len().saturating_sub(state.unwanted + 1)
    }

    /// Notes that one more of the open requests is not wanted any more.
    pub(crate) fn give_up(&self) {
        self.lock().unwanted += 1;
    }

    /// Notes that a request that was not wanted has ended.
    pub(crate) fn forget_given_up(&self) {
        self.lock().unwanted -= 1;
    }

    pub(super) fn note_output(&self) {
        self.last_output.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// When the worker last wrote to its standard output.
    pub(super) fn last_output(&self) -> Instant {
        self.began + Duration::from_millis(self.last_output.load(Ordering::Relaxed))
    }

    /// Asks for the end of the worker. The first cause counts.
    pub(crate) fn close(&self, cause: Cause) {
        self.close_locked(&mut self.lock(), Closing { cause, excerpt: Vec::new() });
    }

    pub(super) fn close_locked(&self, state: &mut State, closing: Closing) {
        state.closing.get_or_insert(closing);
        self.closing.notify_one();
    }

    /// Waits until the process, and all of its group, has ended.
    pub(crate) async fn ended(&self) -> Option<Arc<WorkerEnded>> {
        let mut ended = self.ended.subscribe();
        ended.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone())
    }

    /// What is told of the end of the worker. `was_running`: the process still ran when the cause was seen.
    pub(super) fn describe_end(
        &self,
        closing: Closing,
        status: Option<ExitStatus>,
        was_running: bool,
    ) -> Arc<WorkerEnded> {
        Arc::new(WorkerEnded {
            number: self.number,
            mnemonic: self.mnemonic.clone(),
            log: self.log.path().to_owned(),
            cause: closing.cause,
            status,
            was_running,
            excerpt: closing.excerpt,
            log_tail: self.log.tail(),
        })
    }
}

impl WorkerView for WorkerConnection {
    fn is_writing(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    fn log_tail(&self) -> String {
        self.log.tail()
    }

    fn close(&self, cause: Cause) {
        self.close(cause);
    }
}
