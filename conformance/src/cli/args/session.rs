//! What can be typed behind `pwp call` and `pwp tap`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::check::FeatureName;
use super::value::{Format, time};

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  pwp call -- pwp worker\n  \
        pwp call --request '{\"arguments\":[\"--print=hello\"]}' -- pwp worker\n  \
        pwp call --dialect json --request @requests.json --parallel -- node worker.js\n  \
        pwp call --one-shot --request '{\"arguments\":[\"-c\",\"a.c\"]}' -- pwp worker wrap -- gcc\n\n\
        Requests are sent one after the other, each when the one before was answered. The suite adds --persistent_worker.\n\n\
        Exit codes: 0 each request was answered, no MUST was broken and one-shot mode gave the same, 1 not so, 2 usage, 3 the \
        worker could not be started. What a request's exit_code is makes no difference.")]
pub(in crate::cli) struct Call {
    /// The wire form that the worker speaks: proto or json. Without it, proto.
    #[arg(long, value_name = "DIALECT")]
    pub(in crate::cli) dialect: Option<pwp_proto::Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the requests need.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(in crate::cli) feature: Vec<FeatureName>,
    /// A WorkRequest in JSON, several behind each other, or @FILE with such requests or a transcript; @- is stdin.
    /// Without it, one empty request.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(in crate::cli) request: Vec<String>,
    /// Send all requests before the first answer is waited for. Those without requestId get one.
    #[arg(long, conflicts_with = "one_shot")]
    pub(in crate::cli) parallel: bool,
    /// Do each request's work without --persistent_worker as well, and say what differs: exit status, output, files.
    #[arg(long)]
    pub(in crate::cli) one_shot: bool,
    /// How long to wait for each answer; the first one includes the start of the worker.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(in crate::cli) timeout: Duration,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(in crate::cli) format: Format,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Put it where the build tool has the worker, with the worker behind `--`. As a script:\n  \
        #!/bin/sh\n  exec pwp tap --log /tmp/tap.log -- /path/to/worker \"$@\"\n\n\
        Bytes, signals, the ends of streams and the exit status are passed on as they are. What either side breaks is said on \
        stderr, which is the worker's log. Without --persistent_worker among the arguments the command simply runs.\n\n\
        Examples:\n  pwp tap --log tap.log -- ./my-worker --persistent_worker\n  \
        pwp tap --record work.toml -- ./my-worker --persistent_worker    then: pwp check worker --workload work.toml\n\n\
        conformance/TAP.md says more."
)]
pub(in crate::cli) struct Tap {
    /// The wire form; without it, what the first request is written in.
    #[arg(long, value_name = "DIALECT")]
    pub(in crate::cli) dialect: Option<pwp_proto::Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the first request shows.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(in crate::cli) feature: Vec<FeatureName>,
    /// Make a workload file of the requests that pass. All taps of a build may be given the same one.
    #[arg(long, value_name = "FILE.toml")]
    pub(in crate::cli) record: Option<PathBuf>,
    /// Write a report on the worker (schema/report/v1), and one on its client beside it. All taps may be given the same
    /// one.
    #[arg(long, value_name = "FILE.json")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Write what is broken to the end of this file as well, and a line for each worker. All taps may be given the
    /// same one.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) log: Option<PathBuf>,
    /// Save the transcript of each worker (schema/transcript/v1).
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) transcripts: Option<PathBuf>,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<std::ffi::OsString>,
}
