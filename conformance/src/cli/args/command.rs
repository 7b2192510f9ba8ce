//! The subcommands of `pwp`.

use clap::{Parser, Subcommand};

use super::catalogue::{Explain, Faults, List, Workload};
use super::check::{CheckWorker, Replay};
use super::client::CheckClient;
use super::session::{Call, Tap};
use super::tools::{PlanClient, Worker};

/// The conformance suite for persistent build workers.
#[derive(Debug, Parser)]
#[command(
    name = "pwp",
    version,
    about,
    after_help = "Exit codes: 0 conformant or as expected, 1 not conformant or an expectation that no longer holds, 2 usage, 3 the subject could not be started, 4 the suite itself failed.\n\nExample: pwp check worker -- ./my-worker"
)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
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
    Probe(crate::probe::Options),
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Check {
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
    Client(Box<CheckClient>),
}
