//! `pwp check worker` and `pwp replay`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use pwp_proto::Framing;
use pwp_spec::{Feature, Features, Role};

use crate::report::{Report, RunFacts, RunInfo};
use crate::runner::{self, Command, References};
use crate::script::{self, Script, fixed};
use crate::selection::Selection;
use crate::suite::{Options, START_LIMIT, can_replay, check_worker, covers, facts, replay as replay_script};
use crate::workload::{self, Workload};

use super::exit::{ExitCode, Failure};
use super::output::{Expect, Output, could_not_begin, judge, prepare};
use super::value::{declared, feature, time};

#[derive(Debug, Args)]
pub(super) struct CheckWorker {
    #[command(flatten)]
    subject: Subject,
    /// Generated scripts to run.
    #[arg(long, value_name = "N", default_value_t = 50)]
    cases: u32,
    /// The seed of the generated scripts.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Time for the generated scripts, and again for shrinking what was found. Without it 10 s, and for the generated scripts up to 3 min as
    /// long as nothing is broken.
    #[arg(long, value_name = "TIME", value_parser = time)]
    budget: Option<Duration>,
    /// Subjects that run at once; one for each processor without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
    /// Run only what matches: names of scripts or requirements, with * and ?. `generated` stands for the generated ones.
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
    #[command(flatten)]
    expect: Expect,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: pwp replay transcripts/w-015-unknown-fields.json -- ./my-worker")]
pub(super) struct Replay {
    /// The script, as --transcripts saves it, or the name of a built-in one.
    script: String,
    /// How often to run it.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Subject {
    /// The wire form that the worker speaks: proto or json. Without it that of the workload, or proto.
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Framing>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`.
    #[arg(long, value_name = "F,...", value_delimiter = ',', value_parser = feature)]
    feature: Vec<Option<Feature>>,
    /// Real requests of the tool (TOML).
    #[arg(long, value_name = "FILE")]
    workload: Option<PathBuf>,
    /// The full time limit: how long an answer, the end of the process or a read may take before that breaks the standard, for example 10s or
    /// 500ms. Without it 20 times as long as the slowest that was seen, at least 10s and at most 30s.
    #[arg(long, value_name = "TIME", value_parser = time)]
    limit: Option<Duration>,
    /// How long the first answer may take, the start included. Without it as long as --limit says, or 15s.
    #[arg(long, value_name = "TIME", value_parser = time)]
    start_limit: Option<Duration>,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Subject {
    fn start_limit(&self) -> Duration {
        self.start_limit.or(self.limit).unwrap_or(START_LIMIT)
    }
}

/// `pwp check worker`.
pub(super) fn worker(args: CheckWorker) -> Result<ExitCode, Failure> {
    let subject = subject(&args.subject)
        .map_err(|failure| could_not_begin(&args.output, facts_of(&args.subject), failure))?;
    let usual = Options::default();
    let mut options = Options {
        cases: args.cases,
        seed: args.seed,
        budget: args.budget.unwrap_or(usual.budget),
        // Who sets the time gets that time, whatever comes of it.
        budget_if_unbroken: args.budget.unwrap_or(usual.budget_if_unbroken),
        jobs: args.jobs.map_or(usual.jobs, Into::into),
        start_limit: args.subject.start_limit(),
        limit: args.subject.limit,
        selection: Selection::new(&args.only, &args.skip),
        ..usual
    };
    options.selection.check().map_err(Failure::usage)?;
    prepare(&args.output)?;
    let selection = options.selection.clone();
    let covers = |report: &Report, id| covers(&selection, report, id);
    let expected = (&args.expect, subject.dialect, &subject.features, &covers as _);
    judge(
        &args.output,
        || facts(&subject),
        Some(expected),
        |reporter, known| {
            options.known = known;
            check_worker(&subject, &options, reporter)
        },
    )
}

/// `pwp replay`.
pub(super) fn replay(args: Replay) -> Result<ExitCode, Failure> {
    let script = find_script(&args.script)?;
    let subject = subject(&args.subject)
        .map_err(|failure| could_not_begin(&args.output, facts_of(&args.subject), failure))?;
    let options = Options {
        repetitions: args.times,
        start_limit: args.subject.start_limit(),
        limit: args.subject.limit,
        ..Options::default()
    };
    can_replay(&subject, &script)?;
    prepare(&args.output)?;
    judge(
        &args.output,
        || facts(&subject),
        None,
        |reporter, _| replay_script(&subject, &script, &options, reporter),
    )
}

/// What is known of a subject that can't be started.
fn facts_of(args: &Subject) -> RunFacts<'static> {
    static NO_FEATURES: Features = Features::new();
    RunFacts {
        role: Role::Worker,
        dialect: args.dialect.unwrap_or(Framing::Proto).into(),
        features: &NO_FEATURES,
        command: args.command.clone(),
        name: args.command.first().cloned().unwrap_or_default(),
        program: None,
        workload: None,
        run: RunInfo::begin(),
        cut: BTreeSet::new(),
        problem: None,
    }
}

fn find_script(name: &str) -> Result<Script, Failure> {
    match fixed().iter().find(|script| script.name == name) {
        Some(script) if !Path::new(name).exists() => Ok(script.clone()),
        _ => script::load(Path::new(name)).map_err(Failure::usage),
    }
}

/// What is under test. Without a command and a workload it is the reference worker, which is built in.
fn subject(args: &Subject) -> Result<runner::Subject, Failure> {
    let mut workload = match &args.workload {
        Some(path) => workload::load(path).map_err(Failure::usage)?,
        None if args.command.is_empty() => {
            let text = pwp_worker::reference::REFERENCE_WORKLOAD;
            workload::parse("the reference worker's workload", text).map_err(Failure::internal)?
        }
        None => Workload::unknown(),
    };
    let mut features = declared(&args.feature).unwrap_or_else(|| workload.features.clone());
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
            let pwp = std::env::current_exe().map_err(Failure::internal)?;
            argv = vec![pwp.to_string_lossy().into_owned(), "worker".into(), format!("--protocol={dialect}")];
        }
        Command::resolve(&argv, &std::env::current_dir().map_err(Failure::internal)?)?
    };
    Ok(runner::Subject { command, dialect, features, workload, references: References::new() })
}
