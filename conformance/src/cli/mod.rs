//! The `pwp` command: arguments in, exit code out.
//!
//! - [`ExitCode`]: what comes back, in one place (`exit`)
//! - a file for each kind of subcommand: what can be typed, and what it does
//! - `output`: what runs print and save; `value`: values that several commands take, and printing
//! - `environment`: what is looked at before anything is started; `unix`: what is asked of the system
//!
//! `main` only calls [`main`].

mod catalogue;
mod check;
mod client;
mod environment;
mod exit;
mod output;
mod session;
mod tools;
#[cfg(unix)]
mod unix;
mod value;

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::report::{clip, visible_line};

pub use exit::ExitCode;

/// The most characters of an error.
const LONGEST: usize = 2000;
/// The most characters of a word that was typed and stands in an error.
const TYPED: usize = 200;

/// The conformance suite for persistent build workers.
#[derive(Debug, Parser)]
#[command(
    name = "pwp",
    version,
    about,
    after_help = "Exit codes: 0 conformant or as expected, 1 not conformant or an expectation that no longer holds, 2 usage, 3 the subject could not be started, 4 the suite itself failed, 5 nothing broken, and no claim: the run was partial or incomplete, 130 interrupted.\n\nExample: pwp check worker -- ./my-worker"
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge an implementation.
    #[command(subcommand, after_help = "Example: pwp check worker -- ./my-worker")]
    Check(Check),
    /// Run one saved script again.
    Replay(Box<check::Replay>),
    /// Send requests to a worker by hand and show what comes back.
    Call(Box<session::Call>),
    /// Stand between a build tool and a worker: change nothing, judge both, record.
    Tap(Box<session::Tap>),
    /// List the requirements, or the scripts and cases.
    List(catalogue::List),
    /// Explain a requirement: the sentence, why, sources, checks, faults.
    #[command(after_help = "Example: pwp explain W-031")]
    Explain {
        /// The requirement's ID.
        id: String,
    },
    /// List the faults of the reference worker and the reference client, and what each breaks.
    Faults(catalogue::Faults),
    /// Workload files: real requests of a real tool.
    #[command(subcommand, after_help = "Example: pwp workload check my-compiler.toml")]
    Workload(catalogue::Workload),
    /// The reference worker; or, with `wrap`, any one-shot tool as a worker.
    #[command(
        after_help = "Examples:\n  pwp worker --print=hello\n  pwp check worker -- pwp worker --fault=drop-response\n  pwp worker wrap -- gcc -O2 --persistent_worker"
    )]
    Worker(tools::Worker),
    /// The reference client: runs a plan of actions.
    #[command(hide = true, after_help = "Example: pwp client --outcomes=outcomes.json plan.json")]
    Client {
        /// `[--fault=NAME]... [--outcomes=FILE] PLAN`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        arguments: Vec<String>,
    },
    /// The worker that `pwp check client` gives to a build tool: it obeys a scenario and writes down what happens.
    #[command(
        hide = true,
        after_help = "Example: pwp probe --scenario scenario.json --record record -- --persistent_worker"
    )]
    Probe(crate::probe::Options),
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Judge a worker. Without a command, the built-in reference worker.
    #[command(
        after_help = "Examples:\n  pwp check worker\n  pwp check worker -- ./my-worker --mode=fast\n  pwp check worker --dialect json --feature multiplex,cancellation -- node worker.js\n  pwp check worker --only 'W-03*' --report report.json -- ./my-worker\n  pwp check worker --expect known-failures.toml -- ./my-worker\n\nThe suite adds --persistent_worker behind the command's arguments."
    )]
    Worker(Box<check::CheckWorker>),
    /// Judge a build tool: it builds with a worker that misbehaves on purpose and writes down what it got.
    #[command(
        subcommand,
        after_help = "Examples:\n  pwp check client bazel --bin /usr/bin/bazel\n  pwp check client bazel --bin /usr/bin/bazel --only 'C-06*' --report report.json"
    )]
    Client(Box<client::CheckClient>),
}

/// Runs the command; prints an error with its remedy if there is one.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    #[cfg(unix)]
    unix::give_back_large_blocks();
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(mut error) => {
            make_visible(&mut error);
            point_at_dashes(&mut error);
            return match error.print() {
                _ if error.use_stderr() => ExitCode::Usage,
                printed => value::printed(printed).map_or_else(told, |()| ExitCode::Conformant),
            };
        }
    };
    run(args.command).unwrap_or_else(told)
}

/// Tells why a command failed, on one line, and gives its exit code. If stderr takes nothing, the exit code says it alone.
fn told(failure: exit::Failure) -> ExitCode {
    tell(&one_line(&failure.error));
    failure.code
}

/// Says something on stderr, on one line.
fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "pwp: {}", shortened(&visible_line(text)));
}

/// An error of a few lines at most: the middle of a longer one is left out, since the remedy stands at its end.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST / 2).collect();
    let tail: String = text.chars().skip(count - LONGEST / 2).collect();
    format!("{head} … {tail}")
}

/// Makes what was typed visible where it stands in an error, and cuts it.
fn make_visible(error: &mut clap::Error) {
    let typed = |(kind, value): (ContextKind, &ContextValue)| match value {
        ContextValue::String(text) => Some((kind, text.clone())),
        _ => None,
    };
    for (kind, text) in error.context().filter_map(typed).collect::<Vec<_>>() {
        error.insert(kind, ContextValue::String(clip(&visible_line(&text), TYPED)));
    }
}

/// A command line that is typed without `--` in front gets the tip to put it there.
fn point_at_dashes(error: &mut clap::Error) {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return };
    if error.kind() == ErrorKind::UnknownArgument && !argument.starts_with('-') {
        let tip = format!("put the worker's command line behind `--`: -- {argument}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

/// The error with its causes, each once: a message that has its cause in its middle, with the remedy behind
/// it, does not get it again at its end.
fn one_line(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

fn run(command: Command) -> Result<ExitCode, exit::Failure> {
    match command {
        Command::Check(Check::Worker(check)) => check::worker(*check),
        Command::Check(Check::Client(client)) => client::check(*client),
        Command::Replay(replay) => check::replay(*replay),
        Command::List(list) => catalogue::list(&list),
        Command::Explain { id } => catalogue::explain(&id),
        Command::Faults(faults) => catalogue::faults(&faults),
        Command::Call(call) => session::call(*call),
        Command::Tap(tap) => session::tap(*tap),
        Command::Workload(workload) => catalogue::workload(&workload),
        Command::Worker(worker) => tools::worker(worker),
        Command::Client { arguments } => Ok(ExitCode::Worker(pwp_client::plan::run(arguments))),
        Command::Probe(options) => tools::probe(options),
    }
}
