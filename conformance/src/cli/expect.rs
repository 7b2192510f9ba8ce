//! `--expect FILE` and `--update-expectations`.

use crate::expect::{Covers, ExpectError, Expecting, UpdateError};
use crate::report::{self, Report, Reporter};

use super::args::Expect;
use super::exit::{ExitCode, Failure};

/// Does a run with a reporter that knows what is expected, and gives back the report that says so.
pub(super) fn with_expectations<E: Into<Failure>>(
    args: &Expect,
    covers: Covers<'_>,
    mut reporter: Box<dyn Reporter>,
    run: impl FnOnce(&mut dyn Reporter) -> Result<Report, E>,
) -> Result<Report, Failure> {
    let Some(path) = &args.expect else { return run(reporter.as_mut()).map_err(Into::into) };
    if args.update_expectations {
        report::can_save_report(path).map_err(Failure::usage)?;
    }
    let mut reporter = Expecting::new(reporter, path, args.update_expectations, covers)?;
    let report = run(&mut reporter).map_err(Into::into)?;
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
