//! `pwp check client`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use pwp_proto::Framing;
use pwp_spec::Features;

use crate::client::{
    About, Adapter, Bazel, BazelOptions, ClientError, Need, Options, PlanTool, check_client, check_selection,
    covers, facts,
};
use crate::files::RunFolder;
use crate::report::{Report, command_line, shell_word};
use crate::selection::Selection;

use super::exit::{ExitCode, Failure};
use super::output::{Expect, Output, could_not_begin, judge, prepare};
use super::value::time;

#[derive(Debug, Subcommand)]
pub(super) enum CheckClient {
    /// The client that is built in.
    #[command(after_help = "Example: pwp check client reference --fault accept-any-id")]
    Reference {
        /// A fault that it is to have; may be given several times.
        #[arg(long, value_name = "NAME")]
        fault: Vec<String>,
        #[command(flatten)]
        run: ClientRun,
    },
    /// Any tool that reads a plan of actions and writes what came of them; conformance/CLIENTS.md has both forms.
    #[command(
        after_help = "Example: pwp check client command --lacks cancellation,sandboxing -- ./my-translator {plan} {outcomes}"
    )]
    Command {
        /// What the tool can't be made to do; a wrong name prints all of them.
        #[arg(long, value_name = "NEED,...", value_delimiter = ',')]
        lacks: Vec<Need>,
        #[command(flatten)]
        run: ClientRun,
        /// The command line, with {plan} and {outcomes} for two files.
        #[arg(last = true, required = true, value_name = "TEMPLATE")]
        template: Vec<String>,
    },
    /// A Bazel, of any version that has workers.
    #[command(
        after_help = "Example: pwp check client bazel --bin \"$(command -v bazel)\" --html bazel.html\n\nIt makes a workspace of its own, with its own output base; nothing of it is left behind."
    )]
    Bazel {
        /// Its program.
        #[arg(long, value_name = "PATH", default_value = "bazel")]
        bin: PathBuf,
        /// A further startup flag, such as --nosystem_rc; may be given several times.
        #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
        startup_flag: Vec<String>,
        /// A further flag of `build`; may be given several times.
        #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
        build_flag: Vec<String>,
        #[command(flatten)]
        run: ClientRun,
    },
}

#[derive(Debug, Args)]
pub(super) struct ClientRun {
    /// The wire form that the actions declare: proto or json.
    #[arg(long, value_name = "DIALECT", default_value = "proto")]
    dialect: Framing,
    /// Run only what matches: names of cases or requirements, with * and ?.
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Leave out what matches.
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
    /// How often a case that shows a violation is run again, to see whether it always does.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    repeat: u32,
    /// How long a build may take before that breaks the standard, for example 60s. Without it 5 times as long as the slowest that came to an end, at
    /// least 20s and at most 120s; the first one, 120s.
    #[arg(long, value_name = "TIME", value_parser = time)]
    limit: Option<Duration>,
    #[command(flatten)]
    expect: Expect,
    #[command(flatten)]
    output: Output,
}

/// `pwp check client`.
pub(super) fn check(args: CheckClient) -> Result<ExitCode, Failure> {
    match args {
        CheckClient::Reference { fault, run } => {
            prepare(&run.output)?;
            let pwp = std::env::current_exe().map_err(Failure::internal)?;
            let mut command = "pwp check client reference".to_owned();
            for name in &fault {
                pwp_client::faults::Faults::default().add(name).map_err(Failure::usage)?;
                command.push_str(&format!(" --fault {name}"));
            }
            let client =
                PlanTool::reference(&pwp, &fault).map_err(|error| no_client(&run, &command, error))?;
            run_cases(&client, &run, command, String::new())
        }
        CheckClient::Command { lacks, run, template } => {
            prepare(&run.output)?;
            let name = template.first().cloned().unwrap_or_default();
            let mut command = "pwp check client command".to_owned();
            if !lacks.is_empty() {
                let lacks: Vec<String> = lacks.iter().map(ToString::to_string).collect();
                command.push_str(&format!(" --lacks {}", lacks.join(",")));
            }
            let last_words = format!(" -- {}", command_line(&template));
            let client = PlanTool::new(&name, template, &lacks.into_iter().collect())
                .map_err(|error| no_client(&run, &format!("{command}{last_words}"), error))?;
            run_cases(&client, &run, command, last_words)
        }
        CheckClient::Bazel { bin, startup_flag: startup, build_flag: build, run } => {
            prepare(&run.output)?;
            let mut command = format!("pwp check client bazel --bin {}", shell_word(&bin.to_string_lossy()));
            command.extend(startup.iter().map(|flag| format!(" --startup-flag={}", shell_word(flag))));
            command.extend(build.iter().map(|flag| format!(" --build-flag={}", shell_word(flag))));
            // Held until the end of the run, which has its folder in the same one.
            let run_folder = RunFolder::current().map_err(Failure::internal)?;
            let folder = run_folder.make().map_err(Failure::internal)?;
            let bazel = Bazel::new(BazelOptions { bin, startup, build }, folder.path())
                .map_err(|error| no_client(&run, &command, error))?;
            if run.dialect == Framing::Json && !bazel.version.has_json() {
                let version = &bazel.about().version;
                let problem = format!("version {version} speaks proto only; leave --dialect json out");
                let error = ClientError::Unusable { program: "bazel".into(), problem };
                return Err(no_client(&run, &command, error));
            }
            run_cases(&bazel, &run, command, String::new())
        }
    }
}

fn run_cases(
    adapter: &dyn Adapter,
    args: &ClientRun,
    mut command: String,
    last_words: String,
) -> Result<ExitCode, Failure> {
    if args.dialect != Framing::Proto {
        command.push_str(&format!(" --dialect {}", args.dialect));
    }
    if let Some(limit) = args.limit {
        command.push_str(&format!(" --limit {}ms", limit.as_millis()));
    }
    let mut options = Options {
        dialect: args.dialect,
        selection: Selection::new(&args.only, &args.skip),
        pwp: std::env::current_exe().map_err(Failure::internal)?,
        command,
        last_words,
        repetitions: args.repeat,
        limit: args.limit,
        known: Vec::new(),
    };
    let selection = options.selection.clone();
    let covers = |_: &Report, id| covers(&selection, id);
    check_selection(&selection)?;
    let features = adapter.about().features();
    let facts = || facts(adapter.about(), args.dialect, &features);
    let expected = (&args.expect, options.dialect, &features, &covers as _);
    judge(&args.output, facts, Some(expected), |reporter, known| {
        options.known = known;
        check_client(adapter, &options, reporter)
    })
}

/// Passes on why a client can't be used, and says so in the places of the reports.
fn no_client(args: &ClientRun, command: &str, error: ClientError) -> Failure {
    let about = About { name: command.to_owned(), command: vec![command.to_owned()], ..About::default() };
    could_not_begin(&args.output, facts(&about, args.dialect, &Features::new()), error.into())
}
