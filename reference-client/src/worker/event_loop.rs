//! The task of each process: starts the process, watches all that can happen to it, and ends it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pwp_proto::FrameReader;
use rustix::io::Errno;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout};

use super::call::Flushed;
use super::connection::{Closing, READ, State, WorkerConnection};
use super::exchange::Exchange;
use super::log::Log;
use super::receive::Read;
use crate::ended::{Cause, WorkerFault};
use crate::hooks::{Hooks, Seen};
use crate::key::WorkerKey;
use crate::lock::lock;
use crate::options::Options;
use crate::sandbox::SandboxDirectory;
use crate::unix::{Launch, Process};

/// The largest number of bytes of one read of what nobody wants.
const DISCARD: usize = 16 * 1024;

/// How long a process that has closed a pipe may take to end, before it counts as one that lives without the pipe. A process that
/// ends closes its pipes a moment before.
const ENDING: Duration = Duration::from_millis(500);

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
    pub(crate) hooks: Hooks,
}

impl WorkerConnection {
    /// Starts the process of a key. It runs until [`close`](Self::close).
    ///
    /// # Errors
    /// The log cannot be opened, or the program cannot be started.
    pub(crate) fn start(start: Start<'_>) -> io::Result<Arc<Self>> {
        let Start { key, number, log, own, options, hooks } = start;
        let log = Log::open(&log)?;
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
            stderr: log.file.try_clone()?.into(),
            own_group: true,
            kill_on_drop: true,
        };
        (hooks.process.launch)(&mut launch, options);
        let (process, input, output) = Process::start(launch)?;
        let (input, output) =
            input.zip(output).ok_or_else(|| io::Error::other("the process has no pipes"))?;
        (hooks.process.input_opened)(input.as_fd());
        let state = State {
            exchange: Exchange::new(key.dialect, key.features.multiplex, hooks.exchange()),
            frames: FrameReader::new(key.dialect, options.limits.frame),
            buffer: vec![0; READ].into_boxed_slice(),
            input: Some(Arc::new(input)),
            queue: VecDeque::new(),
            written: 0,
            closing: None,
            own,
            unwanted: 0,
            at_end: false,
        };
        let connection = Arc::new(Self {
            number,
            mnemonic: key.mnemonic.clone(),
            framing: key.dialect,
            cancellation: key.features.cancellation,
            limits: options.limits.clone(),
            hooks: hooks.process,
            pid: process.id(),
            log,
            output,
            state: Mutex::new(state),
            to_write: Notify::new(),
            closing: Notify::new(),
            ended: watch::Sender::new(None),
            began: Instant::now(),
            last_output: AtomicU64::new(0),
        });
        tokio::spawn(run(Arc::clone(&connection), process));
        Ok(connection)
    }
}

/// Why a process is ended that was not asked to end.
fn closing(seen: Seen, was_running: bool) -> Closing {
    let cause = match seen {
        _ if !was_running => Cause::Exited,
        Seen::InputRefused => Cause::Fault(WorkerFault::ClosedInput),
        Seen::Ended | Seen::OutputEnded | Seen::Asked => Cause::Fault(WorkerFault::ClosedOutput),
    };
    Closing { cause, excerpt: Vec::new() }
}

async fn run(connection: Arc<WorkerConnection>, mut process: Process) {
    let hooks = connection.hooks;
    let seen = watch(&connection, &process).await;
    if seen == Seen::Ended && hooks.reads_after_end {
        // All that the process wrote is in the pipe now.
        // C-084: "A client accepts a complete response that is in the pipe when the process ends."
        let mut state = lock(&connection.state);
        while state.closing.is_none() && connection.read(&mut state) == Read::More {}
    }
    let was_running = !process.has_ended();
    let (closing, consumed) = {
        let mut state = lock(&connection.state);
        let closing = state.closing.get_or_insert_with(|| closing(seen, was_running)).clone();
        (closing, state.consumed())
    };
    if !hooks.waits_for_end {
        let ended = connection.describe_end(closing.clone(), None, was_running);
        lock(&connection.state).fail_open(&ended, u64::MAX);
    }
    let status = end(&connection, &mut process, &closing.cause).await;
    let ended = connection.describe_end(closing, status, was_running);
    // The directory goes with its last user: a request whose outputs are being moved may hold it for a moment longer.
    let own = lock(&connection.state).own.take();
    drop(own);
    lock(&connection.state).fail_open(&ended, consumed);
    connection.ended.send_replace(Some(ended));
}

/// Watches standard output, the process, the pipe that is written to, and the wish to end the process, all at once.
async fn watch(connection: &WorkerConnection, process: &Process) -> Seen {
    // C-082: "When a worker process ends, or cannot be started, each of its open requests ends at once: with a failure or in a new run of the action."
    let process_ended = async {
        process.ended().await;
        heeded(connection, Seen::Ended).await
    };
    let seen = tokio::select! {
        biased;
        () = connection.closing.notified() => Seen::Asked,
        seen = read(connection, process) => seen,
        () = write(connection) => Seen::InputRefused,
        seen = process_ended => seen,
    };
    if matches!(seen, Seen::OutputEnded | Seen::InputRefused)
        && timeout(ENDING, process.ended()).await.is_ok()
    {
        return Seen::Ended;
    }
    seen
}

/// What was seen, if the client heeds it.
async fn heeded(connection: &WorkerConnection, seen: Seen) -> Seen {
    if (connection.hooks.heeds)(seen) {
        return seen;
    }
    connection.closing.notified().await;
    Seen::Asked
}

/// Reads until the end of the stream or of the worker.
///
/// C-083: "When the standard output of a worker ends while its process lives, a client treats it like the end of the process, and ends
/// the process."
async fn read(connection: &WorkerConnection, process: &Process) -> Seen {
    let hooks = connection.hooks;
    loop {
        let Ok(mut ready) = connection.output.readable().await else { break };
        if let Some(waiting) = (hooks.before_read)(connection, process) {
            waiting.await;
        }
        if !hooks.reads_after_end && process.has_ended() {
            return Seen::Ended;
        }
        let mut state = lock(&connection.state);
        match connection.read(&mut state) {
            Read::More => {}
            Read::Empty => ready.clear_ready(),
            Read::End if state.closing.is_some() => return Seen::Asked,
            Read::End => break,
        }
    }
    heeded(connection, Seen::OutputEnded).await
}

/// Writes what the pipe did not take at once, until the worker closes it.
async fn write(connection: &WorkerConnection) {
    loop {
        connection.to_write.notified().await;
        loop {
            let Some(input) = lock(&connection.state).input.clone() else { return };
            let Ok(mut ready) = input.writable().await else { return };
            match connection.flush(&mut lock(&connection.state)) {
                Flushed::All => break,
                Flushed::Blocked => ready.clear_ready(),
                Flushed::Refused => return,
            }
        }
    }
}

/// Ends the process: the end of its input, SIGTERM, a while, SIGKILL to its group.
async fn end(connection: &WorkerConnection, process: &mut Process, cause: &Cause) -> Option<ExitStatus> {
    let limits = &connection.limits;
    let patient = matches!(cause, Cause::Idle | Cause::Shutdown | Cause::ToolsChanged(_) | Cause::Memory(_));
    // C-131: "To end a worker a client closes the worker's standard input."
    if connection.hooks.closes_input {
        let mut state = lock(&connection.state);
        state.input = None;
        state.queue.clear();
    }
    // C-132: "A client gives an idle worker time to end by itself before it sends SIGKILL."
    if connection.hooks.terminates {
        process.terminate();
        tokio::select! {
            biased;
            () = process.ended() => {}
            () = discard(connection) => {}
            () = tokio::time::sleep(if patient { limits.grace } else { limits.short_grace }) => {}
        }
    }
    // C-133: "A client sends SIGKILL to a worker that has not ended within a bounded time."
    process.end().await
}

/// Takes what the worker still writes, so that a full pipe does not keep it from ending. Never returns.
async fn discard(connection: &WorkerConnection) {
    let mut buffer = vec![0; DISCARD];
    while let Ok(mut ready) = connection.output.readable().await {
        match rustix::io::read(&connection.output, &mut buffer[..]) {
            Ok(0) => break,
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => ready.clear_ready(),
        }
    }
    std::future::pending::<()>().await;
}
