//! The `pwp` command: arguments in, exit code out.
//!
//! - [`Args`](args): what can be typed (`args`)
//! - [`ExitCode`]: what comes back, in one place (`exit`)
//! - one file for each subcommand
//!
//! `main` only calls [`main`].

mod args;
mod call;
mod catalogue;
mod check;
mod client;
mod exit;
mod expect;
mod probe;
mod reference;
mod tap;
mod worker;
mod workload;

use std::ffi::OsString;

use clap::Parser as _;

pub use exit::ExitCode;

/// Runs the command; prints an error with its remedy if there is one.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match args::Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(mut error) => {
            point_at_dashes(&mut error);
            let _ = error.print();
            return if error.use_stderr() { ExitCode::Usage } else { ExitCode::Conformant };
        }
    };
    match run(args.command) {
        Ok(code) => code,
        Err(failure) => {
            anstream::eprintln!("pwp: {}", one_line(&failure.error));
            failure.code
        }
    }
}

/// A command line that is typed without `--` in front gets the tip to put it there.
fn point_at_dashes(error: &mut clap::Error) {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
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

fn run(command: args::Command) -> Result<ExitCode, exit::Failure> {
    match command {
        args::Command::Check(args::Check::Worker(check)) => check::worker(*check),
        args::Command::Check(args::Check::Client(client)) => client::check(*client),
        args::Command::Replay(replay) => check::replay(*replay),
        args::Command::List(list) => catalogue::list(&list),
        args::Command::Explain(explain) => catalogue::explain(&explain),
        args::Command::Faults(faults) => catalogue::faults(&faults),
        args::Command::Call(call) => call::call(*call),
        args::Command::Tap(tap) => tap::tap(*tap),
        args::Command::Workload(workload) => workload::run(&workload),
        args::Command::Worker(worker) => worker::run(worker),
        args::Command::Client(client) => Ok(ExitCode::Worker(pwp_client::plan::run(client.arguments))),
        args::Command::Probe(probe) => probe::run(probe),
    }
}
