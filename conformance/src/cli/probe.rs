//! `pwp probe`: the worker that `pwp check client` gives to a build tool.

use crate::probe::{Options, run as run_probe};

use super::exit::{ExitCode, Failure};

/// Obeys a scenario until the client or the scenario ends it.
pub(super) fn run(options: Options) -> Result<ExitCode, Failure> {
    run_probe(options).map(ExitCode::Worker).map_err(Failure::usage)
}
