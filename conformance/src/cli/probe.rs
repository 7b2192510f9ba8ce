//! `pwp probe`: the worker that `pwp check client` gives to a build tool.

use crate::probe::{Options, run as run_probe};

use super::args::Probe;
use super::exit::{ExitCode, Failure};

/// Obeys a scenario until the client or the scenario ends it.
pub(super) fn run(args: Probe) -> Result<ExitCode, Failure> {
    let options = Options {
        scenario: args.scenario,
        record: args.record,
        version: args.version_of_program,
        data: args.data,
        argv: args.arguments,
    };
    run_probe(options).map(ExitCode::Worker).map_err(Failure::usage)
}
