//! What a run prints and saves, and what is expected of it: the same for workers and clients.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pwp_proto::Framing;
use pwp_spec::Features;

use crate::expect::{Covers, Expecting};
use crate::process;
use crate::report::{
    self, BookAddress, FirstError, Github, Human, KnownFailure, Report, Reporter, Silent, ToFile,
};

use super::exit::{ExitCode, Failure};
use super::value::print_json;

#[derive(Debug, Args)]
pub(super) struct Expect {
    /// Known failures, each with its reason (TOML): a run in which only these fail exits with 0, and one in which an
    /// entry no longer holds with 1.
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Make that file what it has to be for this run, with as few changes as possible.
    #[arg(long, requires = "expect")]
    update_expectations: bool,
    /// Investigate expected failures as if they were new. Without it, a failure that looks as its entry says is not made
    /// smaller, not repeated, and not looked into.
    #[arg(long, requires = "expect")]
    investigate: bool,
}

#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write the report (schema/report/v1).
    #[arg(long, value_name = "FILE.json")]
    report: Option<PathBuf>,
    /// Write the verdicts as JUnit XML, for a build server.
    #[arg(long, value_name = "FILE.xml")]
    junit: Option<PathBuf>,
    /// Write a page with verdicts, evidence and transcripts. It needs no network and no script.
    #[arg(long, value_name = "FILE.html")]
    html: Option<PathBuf>,
    /// Where that page's readers can open the standard, as spec/build makes it: each requirement then is a link.
    #[arg(long, value_name = "ADDRESS", requires = "html")]
    book: Option<BookAddress>,
    /// Save the script and the transcript of each violation.
    #[arg(long, value_name = "DIR")]
    transcripts: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    format: RunFormat,
    /// Show all evidence: every transcript in full.
    #[arg(long, short)]
    verbose: bool,
}

/// What is printed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RunFormat {
    /// Text for a terminal.
    Human,
    /// Annotations of a GitHub workflow; a page is added to the file that GITHUB_STEP_SUMMARY names.
    Github,
    /// The report as JSON.
    Json,
}

/// Where results go, so that no run is for nothing; signals and orphans.
pub(super) fn prepare(output: &Output) -> Result<(), Failure> {
    for path in [&output.report, &output.junit, &output.html].into_iter().flatten() {
        report::can_save_report(path).map_err(Failure::usage)?;
    }
    if let Some(folder) = &output.transcripts {
        report::can_save_transcripts(folder).map_err(Failure::usage)?;
    }
    process::become_subreaper();
    process::end_on_signals().map_err(Failure::internal)
}

/// All that was asked for: what is printed, and the files.
fn reporter(output: &Output, errors: &FirstError) -> Box<dyn Reporter> {
    let mut all: Vec<Box<dyn Reporter>> = vec![match output.format {
        RunFormat::Human => Box::new(Human::on_terminal(output.verbose)),
        RunFormat::Github => Box::new(Github::on_stdout(output.verbose, errors)),
        RunFormat::Json => Box::new(Silent),
    }];
    if let Some(path) = &output.junit {
        all.push(Box::new(ToFile::junit(path, errors)));
    }
    if let Some(path) = &output.html {
        all.push(Box::new(ToFile::html(path, output.book.clone(), errors)));
    }
    Box::new(all)
}

/// Expectations, what the dialect and the features of the run are, and which requirements the run covers.
pub(super) type Expected<'a> = (&'a Expect, Framing, &'a Features, Covers<'a>);

/// Does a run, prints what was asked for and writes the files. The run is told which failures need no investigation.
pub(super) fn judge<E: Into<Failure>>(
    output: &Output,
    expected: Option<Expected<'_>>,
    run: impl FnOnce(&mut dyn Reporter, Vec<KnownFailure>) -> Result<Report, E>,
) -> Result<ExitCode, Failure> {
    let errors = FirstError::default();
    let report = with_expectations(reporter(output, &errors), expected, run);
    process::kill_strays();
    let report = report?;
    errors.result().map_err(Failure::usage)?;
    if let Some(path) = &output.report {
        report::save_report(&report, path).map_err(Failure::usage)?;
    }
    if let Some(folder) = &output.transcripts {
        report::save_transcripts(&report, folder).map_err(Failure::usage)?;
    }
    if output.format == RunFormat::Json {
        print_json(&report)?;
    }
    Ok(if report.is_fine() { ExitCode::Conformant } else { ExitCode::NotConformant })
}

/// Does a run with a reporter that knows what is expected, and gives back the report that says so.
fn with_expectations<E: Into<Failure>>(
    mut reporter: Box<dyn Reporter>,
    expected: Option<Expected<'_>>,
    run: impl FnOnce(&mut dyn Reporter, Vec<KnownFailure>) -> Result<Report, E>,
) -> Result<Report, Failure> {
    let Some((Expect { expect: Some(path), update_expectations, investigate }, dialect, features, covers)) =
        expected
    else {
        return run(reporter.as_mut(), Vec::new()).map_err(Into::into);
    };
    if *update_expectations {
        report::can_save_report(path).map_err(Failure::usage)?;
    }
    let mut reporter =
        Expecting::new(reporter, path, *update_expectations, covers).map_err(Failure::usage)?;
    let known = if *investigate { Vec::new() } else { reporter.known_failures(dialect, features) };
    let report = run(&mut reporter, known).map_err(Into::into)?;
    // A run that gives a report has told the reporter so.
    Ok(reporter.into_report().transpose().map_err(Failure::usage)?.unwrap_or(report))
}
