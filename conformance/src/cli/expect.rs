//! `--expect FILE` and `--update-expectations`.

use crate::expect::{Covers, ExpectError, Expecting, UpdateError};
use crate::report::{self, KnownFailure, Report, Reporter};
use pwp_proto::Framing;
use pwp_spec::Features;

use super::args::Expect;
use super::exit::{ExitCode, Failure};

/// Does a run of this dialect and these features with a reporter that knows what is expected, and gives back the report that says so.
/// The run is told which failures need no investigation.
pub(super) fn with_expectations<E: Into<Failure>>(
    args: &Expect,
    covers: Covers<'_>,
    (dialect, features): (Framing, &Features),
    mut reporter: Box<dyn Reporter>,
    run: impl FnOnce(&mut dyn Reporter, Vec<KnownFailure>) -> Result<Report, E>,
) -> Result<Report, Failure> {
    let Some(path) = &args.expect else { return run(reporter.as_mut(), Vec::new()).map_err(Into::into) };
    if args.update_expectations {
        report::can_save_report(path).map_err(Failure::usage)?;
    }
    let mut reporter = Expecting::new(reporter, path, args.update_expectations, covers)?;
    let known = if args.investigate { Vec::new() } else { reporter.known_failures(dialect, features) };
    let report = run(&mut reporter, known).map_err(Into::into)?;
    // A run that gives a report has told the reporter so.
    Ok(reporter.into_report().transpose()?.unwrap_or(report))
}

/// What a report says to the shell.
pub(super) fn exit_code(report: &Report) -> ExitCode {
    if report.is_fine() { ExitCode::Conformant } else { ExitCode::NotConformant }
}

impl From<ExpectError> for Failure {
    fn from(error: ExpectError) -> Self {
        Self::usage(error)
    }
}

impl From<UpdateError> for Failure {
    fn from(error: UpdateError) -> Self {
        Self::usage(error)
    }
}
