//! `pwp check worker` and `pwp replay`.

use std::path::Path;

use pwp_proto::Framing;

use crate::process;
use crate::report::{self, FirstError, Github, Human, Report, Reporter, Silent, ToFile};
use crate::runner::{Command, References, Subject};
use crate::script::{self, Script, fixed};
use crate::selection::Selection;
use crate::suite::{Options, check_worker, covers, replay as replay_script};
use crate::workload::{self, Workload};
use pwp_spec::{Feature, Features};

use super::args::{self, FeatureName, RunFormat};
use super::exit::{ExitCode, Failure};
use super::expect::{exit_code, with_expectations};
use super::reference;

/// `pwp check worker`.
pub(super) fn worker(args: args::CheckWorker) -> Result<ExitCode, Failure> {
    let subject = subject(&args.subject)?;
    let mut options = Options {
        cases: args.cases,
        seed: args.seed,
        budget: args.budget,
        start_limit: args.subject.start_limit,
        selection: Selection::new(&args.only, &args.skip),
        ..Options::default()
    };
    if let Some(jobs) = args.jobs {
        options.jobs = jobs.into();
    }
    prepare(&args.output)?;
    let errors = FirstError::default();
    let reporter = reporter(&args.output, &errors);
    let selection = options.selection.clone();
    let covers = |report: &Report, id| covers(&selection, report, id);
    let about = (subject.dialect, &subject.features);
    let report = with_expectations(&args.expect, &covers, about, reporter, |reporter, known| {
        options.known = known;
        check_worker(&subject, &options, reporter)
    });
    finish(report, &args.output, &errors)
}

/// `pwp replay`.
pub(super) fn replay(args: args::Replay) -> Result<ExitCode, Failure> {
    let script = find_script(&args.script)?;
    let subject = subject(&args.subject)?;
    let options =
        Options { repetitions: args.times, start_limit: args.subject.start_limit, ..Options::default() };
    prepare(&args.output)?;
    let errors = FirstError::default();
    let mut reporter = reporter(&args.output, &errors);
    let report = replay_script(&subject, &script, &options, reporter.as_mut());
    finish(report.map_err(Failure::from), &args.output, &errors)
}

fn find_script(name: &str) -> Result<Script, Failure> {
    match fixed().iter().find(|script| script.name == name) {
        Some(script) if !Path::new(name).exists() => Ok(script.clone()),
        _ => script::load(Path::new(name)).map_err(Failure::usage),
    }
}

fn subject(args: &args::Subject) -> Result<Subject, Failure> {
    let mut workload = match &args.workload {
        Some(path) => workload::load(path).map_err(Failure::usage)?,
        None if args.command.is_empty() => reference::workload()?,
        None => Workload::unknown(),
    };
    let mut features: Features = if args.feature.is_empty() {
        workload.features.clone()
    } else {
        args.feature
            .iter()
            .filter_map(|name| match name {
                FeatureName::None => None,
                FeatureName::Feature(feature) => Some(*feature),
            })
            .collect()
    };
    if features.contains(&Feature::MultiplexSandboxing) {
        features.insert(Feature::Multiplex);
    }
    workload.features.clone_from(&features);
    let dialect = args.dialect.or(workload.dialect).unwrap_or(Framing::Proto);
    let command = if args.command.is_empty() && !workload.command.is_empty() {
        Command::of_workload(&workload)?
    } else {
        let mut argv = args.command.clone();
        if argv.is_empty() {
            argv = reference::command()?;
            argv.push(format!("--protocol={dialect}"));
        }
        Command::resolve(&argv, &std::env::current_dir().map_err(Failure::internal)?)?
    };
    Ok(Subject { command, dialect, features, workload, references: References::new() })
}

/// Where results go, so that no run is for nothing; signals and orphans.
pub(super) fn prepare(output: &args::Output) -> Result<(), Failure> {
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
pub(super) fn reporter(output: &args::Output, errors: &FirstError) -> Box<dyn Reporter> {
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

/// Writes the files that were asked for.
pub(super) fn finish(
    report: Result<Report, Failure>,
    output: &args::Output,
    errors: &FirstError,
) -> Result<ExitCode, Failure> {
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
        anstream::println!("{}", report::to_json(&report));
    }
    Ok(exit_code(&report))
}
