//! `pwp check client`.

use crate::client::{Adapter, Bazel, BazelOptions, ClientError, Options, PlanTool, check_client, covers};
use crate::report::{FirstError, Report};
use crate::selection::Selection;

use super::args::{CheckBazel, CheckClient, ClientRun};
use super::check::{finish, prepare, reporter};
use super::exit::{ExitCode, Failure};
use super::expect::with_expectations;

/// `pwp check client`.
pub(super) fn check(args: CheckClient) -> Result<ExitCode, Failure> {
    match args {
        CheckClient::Bazel(args) => bazel(args),
        CheckClient::Reference(args) => {
            prepare(&args.run.output)?;
            let pwp = std::env::current_exe().map_err(Failure::internal)?;
            let mut command = "pwp check client reference".to_owned();
            for name in &args.fault {
                pwp_client::faults::Faults::default().add(name).map_err(Failure::usage)?;
                command.push_str(&format!(" --fault {name}"));
            }
            run(&PlanTool::reference(&pwp, &args.fault)?, &args.run, command)
        }
        CheckClient::Command(args) => {
            prepare(&args.run.output)?;
            let name = args.template.first().cloned().unwrap_or_default();
            let tool = PlanTool::new(&name, args.template.clone(), &args.lacks.into_iter().collect())?;
            let command = format!("pwp check client command [...] -- {}", args.template.join(" "));
            run(&tool, &args.run, command)
        }
    }
}

fn bazel(args: CheckBazel) -> Result<ExitCode, Failure> {
    prepare(&args.run.output)?;
    let mut command = format!("pwp check client bazel --bin {}", args.bin.display());
    for flag in &args.startup_flag {
        command.push_str(&format!(" --startup-flag={flag}"));
    }
    for flag in &args.build_flag {
        command.push_str(&format!(" --build-flag={flag}"));
    }
    let folder = tempfile::Builder::new().prefix("pwp-").tempdir().map_err(Failure::internal)?;
    let options = BazelOptions { bin: args.bin, startup: args.startup_flag, build: args.build_flag };
    let bazel = Bazel::new(options, folder.path())?;
    if args.run.dialect == pwp_proto::Framing::Json && !bazel.version.has_json() {
        let problem =
            format!("version {} speaks proto only; leave --dialect json out", bazel.about().version);
        return Err(ClientError::Unusable { program: "bazel".into(), problem }.into());
    }
    run(&bazel, &args.run, command)
}

fn run(adapter: &dyn Adapter, args: &ClientRun, mut command: String) -> Result<ExitCode, Failure> {
    if args.dialect != pwp_proto::Framing::Proto {
        command.push_str(&format!(" --dialect {}", args.dialect));
    }
    let mut options = Options {
        dialect: args.dialect,
        selection: Selection::new(&args.only, &args.skip),
        pwp: std::env::current_exe().map_err(Failure::internal)?,
        command,
        repetitions: args.repeat,
        known: Vec::new(),
    };
    let errors = FirstError::default();
    let shown = reporter(&args.output, &errors);
    let selection = options.selection.clone();
    let covers = |_: &Report, id| covers(&selection, id);
    let features = adapter.about().features();
    let about = (options.dialect, &features);
    let report = with_expectations(&args.expect, &covers, about, shown, |reporter, known| {
        options.known = known;
        check_client(adapter, &options, reporter)
    });
    finish(report, &args.output, &errors)
}
