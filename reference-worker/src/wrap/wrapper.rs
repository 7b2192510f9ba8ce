//! What a program says about the tool that it wraps, and how it starts.

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    os::unix::process::CommandExt as _,
    process::ExitCode,
    thread,
    time::Duration,
};

use pwp_proto::Framing;
use rustix::process::Signal;

use super::child::{Tool, cannot_start, status_of};
use super::ending;
use super::keeper::{self, Keeper};
use super::template::Template;
use crate::{
    Request, Worker,
    session::hooks::NoHooks,
    worker::{PERSISTENT_WORKER, USAGE},
};

/// How much of what a tool prints is kept for `output`, in bytes.
const OUTPUT_LIMIT: usize = 8 * 1024 * 1024;

/// How long a tool has after `SIGTERM`. A compiler only removes its temporary files.
const GRACE: Duration = Duration::from_millis(500);

/// Why a tool cannot be wrapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// There is nothing to start.
    #[error("no command to wrap; give the tool and its arguments, for example gcc -O2")]
    NoCommand,
    /// The working directory is gone, so nothing can be found from it.
    #[error("cannot find the working directory ({0}); start the worker in one that exists")]
    NoDirectory(#[source] std::io::Error),
}

/// A one-shot tool that becomes a worker: multiplexing, cancellable, sandboxing, in either dialect.
#[derive(Clone, Debug)]
#[must_use = "a wrapper does nothing before `run` or `worker`"]
pub struct Wrapper {
    tool: Tool,
    persistent: bool,
    dialect: Framing,
    argfiles: bool,
    jobs: usize,
}

impl Wrapper {
    /// Wraps the command with its first arguments. `--persistent_worker` is taken out of them, wherever it stands behind the
    /// program, because clients put it at the end of the whole command line; it makes the wrapper
    /// [persistent](Self::persistent).
    ///
    /// A program with a relative path lies under the working directory of this process, whatever directory a request
    /// works in, and `${pwd}` in the command stands for that directory.
    ///
    /// # Errors
    /// There is no command, or no working directory.
    pub fn new(command: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, WrapError> {
        let mut words: Vec<OsString> = command.into_iter().map(Into::into).collect();
        let all = words.len();
        words.retain(|word| word != PERSISTENT_WORKER);
        let persistent = words.len() < all;
        if words.is_empty() {
            return Err(WrapError::NoCommand);
        }
        let here = env::current_dir().map_err(WrapError::NoDirectory)?;
        let program = words.remove(0);
        let template = Template::new(program, words, here);
        let tool = Tool { template, grace: GRACE, output_limit: OUTPUT_LIMIT, death: Signal::KILL };
        let jobs = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { tool, persistent, dialect: Framing::Proto, argfiles: true, jobs })
    }

    /// Whether this is a worker, also without `--persistent_worker` in the command.
    pub fn persistent(mut self, persistent: bool) -> Self {
        self.persistent = persistent;
        self
    }

    /// The dialect to speak; `proto` unless set.
    pub fn dialect(mut self, dialect: Framing) -> Self {
        self.dialect = dialect;
        self
    }

    /// How many children run at once; further requests wait. As many as there are cores unless set, at least 1.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// Whether `@file` arguments are replaced by the lines of the file before the tool sees them; on unless turned off.
    /// So every tool understands them (W-005). Turn it off for a tool that reads such files itself, as gcc and javac do: it has its own
    /// rules for quotes in them, and a command line has a length limit.
    pub fn argfiles(mut self, argfiles: bool) -> Self {
        self.argfiles = argfiles;
        self
    }

    /// How long a tool has between `SIGTERM` and `SIGKILL`; 500 ms unless set. Clients wait for that when they cancel a request or
    /// end the worker.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.tool.grace = grace;
        self
    }

    /// How many bytes of what a tool prints are kept for `output`; 16 MiB unless set. The rest is read and dropped, with a note.
    pub fn output_limit(mut self, bytes: usize) -> Self {
        self.tool.output_limit = bytes;
        self
    }

    /// Runs the tool, and returns the exit status for `main`.
    ///
    /// A [persistent](Self::persistent) one takes requests from standard input until that ends. Otherwise this process
    /// becomes the tool, with the command as it is: exit status, signals and standard streams are the tool's own.
    ///
    /// Call it at the beginning of `main`: it starts this program a second time, with the same arguments, as its own keeper, which
    /// gets no further than here.
    pub fn run(mut self) -> ExitCode {
        if keeper::keep() {
            return ExitCode::SUCCESS;
        }
        if self.argfiles
            && let Err(error) = self.tool.template.expand()
        {
            let _ = writeln!(io::stderr(), "pwp-worker: {error}");
            return ExitCode::from(USAGE);
        }
        if self.persistent { self.run_persistent() } else { self.run_once() }
    }

    /// The worker and the handler that [`run`](Self::run) would use, for [`crate::memory`] and [`Worker::serve`]. Then the end of the process is the
    /// caller's: no signal is caught, and there is no keeper.
    pub fn worker(&self) -> (Worker, impl Fn(&mut Request) -> i32 + Send + Sync + 'static) {
        let worker = Worker::new()
            .dialect(self.dialect)
            .multiplex(true)
            .cancellation(true)
            .multiplex_sandboxing(true)
            .argfiles(self.argfiles)
            .jobs(self.jobs);
        let tool = self.tool.clone();
        (worker, move |request: &mut Request| tool.run(request))
    }

    fn run_persistent(mut self) -> ExitCode {
        if let Err(error) = ending::prepare(self.tool.grace) {
            let _ = writeln!(
                io::stderr(),
                "pwp-worker: cannot prepare the end of the worker ({error}); raise its limits"
            );
            return ExitCode::FAILURE;
        }
        let keeper = Keeper::start(self.tool.grace);
        match &keeper {
            // It gives the tools their grace.
            Ok(_) => self.tool.death = Signal::TERM,
            Err(error) => {
                let _ = writeln!(
                    io::stderr(),
                    "pwp-worker: no keeper ({error}); if this worker is killed, processes may be left over"
                );
            }
        }
        let (worker, handler) = self.worker();
        let status = worker.run_persistent(Box::new(handler), NoHooks, ending::exit);
        ending::end();
        drop(keeper);
        status
    }

    fn run_once(self) -> ExitCode {
        let error = self.tool.template.command(&[], None).exec();
        let _ = writeln!(io::stderr(), "pwp-worker: {}", cannot_start(&self.tool.template, &[], &error));
        ExitCode::from(status_of(&error))
    }
}
