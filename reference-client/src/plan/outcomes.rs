//! What a plan came to, as it is written at its end.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::outcome::{Outcome, Runner, Status};

/// What outcomes have in their field `schema`.
pub const OUTCOMES_SCHEMA: &str = "pwp/outcomes/v1";

/// What a plan came to. Times are in milliseconds since the plan was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcomes {
    /// [`OUTCOMES_SCHEMA`].
    pub schema: String,
    /// Each build that was begun.
    pub builds: Vec<BuildOutcome>,
    /// Each worker that was started, in the order of their numbers.
    pub workers: Vec<WorkerRecord>,
}

/// What a build came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BuildOutcome {
    /// Its name.
    pub name: String,
    /// Whether the user has interrupted it.
    pub interrupted: bool,
    /// When it was begun, after its steps.
    pub began_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// Its actions, in the order of the plan.
    pub actions: Vec<ActionOutcome>,
}

/// What an action came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ActionOutcome {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: StatusName,
    /// Its exit code, if it has one.
    pub exit_code: Option<i32>,
    /// What the tool printed.
    pub output: String,
    /// What the user is told of a failure that is not the tool's own.
    pub message: String,
    /// Outputs that are not there.
    pub missing: Vec<String>,
    /// Who ran it.
    pub runner: RunnerName,
    /// The worker's number.
    pub worker: Option<u64>,
    /// How often it was begun.
    pub attempts: u32,
    /// When it was begun.
    pub began_ms: u64,
    /// When it ended.
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
    /// Its number, from 1.
    pub number: u64,
    /// The mnemonic of its key.
    pub mnemonic: String,
    /// Its process id.
    pub pid: u32,
    /// The hash of its key.
    pub key: String,
    /// Its log.
    pub log: PathBuf,
    /// When it was started.
    pub began_ms: u64,
    /// When it and its group had ended.
    pub ended_ms: Option<u64>,
    /// Why it ended.
    pub cause: Option<String>,
    /// How its process ended.
    pub exit_status: Option<String>,
}

impl ActionOutcome {
    pub(super) fn new(name: &str, outcome: Outcome, began_ms: u64, ended_ms: u64) -> Self {
        let (mut exit_code, mut message, mut missing) = (None, String::new(), Vec::new());
        let status = match outcome.status {
            Status::Success => {
                exit_code = Some(0);
                StatusName::Success
            }
            Status::Failed(code) => {
                exit_code = Some(code);
                StatusName::Failed
            }
            Status::MissingOutputs(paths) => {
                exit_code = Some(0);
                missing = paths;
                StatusName::MissingOutputs
            }
            Status::WorkerFault(text) => {
                message = text;
                StatusName::WorkerFault
            }
            Status::Error(text) => {
                message = text;
                StatusName::Error
            }
            Status::Interrupted => StatusName::Interrupted,
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
