//! What changes in a connection: open requests, what was read, what is to be written.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use pwp_proto::{FrameReader, WorkResponse};
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::exchange::Exchange;
use crate::ended::{Cause, Lost, WorkerEnded};
use crate::hooks::OwnExchangeHooks;
use crate::key::WorkerKey;
use crate::sandbox::SandboxDirectory;

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
    pub(super) input: Option<Arc<AsyncFd<OwnedFd>>>,
    /// The messages that the pipe has not taken completely.
    pub(super) queue: VecDeque<Outgoing>,
    /// How many bytes the pipe has taken since the start of the worker.
    pub(super) written: u64,
    /// Why the worker is to be ended, if it is.
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
    pub(super) fn new(
        key: &WorkerKey,
        frame_limit: usize,
        hooks: OwnExchangeHooks,
        input: AsyncFd<OwnedFd>,
        own: Option<Arc<SandboxDirectory>>,
    ) -> Self {
        Self {
            exchange: Exchange::new(key.dialect, key.features.multiplex, hooks),
            frames: FrameReader::new(key.dialect, frame_limit),
            buffer: vec![0; READ].into_boxed_slice(),
            input: Some(Arc::new(input)),
            queue: VecDeque::new(),
            written: 0,
            closing: None,
            own,
            unwanted: 0,
            at_end: false,
        }
    }

    /// Whether the worker can take requests.
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
        for open in self.exchange.close() {
            let never_read = open.start.is_none_or(|start| start >= consumed);
            // Nobody may wait any more.
            let _ = open.waiter.send(Err(Lost { ended: Arc::clone(ended), never_read }));
        }
    }
}
