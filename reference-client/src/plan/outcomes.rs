//! The outcomes of a plan, as they are written at its end.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::outcome::{Outcome, Runner, Status};

/// The value of the field `schema` of outcomes.
pub const OUTCOMES_SCHEMA: &str = "pwp/outcomes/v1";

/// The outcomes of a plan. Times are in milliseconds since the plan was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcomes {
    /// [`OUTCOMES_SCHEMA`].
    pub schema: String,
    /// The builds that were begun.
    pub builds: Vec<BuildOutcome>,
    /// The workers that were started, in the order of their numbers.
    pub workers: Vec<WorkerRecord>,
}

/// The outcome of a build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BuildOutcome {
    /// The name in the plan.
    pub name: String,
    /// Whether the user has interrupted the build.
    pub interrupted: bool,
    /// When the build was begun, after its steps.
    pub began_ms: u64,
    /// When it had ended.
    pub ended_ms: u64,
    /// The actions of the build, in the order of the plan.
    pub actions: Vec<ActionOutcome>,
}

/// The outcome of an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionOutcome {
    /// The name in the plan.
    pub name: String,
    /// How the action ended.
    pub status: StatusName,
    /// The exit code of the action, if it has one.
    pub exit_code: Option<i32>,
    /// The text that the tool printed.
    pub output: String,
    /// The message about a failure that is not the tool's own.
    pub message: String,
    /// The declared outputs that are not there.
    pub missing: Vec<String>,
    /// The worker or process that ran the action.
    pub runner: RunnerName,
    /// The number of the worker.
    pub worker: Option<u64>,
    /// How often the action was begun.
    pub attempts: u32,
    /// When the action was begun.
    pub began_ms: u64,
    /// When it had ended.
    pub ended_ms: u64,
}

/// [`Status`] without what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants of Status have the same names and say what they mean")]
pub enum StatusName {
    Success,
    Failed,
    MissingOutputs,
    WorkerFault,
    Error,
    Interrupted,
}

/// [`Runner`] without the worker's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants of Runner have the same names and say what they mean")]
pub enum RunnerName {
    None,
    Worker,
    OneShot,
    Other,
}

/// One worker process. A tool that knows less of it leaves the rest out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkerRecord {
    /// The number of the worker: workers are counted from 1.
    pub number: u64,
    /// The mnemonic of its worker key.
    pub mnemonic: String,
    /// The process id.
    pub pid: u32,
    /// The hash of its worker key.
    pub key: String,
    /// The file that takes its standard error.
    pub log: PathBuf,
    /// When the worker was started.
    pub began_ms: u64,
    /// When the process and its group had ended.
    pub ended_ms: Option<u64>,
    /// Why the worker ended.
    pub cause: Option<String>,
    /// The exit status of its process.
    pub exit_status: Option<String>,
}

impl ActionOutcome {
    pub(super) fn new(name: &str, outcome: Outcome, began_ms: u64, ended_ms: u64) -> Self {
        let (status, exit_code, message, missing) = match outcome.status {
            Status::Success => (StatusName::Success, Some(0), String::new(), Vec::new()),
            Status::Failed(code) => (StatusName::Failed, Some(code), String::new(), Vec::new()),
            Status::MissingOutputs(missing) => (StatusName::MissingOutputs, Some(0), String::new(), missing),
            Status::WorkerFault(message) => (StatusName::WorkerFault, None, message, Vec::new()),
            Status::Error(message) => (StatusName::Error, None, message, Vec::new()),
            Status::Interrupted => (StatusName::Interrupted, None, String::new(), Vec::new()),
        };
        let (runner, worker) = match outcome.runner {
            Runner::None => (RunnerName::None, None),
            Runner::Worker(number) => (RunnerName::Worker, Some(number)),
            Runner::OneShot => (RunnerName::OneShot, None),
            Runner::Other => (RunnerName::Other, None),
        };
        Self {
            name: name.to_owned(),
            status,
            exit_code,
            output: outcome.output,
            message,
            missing,
            runner,
            worker,
            attempts: outcome.attempts,
            began_ms,
            ended_ms,
        }
    }
}
