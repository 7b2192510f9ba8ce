//! The connection with one worker process: what changes in it, and the wish to end it. Nobody waits while the state is locked.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pwp_proto::{FrameReader, WorkResponse};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use super::exchange::Exchange;
use super::log::Log;
use crate::Framing;
use crate::ended::{Cause, Lost, WorkerEnded};
use crate::hooks::{ProcessHooks, Waiting, WorkerView};
use crate::lock::lock;
use crate::options::Limits;
use crate::sandbox::SandboxDirectory;
use crate::unix::Pipe;

/// A worker process and what is open with it.
#[derive(Debug)]
pub(crate) struct WorkerConnection {
    pub(crate) number: u64,
    pub(super) mnemonic: String,
    pub(super) framing: Framing,
    /// Whether cancel requests may be sent (C-095).
    pub(crate) cancellation: bool,
    pub(super) limits: Limits,
    pub(super) hooks: ProcessHooks,
    pub(crate) pid: u32,
    pub(super) log: Log,
    /// The client's end of the worker's standard output.
    pub(super) output: Pipe,
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
    pub(crate) fn is_usable(&self) -> bool {
        lock(&self.state).is_usable()
    }

    pub(crate) fn open(&self) -> usize {
        lock(&self.state).exchange.open.len()
    }

    pub(crate) fn own_directory(&self) -> Option<Arc<SandboxDirectory>> {
        lock(&self.state).own.clone()
    }

    /// How many requests are open and wanted beside the one that asks.
    pub(crate) fn other_wanted(&self) -> usize {
        let state = lock(&self.state);
        state.exchange.open.len().saturating_sub(state.unwanted + 1)
    }

    /// Notes that one more of the open requests is not wanted any more.
    pub(crate) fn give_up(&self) {
        lock(&self.state).unwanted += 1;
    }

    /// Notes that a request that was not wanted has ended.
    pub(crate) fn forget_given_up(&self) {
        lock(&self.state).unwanted -= 1;
    }

    /// The pipe to the worker, if bytes wait for it.
    fn unwritten(&self) -> Option<Arc<Pipe>> {
        let state = lock(&self.state);
        state.input.clone().filter(|_| !state.queue.is_empty())
    }

    pub(super) fn note_output(&self) {
        self.last_output.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    pub(super) fn last_output(&self) -> Instant {
        self.began + Duration::from_millis(self.last_output.load(Ordering::Relaxed))
    }

    /// Asks for the end of the worker. The first cause counts.
    pub(crate) fn close(&self, cause: Cause) {
        self.close_locked(&mut lock(&self.state), Closing { cause, excerpt: Vec::new() });
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
            log: self.log.path.clone(),
            cause: closing.cause,
            status,
            was_running,
            excerpt: closing.excerpt,
            log_tail: self.log.tail(),
        })
    }
}

impl WorkerView for WorkerConnection {
    fn written(&self) -> Waiting<'_> {
        Box::pin(async {
            while let Some(input) = self.unwritten() {
                // An error shows when the event loop writes, which has its turn first.
                let _ = input.writable().await;
                tokio::task::yield_now().await;
            }
        })
    }

    fn log_tail(&self) -> String {
        self.log.tail()
    }

    fn close(&self, cause: Cause) {
        self.close(cause);
    }
}

/// The largest number of bytes of one read, half of what a pipe holds: the buffer of the frame reader stays as small.
pub(super) const READ: usize = 32 * 1024;

/// The end of a [`Call`](super::Call) to which its response goes.
pub(super) type Waiter = oneshot::Sender<Result<WorkResponse, Lost>>;

/// What changes in a connection.
#[derive(Debug)]
pub(super) struct State {
    pub(super) exchange: Exchange<Waiter>,
    pub(super) frames: FrameReader,
    pub(super) buffer: Box<[u8]>,
    /// The client's end of the worker's standard input; nothing when it was closed.
    pub(super) input: Option<Arc<Pipe>>,
    /// The messages that the pipe has not taken completely.
    pub(super) queue: VecDeque<Outgoing>,
    /// How many bytes the pipe has taken since the start of the worker.
    pub(super) written: u64,
    pub(super) closing: Option<Closing>,
    /// The directory that the worker has for itself, until the process has ended.
    pub(super) own: Option<Arc<SandboxDirectory>>,
    /// How many of the open requests nobody wants any more.
    pub(super) unwanted: usize,
    /// Standard output has ended, which the event loop will see soon.
    pub(super) at_end: bool,
}

/// A message on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes the pipe has taken.
    pub(super) done: usize,
    /// The request that it is, or the one that it cancels.
    pub(super) id: i32,
    pub(super) cancel: bool,
}

/// Why a worker is to be ended.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) cause: Cause,
    /// The first bytes that could not be read.
    pub(super) excerpt: Vec<u8>,
}

impl State {
    pub(super) fn is_usable(&self) -> bool {
        self.closing.is_none() && !self.at_end
    }

    /// How many bytes of all requests the worker has read.
    pub(super) fn consumed(&self) -> u64 {
        let unread = self.input.as_deref().and_then(|input| rustix::io::ioctl_fionread(input).ok());
        self.written.saturating_sub(unread.unwrap_or(0))
    }

    /// Tells every call that there will be no response. `consumed`: how many bytes of all requests the worker has read.
    pub(super) fn fail_open(&mut self, ended: &Arc<WorkerEnded>, consumed: u64) {
        for (_, open) in self.exchange.open.drain() {
            let never_read = open.start.is_none_or(|start| start >= consumed);
            // Nobody may wait any more.
            let _ = open.waiter.send(Err(Lost { ended: Arc::clone(ended), never_read }));
        }
    }
}
