//! What a run prints and saves, and what is expected of it: the same for workers and clients.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use pwp_proto::Framing;
use pwp_spec::Features;

use crate::expect::{Covers, Expecting};
use crate::files::RunFolder;
use crate::process;
use crate::report::{
    self, BookAddress, CutShort, FirstError, Form, Github, Human, KnownFailure, Report, Reporter, RunFacts,
    SaveError, Silent, SuiteEvent, ToFile,
};
use crate::runner::RunError;

use super::environment;
use super::exit::{ExitCode, Failure};
use super::unix::{stdout_takes_output, takes_output};
use super::value::write_result;

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

/// Looks where results go, so that no run is for nothing; signals and orphans.
pub(super) fn prepare(output: &Output) -> Result<(), Failure> {
    environment::temporary_folder()?;
    let files = [
        ("--report", &output.report, Form::Report),
        ("--junit", &output.junit, Form::Junit),
        ("--html", &output.html, Form::Html),
    ];
    let files = files.iter().filter_map(|(option, path, form)| Some((*option, path.as_deref()?, *form)));
    let files: Vec<(&str, &Path, Form)> = files.collect();
    for (number, (option, path, form)) in files.iter().enumerate() {
        report::can_save(path, *form)?;
        takes_output(path).map_err(|source| SaveError { path: path.to_path_buf(), source })?;
        if let Some((other, ..)) = files[..number].iter().find(|(_, other, _)| is_same_file(path, other)) {
            let path = path.display();
            return Err(Failure::usage(anyhow!(
                "{other} and {option} both name {path}; give each a file of its own"
            )));
        }
    }
    if let Some(folder) = &output.transcripts {
        report::can_save_transcripts(folder)?;
    }
    if let (RunFormat::Github, Some(summary)) = (output.format, report::step_summary()) {
        report::can_write(&summary)?;
    }
    stdout_takes_output().map_err(|source| SaveError { path: "standard output".into(), source })?;
    process::guard().map_err(Failure::no_room)
}

/// Whether two paths lead to the same file, which need not be there. A stream, such as `/dev/null`, may be given twice.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
    };
    let is_stream = one.metadata().is_ok_and(|there| !there.is_file());
    !is_stream && place(one).is_some_and(|one| Some(one) == place(other))
}

/// All that was asked for: what is printed, and the files.
fn reporter(output: &Output, errors: &FirstError) -> Box<dyn Reporter> {
    let mut all: Vec<Box<dyn Reporter>> = vec![match output.format {
        RunFormat::Human => Box::new(Human::on_terminal(output.verbose, errors)),
        RunFormat::Github => Box::new(Github::on_stdout(output.verbose, errors)),
        RunFormat::Json => Box::new(Silent),
    }];
    if let Some(path) = &output.report {
        all.push(Box::new(ToFile::json(path, errors)));
    }
    if let Some(path) = &output.junit {
        all.push(Box::new(ToFile::junit(path, errors)));
    }
    if let Some(path) = &output.html {
        all.push(Box::new(ToFile::html(path, output.book.clone(), errors)));
    }
    Box::new(all)
}

/// Passes a failure on that ends the command before its run. A report in the places of those that were asked for says so too, since nobody is to
/// find the one of an earlier run there. After a mistake on the command line they stay as they were.
pub(super) fn could_not_begin(output: &Output, facts: RunFacts<'_>, failure: Failure) -> Failure {
    if failure.code != ExitCode::Usage {
        let errors = FirstError::default();
        let report = without_result(facts, &failure);
        let mut reporter = reporter(output, &errors);
        reporter.event(&SuiteEvent::Prepared(&report));
        // The failure that is told is the first one.
        if errors.result().is_ok() {
            reporter.event(&SuiteEvent::Failed(&report));
        }
    }
    failure
}

/// The report of a run that a failure has ended before anything was judged.
fn without_result(facts: RunFacts<'_>, failure: &Failure) -> Report {
    report::no_result(facts, failure.cut(), Some(super::one_line(&failure.error)))
}

/// Expectations, what the dialect and the features of the run are, and which requirements the run covers.
pub(super) type Expected<'a> = (&'a Expect, Framing, &'a Features, Covers<'a>);

/// Does a run, prints what was asked for and writes the files. The run is told which failures need no investigation, and `facts` gives what is
/// known before it.
///
/// However the run ends, what is written and the exit code are those of one report.
pub(super) fn judge<'f, E: Into<Failure>>(
    output: &Output,
    facts: impl Fn() -> RunFacts<'f>,
    expected: Option<Expected<'_>>,
    run: impl FnOnce(&mut dyn Reporter, Vec<KnownFailure>) -> Result<Report, E>,
) -> Result<ExitCode, Failure> {
    let run_folder =
        RunFolder::current().map_err(|error| could_not_begin(output, facts(), no_folder(error)))?;
    for left in run_folder.earlier() {
        super::tell(&format!("an earlier run was killed: {left}"));
    }
    let errors = FirstError::default();
    let mut reporter = reporter(output, &errors);
    let ran = with_expectations(reporter.as_mut(), expected, |reporter, known| {
        let unfinished = report::no_result(facts(), CutShort::Unfinished, None);
        reporter.event(&SuiteEvent::Prepared(&unfinished));
        errors.result().map_err(Failure::usage)?;
        run(reporter, known).map_err(Into::into)
    });
    process::kill_strays();
    let lives_on = tell_unended();
    // When nothing of a subject runs any more. The report stands, whatever is left.
    let left = run_folder.close();
    let (report, failure) = match ran {
        Ok(report) => (in_time(report, reporter.as_mut()), None),
        Err(failure) if failure.code == ExitCode::Usage => return Err(failure),
        Err(failure) => {
            let report = without_result(facts(), &failure);
            reporter.event(&SuiteEvent::Failed(&report));
            (report, Some(failure))
        }
    };
    errors.result().map_err(Failure::internal)?;
    if let Some(folder) = &output.transcripts {
        report::save_transcripts(&report, folder).map_err(Failure::internal)?;
    }
    if output.format == RunFormat::Json {
        write_result(&(report::to_json(&report) + "\n"))?;
    }
    if let Err(left) = &left {
        super::tell(&left.to_string());
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some(problem) = &report.conclusion.problem {
        super::tell(problem);
    } else if report.cuts().contains(&CutShort::Interrupted) {
        super::tell("interrupted; the report has what is known by now, and makes no claim");
    }
    Ok(ExitCode::of_run(&report, left.is_err() || lives_on))
}

/// The report, as an interrupted one if the user has ended the run a moment after its last script: who does so expects no claim.
fn in_time(mut report: Report, reporter: &mut dyn Reporter) -> Report {
    if process::interrupted() && !report.cuts().contains(&CutShort::Interrupted) {
        report.interrupt();
        reporter.event(&SuiteEvent::Finished(&report));
    }
    report
}

/// Says what of the subjects could not be ended, and what the user can do. Whether there is anything.
pub(super) fn tell_unended() -> bool {
    let unended = process::unended();
    for process in &unended {
        let (program, pid, why) = (&process.program, process.pid, process.why);
        super::tell(&format!(
            "{program} (process {pid}) could not be ended, since {why}: end it with `sudo kill -9 {pid}`, or restart the machine"
        ));
    }
    !unended.is_empty()
}

fn no_folder(error: std::io::Error) -> Failure {
    Failure::internal(RunError::Folder(error))
}

/// Does a run with a reporter that knows what is expected, and gives back the report that says so.
fn with_expectations(
    reporter: &mut dyn Reporter,
    expected: Option<Expected<'_>>,
    run: impl FnOnce(&mut dyn Reporter, Vec<KnownFailure>) -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let Some((Expect { expect: Some(path), update_expectations, investigate }, dialect, features, covers)) =
        expected
    else {
        return run(reporter, Vec::new());
    };
    if *update_expectations {
        report::can_write(path)?;
    }
    let mut reporter =
        Expecting::new(reporter, path, *update_expectations, covers).map_err(Failure::usage)?;
    let known = if *investigate { Vec::new() } else { reporter.known_failures(dialect, features) };
    let report = run(&mut reporter, known)?;
    // A run that gives a report has told the reporter so.
    Ok(reporter.into_report().transpose().map_err(Failure::usage)?.unwrap_or(report))
}
