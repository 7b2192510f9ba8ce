//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use crate::requirement::{Feature, Level, Role};

/// The conformance suite for persistent build workers.
#[derive(Debug, Parser)]
#[command(
    name = "pwp",
    version,
    about,
    after_help = "Exit codes: 0 conformant or as expected, 1 not conformant or an expectation that no longer holds, 2 usage, 3 the subject could not be started, 4 the suite itself failed.\n\nExample: pwp check worker -- ./my-worker"
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Judge an implementation.
    #[command(subcommand, after_help = "Example: pwp check worker -- ./my-worker")]
    Check(Check),
    /// Run one saved script again.
    Replay(Box<Replay>),
    /// Send requests to a worker by hand and show what comes back.
    Call(Box<Call>),
    /// Stand between a build tool and a worker: change nothing, judge both, record.
    Tap(Box<Tap>),
    /// List the requirements, or the scripts and cases.
    List(List),
    /// Explain a requirement: the sentence, why, sources, checks, faults.
    Explain(Explain),
    /// List the faults of the reference worker and the reference client, and what each breaks.
    Faults(Faults),
    /// Workload files: real requests of a real tool.
    #[command(subcommand, after_help = "Example: pwp workload check my-compiler.toml")]
    Workload(Workload),
    /// Work on the book: spec/.
    #[command(subcommand, after_help = "Example: pwp spec lint")]
    Spec(Spec),
    /// The reference worker; or, with `wrap`, any one-shot tool as a worker.
    #[command(
        after_help = "Examples:\n  pwp worker --print=hello\n  pwp check worker -- pwp worker --fault=drop-response\n  pwp worker wrap -- gcc -O2 --persistent_worker"
    )]
    Worker(Worker),
    /// The reference client: runs a plan of actions.
    #[command(hide = true, after_help = "Example: pwp client --outcomes=outcomes.json plan.json")]
    Client(PlanClient),
    /// The worker that `pwp check client` gives to a build tool: it obeys a scenario and writes down what happens.
    #[command(
        hide = true,
        after_help = "Example: pwp probe --scenario scenario.json --record record -- --persistent_worker"
    )]
    Probe(Probe),
}

#[derive(Debug, Subcommand)]
pub(super) enum Check {
    /// Judge a worker. Without a command, the built-in reference worker.
    #[command(
        after_help = "Examples:\n  pwp check worker\n  pwp check worker -- ./my-worker --mode=fast\n  pwp check worker --dialect json --feature multiplex,cancellation -- node worker.js\n  pwp check worker --only 'W-03*' --report report.json -- ./my-worker\n  pwp check worker --expect known-failures.toml -- ./my-worker\n\nThe suite adds --persistent_worker behind the command's arguments."
    )]
    Worker(Box<CheckWorker>),
    /// Judge a build tool: it builds with a worker that misbehaves on purpose and writes down what it got.
    #[command(
        subcommand,
        after_help = "Examples:\n  pwp check client bazel --bin /usr/bin/bazel\n  pwp check client bazel --bin /usr/bin/bazel --only 'C-06*' --report report.json"
    )]
    Client(Box<super::client_args::CheckClient>),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Subject {
    /// The wire form that the worker speaks: proto or json. Without it that of the workload, or proto.
    #[arg(long, value_name = "DIALECT")]
    pub(super) dialect: Option<pwp_proto::Dialect>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(super) feature: Vec<FeatureName>,
    /// Real requests of the tool (TOML).
    #[arg(long, value_name = "FILE")]
    pub(super) workload: Option<PathBuf>,
    /// How long the first answer may take, the start included, for example 15s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    pub(super) start_limit: Duration,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

/// A feature, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeatureName {
    None,
    Feature(Feature),
}

impl std::str::FromStr for FeatureName {
    type Err = crate::requirement::UnknownFeature;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" { Ok(Self::None) } else { text.parse().map(Self::Feature) }
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckWorker {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// Generated scripts to run.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) cases: u32,
    /// The seed of the generated scripts.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// Time for the generated scripts, and again for shrinking what was found.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(super) budget: Duration,
    /// Subjects that run at once; one for each processor without it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
    /// Run only what matches: names of scripts or requirements, with * and ?. `generated` stands for the generated ones.
    #[arg(long, value_name = "GLOB")]
    pub(super) only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    pub(super) skip: Vec<String>,
    #[command(flatten)]
    pub(super) expect: Expect,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Expect {
    /// Known failures, each with its reason (TOML): a run in which only these fail exits with 0, and one in which an
    /// entry no longer holds with 1.
    #[arg(long, value_name = "FILE")]
    pub(super) expect: Option<PathBuf>,
    /// Make that file what it has to be for this run, with as few changes as possible.
    #[arg(long, requires = "expect")]
    pub(super) update_expectations: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Output {
    /// Write the report (schema/report/v1).
    #[arg(long, value_name = "FILE.json")]
    pub(super) report: Option<PathBuf>,
    /// Write the verdicts as JUnit XML, for a build server.
    #[arg(long, value_name = "FILE.xml")]
    pub(super) junit: Option<PathBuf>,
    /// Write a page with verdicts, evidence and transcripts. It needs no network and no script.
    #[arg(long, value_name = "FILE.html")]
    pub(super) html: Option<PathBuf>,
    /// Where that page's readers can open the standard, as spec/build makes it: each requirement then is a link.
    #[arg(long, value_name = "ADDRESS", requires = "html")]
    pub(super) book: Option<crate::report::BookAddress>,
    /// Save the script and the transcript of each violation.
    #[arg(long, value_name = "DIR")]
    pub(super) transcripts: Option<PathBuf>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = RunFormat::Human)]
    pub(super) format: RunFormat,
    /// Show all evidence: every transcript in full.
    #[arg(long, short)]
    pub(super) verbose: bool,
}

/// What is printed of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    /// For people.
    Human,
    /// Annotations of a GitHub workflow; a page is added to the file that GITHUB_STEP_SUMMARY names.
    Github,
    /// The report as JSON.
    Json,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Human,
    /// The report as JSON.
    Json,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example: pwp replay transcripts/w-015-unknown-fields.json -- ./my-worker")]
pub(super) struct Replay {
    /// The script, as --transcripts saves it, or the name of a built-in one.
    pub(super) script: String,
    /// How often to run it.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) times: u32,
    #[command(flatten)]
    pub(super) subject: Subject,
    #[command(flatten)]
    pub(super) output: Output,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  pwp call -- pwp worker\n  \
        pwp call --request '{\"arguments\":[\"--print=hello\"]}' -- pwp worker\n  \
        pwp call --dialect json --request @requests.json --parallel -- node worker.js\n  \
        pwp call --one-shot --request '{\"arguments\":[\"-c\",\"a.c\"]}' -- pwp worker wrap -- gcc\n\n\
        Requests are sent one after the other, each when the one before was answered. The suite adds --persistent_worker.\n\n\
        Exit codes: 0 each request was answered, no MUST was broken and one-shot mode gave the same, 1 not so, 2 usage, 3 the \
        worker could not be started. What a request's exit_code is makes no difference.")]
pub(super) struct Call {
    /// The wire form that the worker speaks: proto or json. Without it, proto.
    #[arg(long, value_name = "DIALECT")]
    pub(super) dialect: Option<pwp_proto::Dialect>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the requests need.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(super) feature: Vec<FeatureName>,
    /// A WorkRequest in JSON, several behind each other, or @FILE with such requests or a transcript; @- is stdin.
    /// Without it, one empty request.
    #[arg(long, value_name = "JSON|@FILE")]
    pub(super) request: Vec<String>,
    /// Send all requests before the first answer is waited for. Those without requestId get one.
    #[arg(long, conflicts_with = "one_shot")]
    pub(super) parallel: bool,
    /// Do each request's work without --persistent_worker as well, and say what differs: exit status, output, files.
    #[arg(long)]
    pub(super) one_shot: bool,
    /// How long to wait for each answer; the first one includes the start of the worker.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time)]
    pub(super) timeout: Duration,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Put it where the build tool has the worker, with the worker behind `--`. As a script:\n  \
        #!/bin/sh\n  exec pwp tap --log /tmp/tap.log -- /path/to/worker \"$@\"\n\n\
        Bytes, signals, the ends of streams and the exit status are passed on as they are. What either side breaks is said on \
        stderr, which is the worker's log. Without --persistent_worker among the arguments the command simply runs.\n\n\
        Examples:\n  pwp tap --log tap.log -- ./my-worker --persistent_worker\n  \
        pwp tap --record work.toml -- ./my-worker --persistent_worker    then: pwp check worker --workload work.toml\n\n\
        conformance/TAP.md says more."
)]
pub(super) struct Tap {
    /// The wire form; without it, what the first request is written in.
    #[arg(long, value_name = "DIALECT")]
    pub(super) dialect: Option<pwp_proto::Dialect>,
    /// What the worker declares: multiplex, cancellation, multiplex-sandboxing, verbosity; or `none`. Without it, what
    /// the first request shows.
    #[arg(long, value_name = "F,...", value_delimiter = ',')]
    pub(super) feature: Vec<FeatureName>,
    /// Make a workload file of the requests that pass. All taps of a build may be given the same one.
    #[arg(long, value_name = "FILE.toml")]
    pub(super) record: Option<PathBuf>,
    /// Write a report on the worker (schema/report/v1), and one on its client beside it. All taps may be given the same
    /// one.
    #[arg(long, value_name = "FILE.json")]
    pub(super) report: Option<PathBuf>,
    /// Write what is broken to the end of this file as well, and a line for each worker. All taps may be given the
    /// same one.
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
    /// Save the transcript of each worker (schema/transcript/v1).
    #[arg(long, value_name = "DIR")]
    pub(super) transcripts: Option<PathBuf>,
    /// The worker's command line.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<std::ffi::OsString>,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  pwp list --level MUST --dialect json\n  pwp list --role worker --untested\n  pwp list --scripts"
)]
pub(super) struct List {
    /// Only requirements on worker, client, server or remote-client.
    #[arg(long)]
    pub(super) role: Option<Role>,
    /// Only MUST, SHOULD, MAY or OBSERVED.
    #[arg(long)]
    pub(super) level: Option<Level>,
    /// Only those that apply to a dialect.
    #[arg(long)]
    pub(super) dialect: Option<crate::requirement::Dialect>,
    /// Only those that depend on a feature.
    #[arg(long)]
    pub(super) feature: Option<Feature>,
    /// Only those without check, and why.
    #[arg(long)]
    pub(super) untested: bool,
    /// The built-in scripts and cases instead of the requirements.
    #[arg(long)]
    pub(super) scripts: bool,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example: pwp explain W-031")]
pub(super) struct Explain {
    /// The requirement's ID.
    pub(super) id: String,
}

#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  pwp faults --role client\n  pwp check worker -- pwp worker --fault=duplicate-response\n  pwp check client reference --fault reuse-ids"
)]
pub(super) struct Faults {
    /// Only those of the reference worker or of the reference client: worker or client.
    #[arg(long)]
    pub(super) role: Option<Role>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum Workload {
    /// Read a workload file; say what it lets the suite exercise, and what not.
    #[command(
        after_help = "Example: pwp workload check my-compiler.toml\n\nExit codes: 0 the file can be used, 2 it can't. conformance/WORKLOADS.md says how to write one."
    )]
    Check(CheckWorkload),
}

#[derive(Debug, ClapArgs)]
pub(super) struct CheckWorkload {
    /// The workload file (TOML, schema/workload/v1).
    pub(super) file: PathBuf,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum Spec {
    /// Write spec/requirements.json and the pages in spec/src/evidence anew.
    #[command(after_help = "Example: pwp spec sync && git diff --exit-code spec")]
    Sync(SpecFolder),
    /// Look for mistakes in the book.
    #[command(after_help = "Example: pwp spec lint --root ../pwp")]
    Lint(SpecFolder),
    /// Fix the requirements of the newest revision, when it is published.
    #[command(after_help = "Example: pwp spec freeze && git add spec/revisions")]
    Freeze(SpecFolder),
    /// Show which requirements have checks and faults.
    #[command(after_help = "Example: pwp spec coverage")]
    Coverage(SpecFolder),
}

#[derive(Debug, ClapArgs)]
pub(super) struct SpecFolder {
    /// The folder that has spec/.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) root: PathBuf,
}

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Worker {
    #[command(subcommand)]
    pub(super) tool: Option<WorkerTool>,
    /// Arguments of the reference worker; see reference-worker/README.md.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum WorkerTool {
    /// Make a worker of any one-shot tool: one child process for each request.
    #[command(
        after_help = "A request becomes COMMAND with the request's arguments behind it, in sandbox_dir. What it prints becomes output.\n\
            --persistent_worker is taken out of COMMAND, wherever it stands. Without it, COMMAND runs once.\n\
            ${pwd} in COMMAND stands for the directory in which the worker was started.\n\n\
            Examples:\n  pwp worker wrap -- gcc -O2 --persistent_worker\n  \
            pwp worker wrap --dialect json --jobs 8 -- python3 '${pwd}/tool.py' --persistent_worker\n  \
            pwp check worker --feature multiplex,cancellation,multiplex-sandboxing -- pwp worker wrap -- gcc"
    )]
    Wrap(Wrap),
}

#[derive(Debug, ClapArgs)]
pub(super) struct PlanClient {
    /// `[--fault=NAME]... [--outcomes=FILE] PLAN`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Probe {
    /// How to behave (schema/scenario/v1).
    #[arg(long, value_name = "FILE.json")]
    pub(super) scenario: PathBuf,
    /// Where to write down what happens, one file for each process. The folder has to be there.
    #[arg(long, value_name = "DIR")]
    pub(super) record: PathBuf,
    /// What the program that starts the probe says of its own version; it is written down.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(super) version_of_program: String,
    /// A file of the tool; its content is written down.
    #[arg(long, value_name = "FILE")]
    pub(super) data: Option<PathBuf>,
    /// The arguments that the client gave.
    #[arg(last = true, value_name = "ARGS")]
    pub(super) arguments: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Wrap {
    /// The wire form to speak.
    #[arg(long, value_name = "DIALECT", default_value = "proto")]
    pub(super) dialect: pwp_proto::Dialect,
    /// Children that run at once; one for each processor without it. Further requests wait.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Who reads arguments of the form @file.
    #[arg(long, value_enum, default_value_t = Argfile::Expand)]
    pub(super) argfile: Argfile,
    /// How long a cancelled tool has from SIGTERM to SIGKILL, for example 2s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time)]
    pub(super) grace: Duration,
    /// The tool's command line.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(super) command: Vec<std::ffi::OsString>,
}

/// Who reads argfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Argfile {
    /// The worker: each line is one argument. Fits every tool.
    Expand,
    /// The tool, as gcc and javac do, with their own rules for quotes and without a limit on the length.
    Keep,
}

/// A time such as `10s`, `500ms` or `2m`.
fn time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 =
        digits.parse().map_err(|_| format!("{text:?} is no time; write for example 10s or 500ms"))?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        _ => return Err(format!("{text:?} has no unit; write for example 10s or 500ms")),
    };
    if (0.001..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err(format!("{text:?} is not between 1ms and a day"))
    }
}
