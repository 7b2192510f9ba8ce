//! `pwp check worker` and `pwp replay`.

use std::path::Path;

use pwp_proto::Dialect;

use crate::report::{self, Human, Report};
use crate::requirement::{Feature, Features};
use crate::runner::{self, Command, Subject};
use crate::script::{self, Script, fixed};
use crate::suite::{Options, Reporter, Selection, Silent, check_worker, replay as replay_script};
use crate::workload::{self, Workload};

use super::args::{self, FeatureName, Format};
use super::builtin;
use super::exit::{ExitCode, Failure};
use super::expect::{exit_code, with_expectations};

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
    let reporter = reporter(&args.output);
    let report = with_expectations(&args.expect, &options.selection, reporter, |reporter| {
        check_worker(&subject, &options, reporter)
    });
    finish(report, &args.output)
}

/// `pwp replay`.
pub(super) fn replay(args: args::Replay) -> Result<ExitCode, Failure> {
    let script = find_script(&args.script)?;
    let subject = subject(&args.subject)?;
    let options =
        Options { repetitions: args.times, start_limit: args.subject.start_limit, ..Options::default() };
    prepare(&args.output)?;
    let mut reporter = reporter(&args.output);
    let report = replay_script(&subject, &script, &options, reporter.as_mut());
    finish(report.map_err(Failure::from), &args.output)
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
        None if args.command.is_empty() => builtin::workload()?,
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
    let dialect = args.dialect.or(workload.dialect).unwrap_or(Dialect::Proto);
    let command = if args.command.is_empty() && !workload.command.is_empty() {
        Command::of_workload(&workload)?
    } else {
        let mut argv = args.command.clone();
        if argv.is_empty() {
            argv = builtin::command()?;
            argv.push(format!("--protocol={dialect}"));
        }
        Command::resolve(&argv, &std::env::current_dir().map_err(Failure::internal)?)?
    };
    Ok(Subject { command, dialect, features, workload })
}

/// Where results go, so that no run is for nothing; signals and orphans.
fn prepare(output: &args::Output) -> Result<(), Failure> {
    if let Some(path) = &output.report {
        report::can_save_report(path).map_err(Failure::usage)?;
    }
    if let Some(folder) = &output.transcripts {
        report::can_save_transcripts(folder).map_err(Failure::usage)?;
    }
    runner::become_subreaper();
    runner::end_on_signals().map_err(Failure::internal)
}

fn reporter(output: &args::Output) -> Box<dyn Reporter> {
    match output.format {
        Format::Human => Box::new(Human::on_terminal(output.verbose)),
        Format::Json => Box::new(Silent),
    }
}

/// Writes the files that were asked for.
fn finish(report: Result<Report, Failure>, output: &args::Output) -> Result<ExitCode, Failure> {
    runner::kill_strays();
    let report = report?;
    if let Some(path) = &output.report {
        report::save_report(&report, path).map_err(Failure::usage)?;
    }
    if let Some(folder) = &output.transcripts {
        report::save_transcripts(&report, folder).map_err(Failure::usage)?;
    }
    if output.format == Format::Json {
        anstream::println!("{}", report::to_json(&report));
    }
    Ok(exit_code(&report))
}
