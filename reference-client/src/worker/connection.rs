//! The connection with one worker process: its start, its state, and the wish to end it. Nobody waits while the state is locked.

use std::borrow::Cow;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::ended::{Cause, WorkerEnded};
use super::event_loop;
use super::log::Log;
use super::state::{Closing, State};
use super::unix::{Launch, Process};
use crate::Framing;
use crate::hooks::Hooks;
use crate::key::WorkerKey;
use crate::options::{Limits, Options};
use crate::sandbox::SandboxDirectory;

/// What a worker is started from.
#[derive(Debug)]
pub(crate) struct Start<'a> {
    pub(crate) key: &'a WorkerKey,
    /// The number of the worker, which no other worker of the client has.
    pub(crate) number: u64,
    /// The file for its standard error.
    pub(crate) log: PathBuf,
    /// The directory that the worker has for itself and runs in. Without one it runs where all actions do.
    pub(crate) own: Option<Arc<SandboxDirectory>>,
    pub(crate) options: &'a Options,
}

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
    began: Instant,
    /// When the worker last wrote to its standard output, in milliseconds since `began`.
    last_output: AtomicU64,
}

impl WorkerConnection {
    /// Starts the process of a key. It runs until [`close`](Self::close).
    ///
    /// # Errors
    /// The log cannot be opened, or the program cannot be started.
    pub(crate) fn start(start: Start<'_>) -> io::Result<Arc<Self>> {
        let Start { key, number, log, own, options } = start;
        let log = Log::open(&log)?;
        let hooks = options.faults.hooks();
        // C-006: "The working directory of a worker is the directory that the relative paths of its requests start at or, with `sandbox_dir`,
        // the one that `sandbox_dir` starts at."
        let directory = own.as_deref().map_or(&*options.directory, SandboxDirectory::path);
        let mut launch = Launch {
            command: Cow::Borrowed(&key.command),
            directory: Cow::Borrowed(directory),
            environment: Cow::Borrowed(&key.environment),
            stdin: Stdio::piped(),
            stdout: Stdio::piped(),
            // C-140: "A client takes all that a worker writes to standard error, at any time, without making the worker wait." A file does.
            stderr: log.writer()?.into(),
            own_group: true,
            kill_on_drop: true,
        };
        hooks.process().launch(&mut launch, options);
        let (process, input, output) = Process::start(launch)?;
        let (input, output) =
            input.zip(output).ok_or_else(|| io::Error::other("the process has no pipes"))?;
        hooks.process().input_opened(input.as_fd());
        let connection = Arc::new(Self {
            number,
            mnemonic: key.mnemonic.clone(),
            framing: key.dialect,
            cancellation: key.features.cancellation,
            limits: options.limits.clone(),
            hooks,
            pid: process.id(),
            log,
            output,
            state: Mutex::new(State::new(key, options.limits.frame, hooks.exchange(), input, own)),
            to_write: Notify::new(),
            closing: Notify::new(),
            ended: watch::Sender::new(None),
            began: Instant::now(),
            last_output: AtomicU64::new(0),
        });
        tokio::spawn(event_loop::run(Arc::clone(&connection), process));
        Ok(connection)
    }

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

#[cfg(feature = "faults")]
impl WorkerConnection {
    /// Whether the pipe has not taken all messages yet.
    pub(crate) fn is_writing(&self) -> bool {
        !self.lock().queue.is_empty()
    }

    /// The last lines of the worker's log.
    pub(crate) fn log_tail(&self) -> String {
        self.log.tail()
    }
}
