//! `pwp worker`, the reference worker and `wrap`, and `pwp probe`, the worker that `pwp check client` gives to a build tool.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use pwp_proto::Framing;
use pwp_worker::wrap::Wrapper;

use crate::probe;

use super::exit::{ExitCode, Failure};
use super::value::time;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Worker {
    #[command(subcommand)]
    tool: Option<WorkerTool>,
    /// Arguments of the reference worker; see reference-worker/README.md.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    arguments: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum WorkerTool {
    /// Make a worker of any one-shot tool: one child process for each request.
    #[command(
        after_help = "A request becomes COMMAND with the request's arguments behind it, in sandbox_dir. What it prints becomes output.\n\
            --persistent_worker is taken out of COMMAND, wherever it stands. Without it, COMMAND runs once.\n\
            ${pwd} in COMMAND stands for the directory in which the worker was started.\n\n\
            Examples:\n  pwp worker wrap -- gcc -O2 --persistent_worker\n  \
            pwp worker wrap --dialect json --jobs 8 -- python3 '${pwd}/tool.py' --persistent_worker\n  \
            pwp check worker --feature multiplex,cancellation,multiplex-sandboxing -- pwp worker wrap -- gcc"
    )]
    Wrap {
        /// The wire form to speak.
        #[arg(long, value_name = "DIALECT", default_value = "proto")]
        dialect: Framing,
        /// Children that run at once; one for each processor without it. Further requests wait.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        jobs: Option<u16>,
        /// Who reads arguments of the form @file.
        #[arg(long, value_enum, default_value_t = Argfile::Expand)]
        argfile: Argfile,
        /// How long a cancelled tool has from SIGTERM to SIGKILL, for example 2s or 500ms.
        #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time)]
        grace: Duration,
        /// The tool's command line.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

/// Who reads argfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Argfile {
    /// The worker: each line is one argument. Fits every tool.
    Expand,
    /// The tool, as gcc and javac do, with their own rules for quotes and without a limit on the length.
    Keep,
}

/// Runs the worker in this process.
pub(super) fn worker(args: Worker) -> Result<ExitCode, Failure> {
    let Some(WorkerTool::Wrap { dialect, jobs, argfile, grace, command }) = args.tool else {
        return Ok(ExitCode::Worker(pwp_worker::reference::run(args.arguments)));
    };
    let wrapper = Wrapper::new(command).map_err(Failure::usage)?;
    let mut wrapper = wrapper.dialect(dialect).argfiles(argfile == Argfile::Expand).grace(grace);
    if let Some(jobs) = jobs {
        wrapper = wrapper.jobs(jobs.into());
    }
    Ok(ExitCode::Worker(wrapper.run()))
}

/// Obeys a scenario until the client or the scenario ends it.
pub(super) fn probe(options: probe::Options) -> Result<ExitCode, Failure> {
    probe::run(options).map(ExitCode::Worker).map_err(Failure::usage)
}
