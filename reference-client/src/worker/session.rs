//! The session with one process: whole frames in, judged frames out, and no waiting under a lock.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pwp_proto::{FrameReader, Framing, WorkRequest, WorkResponse};
use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

use super::drive;
use super::end::{Cause, SHOWN, WorkerEnded, WorkerFault};
use super::exchange::Exchange;
use super::log::Log;
use super::state::{Closing, Outgoing, Pumped, State, Waiter};
use super::ticket::{Lost, Ticket};
use super::unix::{self, Process, Streams};
use crate::faults::{Faults, Kind};
use crate::key::WorkerKey;
use crate::options::{Limits, Options};
use crate::sandbox::WorkerDirectory;

/// Bytes of one read: what a pipe holds is taken in two, and the reader of frames keeps its buffer.
const READ: usize = 32 * 1024;

/// Where a worker's files are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its working directory.
    pub(crate) directory: PathBuf,
    /// Its log.
    pub(crate) log: PathBuf,
    /// Its number.
    pub(crate) number: u64,
}

/// What a session is started from.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) key: &'a WorkerKey,
    pub(crate) place: Place,
    /// Its working directory, if it is the worker's own and goes with it.
    pub(crate) own: Option<Arc<WorkerDirectory>>,
    pub(crate) options: &'a Options,
}

/// A worker process and what is open with it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(super) place: Place,
    pub(super) mnemonic: String,
    pub(super) dialect: Framing,
    pub(super) cancellation: bool,
    pub(super) limits: Limits,
    pub(super) faults: Faults,
    pub(super) pid: u32,
    pub(super) log: Log,
    /// Its standard output.
    pub(super) output: AsyncFd<OwnedFd>,
    pub(super) state: Mutex<State>,
    /// Something waits to be written that the pipe did not take at once.
    pub(super) to_write: Notify,
    /// The session is to end.
    pub(super) closing: Notify,
    pub(super) ended: watch::Sender<Option<Arc<WorkerEnded>>>,
    began: Instant,
    /// When the worker last wrote to its standard output, in milliseconds since `began`.
    last_sign: AtomicU64,
}

impl Session {
    /// Starts the process of a key. It runs until [`close`](Self::close).
    ///
    /// # Errors
    /// The log can't be opened, or the program can't be started.
    pub(crate) fn start(start: &Start<'_>) -> io::Result<Arc<Self>> {
        let Start { key, place, own, options } = start;
        let faults = &options.faults;
        let log = Log::open(&place.log)?;
        let unread = faults.has(Kind::StderrPipe);
        let stderr = if unread { std::process::Stdio::piped() } else { log.writer()?.into() };
        let (mut command, mut directory) = (key.command.clone(), &place.directory);
        if faults.has(Kind::WrongDirectory) {
            directory = &options.state;
            if let Some(program) = command.first_mut() {
                *program = place.directory.join(&*program).to_string_lossy().into_owned();
            }
        }
        let (process, input, output) = Process::start(
            &command,
            directory,
            key.environment.iter(),
            faults.has(Kind::LeakEnvironment),
            !faults.has(Kind::SharedGroup),
            Streams { stderr, input: true, stdout: None },
        )?;
        let pipes = input.zip(output).ok_or_else(|| io::Error::other("the process has no pipes"))?;
        if faults.has(Kind::LeakPipes) {
            unix::leak(&pipes.0);
        }
        let limit = if faults.has(Kind::SmallFrames) {
            1 << 20
        } else if faults.has(Kind::NoFrameLimit) {
            i32::MAX as usize
        } else {
            options.limits.frame
        };
        let session = Arc::new(Self {
            place: place.clone(),
            mnemonic: key.mnemonic.clone(),
            dialect: key.dialect,
            cancellation: key.features.cancellation,
            limits: options.limits.clone(),
            faults: faults.clone(),
            pid: process.id(),
            log,
            output: pipes.1,
            state: Mutex::new(State {
                exchange: Exchange::new(key.dialect, key.features.multiplex, faults),
                frames: FrameReader::new(key.dialect, limit),
                buffer: vec![0; READ].into_boxed_slice(),
                input: Some(Arc::new(pipes.0)),
                queue: VecDeque::new(),
                written: 0,
                sent: 0,
                closing: None,
                own: own.clone(),
                unwanted: 0,
                at_end: false,
            }),
            to_write: Notify::new(),
            closing: Notify::new(),
            ended: watch::Sender::new(None),
            began: Instant::now(),
            last_sign: AtomicU64::new(0),
        });
        tokio::spawn(drive::drive(Arc::clone(&session), process));
        Ok(session)
    }

    pub(crate) fn number(&self) -> u64 {
        self.place.number
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it can take requests.
    pub(crate) fn is_usable(&self) -> bool {
        let state = self.lock();
        state.closing.is_none() && !state.at_end
    }

    /// How many requests are open.
    pub(crate) fn open(&self) -> usize {
        self.lock().exchange.len()
    }

    /// The directory of its own, until the process has ended.
    pub(crate) fn own_directory(&self) -> Option<Arc<WorkerDirectory>> {
        self.lock().own.clone()
    }

    pub(crate) fn log_tail(&self) -> String {
        self.log.tail()
    }

    /// Whether cancel requests may be sent to it (C-095).
    pub(crate) fn cancels(&self) -> bool {
        self.cancellation
    }

    /// Notes that one more of the open requests is not wanted any more. How many still are.
    pub(crate) fn give_up(&self) -> usize {
        let mut state = self.lock();
        state.unwanted += 1;
        state.exchange.len().saturating_sub(state.unwanted)
    }

    /// Notes that a request that was not wanted has ended.
    pub(crate) fn forget_given_up(&self) {
        self.lock().unwanted -= 1;
    }

    /// When the worker last gave a sign of life on its standard output.
    pub(super) fn last_sign(&self) -> Instant {
        self.began + Duration::from_millis(self.last_sign.load(Ordering::Relaxed))
    }

    /// Begins to write a request, with an id of this session.
    ///
    /// Before the first of several open requests it looks whether the worker has ended, or has written unasked (C-062, C-087).
    /// Nothing if the session is to end; nothing of the request was written then.
    pub(crate) fn send(self: &Arc<Self>, mut request: WorkRequest) -> Option<Ticket> {
        let mut state = self.lock();
        if state.exchange.is_empty() && !self.faults.has(Kind::StaleBytes) {
            loop {
                match self.pump(&mut state) {
                    Pumped::More => {}
                    Pumped::Empty => break,
                    Pumped::End => {
                        state.at_end = true;
                        break;
                    }
                }
            }
        }
        if state.closing.is_some() || state.at_end {
            return None;
        }
        let (waiter, answer) = oneshot::channel();
        let order = state.sent;
        state.sent += 1;
        let id = state.exchange.open(waiter, order);
        request.request_id = id;
        let bytes = self.encode(&request);
        if self.faults.has(Kind::SendTwice) && id == 0 {
            state.exchange.open(oneshot::channel().0, order);
            self.enqueue(&mut state, Outgoing { bytes: bytes.clone(), done: 0, id, cancel: false });
        }
        self.enqueue(&mut state, Outgoing { bytes, done: 0, id, cancel: false });
        drop(state);
        let copied = self.faults.has(Kind::CancelCopiesRequest).then(|| Box::new(request));
        Some(Ticket::new(Arc::clone(self), id, answer, copied))
    }

    /// Reads once and judges what came. The first fault ends the session (C-063).
    pub(super) fn pump(&self, state: &mut State) -> Pumped {
        let count = match rustix::io::read(&self.output, &mut state.buffer[..]) {
            Ok(0) => return Pumped::End,
            Ok(count) => count,
            Err(rustix::io::Errno::AGAIN) => return Pumped::Empty,
            Err(rustix::io::Errno::INTR) => return Pumped::More,
            Err(_) => return Pumped::End,
        };
        self.last_sign.store(self.began.elapsed().as_millis() as u64, Ordering::Relaxed);
        state.frames.push(&state.buffer[..count]);
        if !self.judge(state) {
            return Pumped::End;
        }
        if count == READ { Pumped::More } else { Pumped::Empty }
    }

    /// Gives every whole frame to its request. Whether the session can go on.
    pub(super) fn judge(&self, state: &mut State) -> bool {
        loop {
            if self.faults.has(Kind::StaleBytes) && state.exchange.is_empty() {
                return true;
            }
            if self.faults.has(Kind::WaitForNewline)
                && self.dialect == Framing::Json
                && !state.frames.pending().ends_with(b"\n")
            {
                return true;
            }
            let frame = match state.frames.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    let unasked = !state.frames.pending().is_empty() && state.exchange.is_empty();
                    let excerpt = excerpt(if unasked { state.frames.pending() } else { &[] });
                    return !(unasked && self.fault(state, WorkerFault::Unasked, excerpt));
                }
                Err(error) => {
                    let excerpt = excerpt(state.frames.pending());
                    let skip = self.faults.has(Kind::SkipMalformed);
                    if skip {
                        state.frames = FrameReader::new(self.dialect, self.limits.frame);
                    }
                    return !self.fault(state, WorkerFault::Frame(error), excerpt);
                }
            };
            let unasked = state.exchange.is_empty();
            match state.exchange.response(&frame.body) {
                Ok((waiter, response)) => self.answer(state, waiter, response),
                Err(fault) => {
                    let fault = if unasked { WorkerFault::Unasked } else { fault };
                    let mut bytes = Vec::new();
                    match self.dialect {
                        // The length is what text begins with, if text was taken for a frame.
                        Framing::Proto => pwp_proto::frame::write_proto(&frame.body, &mut bytes),
                        _ => bytes = frame.body,
                    }
                    bytes.extend_from_slice(state.frames.pending());
                    if self.fault(state, fault, excerpt(&bytes)) {
                        return false;
                    }
                }
            }
        }
    }

    fn answer(&self, state: &mut State, waiter: Waiter, response: WorkResponse) {
        let id = response.request_id;
        // A cancel request that was not begun has nothing to cancel any more (C-097).
        if !state.queue.is_empty() {
            state.queue.retain(|outgoing| !(outgoing.cancel && outgoing.id == id && outgoing.done == 0));
        }
        // Nobody may wait any more; the request has ended all the same.
        let _ = waiter.send(Ok(response));
        if self.faults.has(Kind::LateCancel) && self.cancellation {
            let cancel = WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() };
            let bytes = self.encode(&cancel);
            self.enqueue(state, Outgoing { bytes, done: 0, id, cancel: true });
        }
    }

    /// Ends the session because of a fault; whether it has ended.
    fn fault(&self, state: &mut State, fault: WorkerFault, excerpt: Vec<u8>) -> bool {
        if self.faults.has(Kind::DropUnknownId) && matches!(fault, WorkerFault::UnknownId(_)) {
            return false;
        }
        let closing = Closing { cause: Cause::Fault(fault), excerpt };
        if self.faults.has(Kind::SkipMalformed) {
            let ended = Arc::new(self.ended_with(closing, None, true));
            for open in state.exchange.close() {
                let _ = open.waiter.send(Err(Lost { ended: Arc::clone(&ended), never_read: false }));
            }
            return false;
        }
        self.close_locked(state, closing);
        true
    }

    /// Asks for the end of the session. The first cause counts.
    pub(crate) fn close(&self, cause: Cause) {
        let mut state = self.lock();
        self.close_locked(&mut state, Closing { cause, excerpt: Vec::new() });
    }

    pub(super) fn close_locked(&self, state: &mut State, closing: Closing) {
        if state.closing.is_none() {
            state.closing = Some(closing);
        }
        self.closing.notify_one();
    }

    /// Waits until the process, and all of its group, has ended.
    pub(crate) async fn ended(&self) -> Option<Arc<WorkerEnded>> {
        let mut ended = self.ended.subscribe();
        ended.wait_for(Option::is_some).await.ok().and_then(|ended| ended.clone())
    }

    pub(super) fn ended_with(
        &self,
        closing: Closing,
        status: Option<std::process::ExitStatus>,
        was_running: bool,
    ) -> WorkerEnded {
        WorkerEnded {
            number: self.place.number,
            mnemonic: self.mnemonic.clone(),
            log: self.log.path().to_owned(),
            cause: closing.cause,
            status,
            was_running,
            excerpt: closing.excerpt,
            log_tail: self.log.tail(),
        }
    }
}

fn excerpt(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(SHOWN)].to_vec()
}
