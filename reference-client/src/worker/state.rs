//! What changes in a session: open requests, what was read, what is to be written.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use pwp_proto::{FrameReader, WorkResponse};
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::end::Cause;
use super::exchange::Exchange;
use super::ticket::Lost;
use crate::sandbox::WorkerDirectory;

/// Who waits for a response.
pub(super) type Waiter = oneshot::Sender<Result<WorkResponse, Lost>>;

/// What changes.
#[derive(Debug)]
pub(super) struct State {
    pub(super) exchange: Exchange<Waiter>,
    pub(super) frames: FrameReader,
    pub(super) buffer: Box<[u8]>,
    /// Its standard input; nothing when it was closed.
    pub(super) input: Option<Arc<AsyncFd<OwnedFd>>>,
    pub(super) queue: VecDeque<Outgoing>,
    /// How many bytes the pipe has taken.
    pub(super) written: u64,
    /// How many requests were begun.
    pub(super) sent: u64,
    pub(super) closing: Option<Closing>,
    /// Its directory, until the process has ended.
    pub(super) own: Option<Arc<WorkerDirectory>>,
    /// How many of the open requests nobody wants any more.
    pub(super) unwanted: usize,
    /// Standard output has ended, which the driver will see soon.
    pub(super) at_end: bool,
}

/// A frame on its way.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) bytes: Vec<u8>,
    /// How many of them the pipe has taken.
    pub(super) done: usize,
    pub(super) id: i32,
    pub(super) cancel: bool,
}

/// Why the session is to end.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) cause: Cause,
    pub(super) excerpt: Vec<u8>,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pumped {
    /// More may be there.
    More,
    /// The pipe is empty.
    Empty,
    /// The end of the stream, or the session is to end.
    End,
}

impl State {
    /// How many bytes of the stream of requests the worker has read.
    pub(super) fn consumed(&self) -> u64 {
        let unread = self.input.as_deref().and_then(|input| rustix::io::ioctl_fionread(input).ok());
        self.written.saturating_sub(unread.unwrap_or(0))
    }
}

/// What writing came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flushed {
    /// The queue is empty.
    All,
    /// The pipe is full.
    Blocked,
    /// The worker has closed its end.
    Refused,
}
