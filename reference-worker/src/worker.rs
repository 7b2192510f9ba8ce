//! What a tool says about itself, and how it starts.

use std::{
    env,
    io::{self, Read, Write},
    path::Path,
    process::{self, ExitCode},
};

use pwp_proto::{Framing, MAX_MESSAGE};

use crate::{
    Error, Request, argfile,
    session::{
        Config, Handler, Out, Session,
        hooks::{Hooks, NoHooks},
        input::Input,
    },
    system,
};

/// The start-up argument that turns a tool into a worker, wherever it stands (D:creating-workers, bazelbuild/bazel).
pub(crate) const PERSISTENT_WORKER: &str = "--persistent_worker";

/// The exit status for a command line that cannot be used.
pub(crate) const USAGE: u8 = 2;

/// A tool that can be a persistent worker.
///
/// The builder methods say what the tool can do; declare the same to the client, in Bazel as execution requirements
/// of the action. Without any of them it takes one request at a time, in the `proto` dialect.
#[derive(Clone, Debug)]
#[must_use = "a worker does nothing before `run` or `serve`"]
pub struct Worker {
    dialect: Framing,
    multiplex: bool,
    cancellation: bool,
    multiplex_sandboxing: bool,
    argfiles: bool,
    jobs: usize,
    largest_request: usize,
}

impl Default for Worker {
    fn default() -> Self {
        Self::new()
    }
}

impl Worker {
    /// A worker that takes one request at a time, in the `proto` dialect.
    pub fn new() -> Self {
        Self {
            dialect: Framing::Proto,
            multiplex: false,
            cancellation: false,
            multiplex_sandboxing: false,
            argfiles: true,
            jobs: 64,
            largest_request: MAX_MESSAGE,
        }
    }

    /// The dialect to speak; it has to be what `requires-worker-protocol` says. Clients do not tell it to the worker.
    pub fn dialect(mut self, dialect: Framing) -> Self {
        self.dialect = dialect;
        self
    }

    pub(crate) fn spoken_dialect(&self) -> Framing {
        self.dialect
    }

    /// Whether requests run at the same time (`supports-multiplex-workers`). The handler is then called on several
    /// threads at once. Requests that share an id are still taken one after the other.
    pub fn multiplex(mut self, multiplex: bool) -> Self {
        self.multiplex = multiplex;
        self
    }

    /// Whether cancel requests are honoured (`supports-worker-cancellation`): [`Request::cancelled`] turns true, and
    /// the one response has `was_cancelled`. Otherwise they are ignored, as the protocol allows.
    pub fn cancellation(mut self, cancellation: bool) -> Self {
        self.cancellation = cancellation;
        self
    }

    /// Whether the handler takes every path through [`Request::resolve`] (`supports-multiplex-sandboxing`).
    /// Otherwise a request with a `sandbox_dir` fails with a message, because its files are not where the
    /// handler would look for them.
    pub fn multiplex_sandboxing(mut self, multiplex_sandboxing: bool) -> Self {
        self.multiplex_sandboxing = multiplex_sandboxing;
        self
    }

    /// Whether `@file` arguments are replaced by the lines of the file, in worker mode and in one-shot mode; on
    /// unless it is turned off. `@@x` and `@repository//package:target` are always handed on as they are.
    pub fn argfiles(mut self, argfiles: bool) -> Self {
        self.argfiles = argfiles;
        self
    }

    /// How many requests run at once when multiplexing: 64 unless set, at least 1. What comes on top waits in a
    /// queue. The client decides how many it sends, Bazel at most 8 by default; this is a guard against exhaustion.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs.max(1);
        self
    }

    /// The largest request that is read, in bytes: 16 MiB ([`MAX_MESSAGE`]) unless set. After a larger one the worker says so on standard
    /// error and ends, before it has taken memory for it. The standard asks for 5 MiB at least (W-011).
    pub fn largest_request(mut self, bytes: usize) -> Self {
        self.largest_request = bytes;
        self
    }

    /// Runs the tool as its command line says, and returns the exit status for `main`.
    ///
    /// With `--persistent_worker` anywhere in the arguments it takes requests from standard input until that
    /// ends; the other arguments are the tool's own to read ([`std::env::args`]), and unknown ones do no harm. Otherwise the
    /// arguments are the work: `@file` arguments are expanded, `handler` is called once, its messages go to standard error,
    /// its result is the exit status.
    ///
    /// `handler` returns the exit code: 0 if the work succeeded. If it panics the request is answered with exit
    /// code 1 and the message, and the worker goes on.
    ///
    /// The status of a worker is 0 when the client closed standard input and 1 after an [`Error`], which is told on standard error.
    /// If the input ends while work is running, that work is cancelled, and the process ends at once without answering it. `SIGTERM` keeps its default
    /// action, which ends the process. Neither waits for the handler.
    pub fn run(self, handler: impl Fn(&mut Request) -> i32 + Send + Sync + 'static) -> ExitCode {
        let mut arguments = Vec::new();
        for argument in env::args_os().skip(1) {
            match argument.into_string() {
                Ok(argument) => arguments.push(argument),
                Err(argument) => {
                    let _ = writeln!(
                        io::stderr(),
                        "pwp-worker: the argument {} is not UTF-8; rename the file",
                        argument.display()
                    );
                    return ExitCode::from(USAGE);
                }
            }
        }
        if arguments.iter().any(|argument| argument == PERSISTENT_WORKER) {
            self.run_persistent(Box::new(handler), NoHooks, exit)
        } else {
            ExitCode::from(self.run_once(arguments, &handler))
        }
    }

    /// Takes requests from `requests` and writes responses to `responses`, until the client ends the
    /// input or something breaks.
    ///
    /// This is [`run`](Self::run) without a process of its own, for tests ([`crate::memory`]) and for tools that get their streams from
    /// elsewhere. Work that is running when it ends is cancelled; if it is running on this thread it is waited for.
    ///
    /// # Errors
    ///
    /// Whatever else ends the session than the end of the input between two requests.
    pub fn serve(
        self,
        requests: impl Read + Send + 'static,
        responses: impl Write + Send + 'static,
        handler: impl Fn(&mut Request) -> i32 + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let streams = (Box::new(requests) as _, Box::new(responses) as _);
        self.session(streams, Box::new(handler), NoHooks, None).0
    }

    /// Worker mode on the standard streams. `exit` ends the process if the session is over while the main thread works.
    pub(crate) fn run_persistent(self, handler: Handler, hooks: impl Hooks, exit: fn(u8) -> !) -> ExitCode {
        let streams = if hooks.protects_input() { system::set_aside() } else { system::unprotected() };
        match streams {
            Ok((requests, responses)) => {
                let streams = (Box::new(requests) as _, Box::new(responses) as _);
                let (_, status) = self.session(streams, handler, hooks, Some(exit));
                ExitCode::from(status)
            }
            Err(error) => {
                let _ = writeln!(io::stderr(), "pwp-worker: {}", Error::Stdio(error));
                ExitCode::FAILURE
            }
        }
    }

    /// One-shot mode. A process has no exit status beyond 255 and no negative one: those become 255.
    pub(crate) fn run_once(&self, arguments: Vec<String>, handler: &dyn Fn(&mut Request) -> i32) -> u8 {
        let expanded = if self.argfiles { argfile::expand(arguments, Path::new("")) } else { Ok(arguments) };
        match expanded {
            Ok(arguments) => u8::try_from(handler(&mut Request::one_shot(arguments))).unwrap_or(u8::MAX),
            Err(error) => {
                let _ = writeln!(io::stderr(), "{error}");
                USAGE
            }
        }
    }

    pub(crate) fn session<H: Hooks>(
        self,
        (requests, responses): (Box<dyn Read + Send>, Box<dyn Write + Send>),
        handler: Handler,
        hooks: H,
        exit: Option<fn(u8) -> !>,
    ) -> (Result<(), Error>, u8) {
        let Self { dialect, multiplex, cancellation, multiplex_sandboxing, argfiles, jobs, largest_request } =
            self;
        let config = Config { multiplex, cancellation, multiplex_sandboxing, argfiles, jobs, exit };
        let input = Input::new(requests, dialect, largest_request);
        let out = Out::new(responses, dialect);
        Session::new(config, handler, hooks, input, out).serve()
    }
}

/// Ends the process.
pub(crate) fn exit(status: u8) -> ! {
    process::exit(i32::from(status))
}
