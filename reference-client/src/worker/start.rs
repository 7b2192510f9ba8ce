//! Starts a worker process, and the task that watches it.

use std::borrow::Cow;
use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::connection::WorkerConnection;
use super::event_loop;
use super::log::Log;
use super::state::State;
use crate::hooks::Hooks;
use crate::key::WorkerKey;
use crate::options::Options;
use crate::sandbox::SandboxDirectory;
use crate::unix::{Launch, Process};

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
}
