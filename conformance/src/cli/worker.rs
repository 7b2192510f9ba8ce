//! `pwp worker`: the reference worker.

use super::args;
use super::exit::ExitCode;

/// Runs the reference worker in this process.
pub(super) fn run(args: args::Worker) -> ExitCode {
    ExitCode::Worker(pwp_worker::reference::run(args.arguments))
}
