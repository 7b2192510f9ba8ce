//! `pwp call` and `pwp tap`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use pwp_proto::{Framing, WorkRequest};
use pwp_spec::{Feature, Features};

use crate::call::{self, CallOptions};
use crate::files::Folder;
use crate::process::{self, SpawnError};
use crate::runner::{Command, CommandError};
use crate::tap::{self, TapError, TapOptions};

use super::exit::{ExitCode, Failure};
use super::output::tell_unended;
use super::value::{Format, declared, feature, print, print_json, time};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  pwp call -- pwp worker\n  \
        pwp call --request '{\"arguments\":[\"--print=hello\"]}' -- pwp worker\n  \
        pwp call --dialect json --request @requests.json --parallel -- node worker.js\n  \
        pwp call --one-shot --request '{\"arguments\":[\"-c\",\"a.c\"]}' -- pwp worker wrap -- gcc\n\n\
        Requests are sent one after the other, each when the one before was answered. The suite adds --persistent_worker.\n\n\
        Exit codes: 0 each request was answered, no MUST was broken and one-shot mode gave the same, 1 not so, 2 usage, 3 the \
        worker could not be started. What a request's exit_code is makes no difference.")]
pub(super) struct Call {
    /// The wire form that the worker speaks: proto or json. Without it, proto.
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the requests need.
    #[arg(long, value_name = "F,...", value_delimiter = ',', value_parser = feature)]
    feature: Vec<Option<Feature>>,
    /// A WorkRequest in JSON, several behind each other, or @FILE with such requests or a transcript; @- is stdin.
    /// Without it, one empty request.
    #[arg(long, value_name = "JSON|@FILE")]
    request: Vec<String>,
    /// Send all requests before the first answer is waited for. Those without requestId get one.
    #[arg(long, conflicts_with = "one_shot")]
    parallel: bool,
    /// Do each request's work without --persistent_worker as well, and say what differs: exit status, output, files.
    #[arg(long)]
    one_shot: bool,
    /// How long to wait for each answer; the first one includes the start of the worker.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    timeout: Duration,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Put it where the build tool has the worker, with the worker behind `--`. As a script:\n  \
        #!/bin/sh\n  exec pwp tap --log /tmp/tap.log -- /path/to/worker \"$@\"\n\n\
        Bytes, signals, the ends of streams and the exit status are passed on as they are. What either side breaks is said on \
        stderr, which is the worker's log. Without --persistent_worker among the arguments the command simply runs.\n\n\
        Examples:\n  pwp tap --log tap.log -- ./my-worker --persistent_worker\n  \
        pwp tap --record work.toml -- ./my-worker --persistent_worker    then: pwp check worker --workload work.toml\n\n\
        conformance/TAP.md says more."
)]
pub(super) struct Tap {
    /// The wire form; without it, what the first request is written in.
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the first request shows.
    #[arg(long, value_name = "F,...", value_delimiter = ',', value_parser = feature)]
    feature: Vec<Option<Feature>>,
    /// Make a workload file of the requests that pass. All taps of a build may be given the same one.
    #[arg(long, value_name = "FILE.toml")]
    record: Option<PathBuf>,
    /// Write a report on the worker (schema/report/v1), and one on its client beside it. All taps may be given the same
    /// one.
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Write what is broken to the end of this file as well, and a line for each worker. All taps may be given the
    /// same one.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Save the transcript of each worker (schema/transcript/v1).
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Sends requests to a worker and shows what comes back.
pub(super) fn call(args: Call) -> Result<ExitCode, Failure> {
    if args.command.is_empty() {
        return Err(CommandError::Empty.into());
    }
    let mut requests = call::requests(&args.request).map_err(Failure::usage)?;
    if args.request.is_empty() {
        requests.push(WorkRequest::default());
    }
    let folder = std::env::current_dir().map_err(Failure::internal)?;
    // Only for its errors, which say more than the system does: the command is started as it was typed.
    Command::resolve(&args.command, &folder)?;
    // Without a word about it, the worker declares what the requests need.
    let features = declared(&args.feature).unwrap_or_else(|| {
        let mut needed = Features::new();
        if args.parallel {
            needed.extend([Feature::Multiplex, Feature::MultiplexSandboxing]);
        }
        if requests.iter().any(|request| request.cancel) {
            needed.insert(Feature::Cancellation);
        }
        needed
    });
    let options = CallOptions {
        command: args.command,
        dialect: args.dialect.unwrap_or(Framing::Proto),
        features,
        requests,
        parallel: args.parallel,
        one_shot: args.one_shot,
        timeout: args.timeout,
        folder: Folder::open(&folder).map_err(Failure::internal)?,
    };
    process::guard().map_err(Failure::no_room)?;
    let called = call::call(&options);
    let left_behind = process::kill_strays();
    let lives_on = tell_unended();
    let mut called = called.map_err(|error| {
        let is_full = error.downcast_ref::<SpawnError>().is_some_and(SpawnError::is_exhaustion);
        Failure { error, code: if is_full { ExitCode::Internal } else { ExitCode::NotStarted } }
    })?;
    called.left_behind = left_behind;
    match args.format {
        Format::Human => print(&call::describe(&called))?,
        Format::Json => print_json(&called)?,
    }
    if lives_on {
        return Ok(ExitCode::Internal);
    }
    if process::interrupted() {
        super::tell("interrupted; what is shown is what came until then");
        return Ok(ExitCode::Interrupted);
    }
    Ok(if called.is_good() { ExitCode::Conformant } else { ExitCode::NotConformant })
}

/// Stands between this process's stdin and stdout and a worker, until that ends.
pub(super) fn tap(args: Tap) -> Result<ExitCode, Failure> {
    if args.command.is_empty() {
        return Err(CommandError::Empty.into());
    }
    let options = TapOptions {
        command: args.command,
        dialect: args.dialect,
        features: declared(&args.feature),
        log: args.log,
        transcripts: args.transcripts,
        record: args.record,
        report: args.report,
    };
    tap::run(options).map(ExitCode::Worker).map_err(|error| {
        let code = match &error {
            TapError::Spawn(error) if error.is_exhaustion() => ExitCode::Internal,
            TapError::Spawn(_) => ExitCode::NotStarted,
            TapError::Options(_) => ExitCode::Usage,
            TapError::System(_) => ExitCode::Internal,
        };
        Failure { error: error.into(), code }
    })
}
