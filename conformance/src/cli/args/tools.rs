//! What can be typed behind `pwp worker` and `pwp client`.

use std::time::Duration;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::value::time;

#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Worker {
    #[command(subcommand)]
    pub(in crate::cli) tool: Option<WorkerTool>,
    /// Arguments of the reference worker; see reference-worker/README.md.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(in crate::cli) arguments: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WorkerTool {
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
pub(in crate::cli) struct PlanClient {
    /// `[--fault=NAME]... [--outcomes=FILE] PLAN`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    pub(in crate::cli) arguments: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct Wrap {
    /// The wire form to speak.
    #[arg(long, value_name = "DIALECT", default_value = "proto")]
    pub(in crate::cli) dialect: pwp_proto::Framing,
    /// Children that run at once; one for each processor without it. Further requests wait.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Who reads arguments of the form @file.
    #[arg(long, value_enum, default_value_t = Argfile::Expand)]
    pub(in crate::cli) argfile: Argfile,
    /// How long a cancelled tool has from SIGTERM to SIGKILL, for example 2s or 500ms.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time)]
    pub(in crate::cli) grace: Duration,
    /// The tool's command line.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(in crate::cli) command: Vec<std::ffi::OsString>,
}

/// Who reads argfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Argfile {
    /// The worker: each line is one argument. Fits every tool.
    Expand,
    /// The tool, as gcc and javac do, with their own rules for quotes and without a limit on the length.
    Keep,
}
