//! What is known of one case: what was declared, what each process of the probe saw, what the client said.
//!
//! All times are on one monotonic clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pwp_proto::Framing;
use serde::{Deserialize, Serialize};

use crate::history::ProcessHistory;
use pwp_spec::{Features, RequirementId};

/// One case, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The wire form that the actions declare.
    pub dialect: Framing,
    /// The actions, in the order of the builds.
    pub actions: Vec<ActionSeen>,
    /// The processes of the probe, in the order of their starts.
    pub sessions: Vec<ProcessHistory>,
    /// The builds.
    pub builds: Vec<BuildSeen>,
    /// How the client ended.
    pub end: EndSeen,
    /// Variables that the client documents for workers.
    pub documented: BTreeSet<String>,
    /// The limits and the other settings that were given to the client.
    pub bounds: Settings,
    /// What the case expects of the processes.
    pub processes: Vec<ProcessesExpected>,
    /// What a client breaks that never comes to an end.
    pub hang: Option<RequirementId>,
}

/// What a client is set to, in the form in which a case file says it. What is left out is up to the client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Singleplex workers of one key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
    /// Open requests at one multiplex worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_multiplex_instances: Option<u32>,
    /// Extra startup flags, by mnemonic.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_flags: BTreeMap<String, Vec<String>>,
    /// Run workers in sandboxes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sandboxing: bool,
    /// Send cancel requests.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancellation: bool,
    /// How long a worker may be silent, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_limit_ms: Option<u64>,
    /// How long a worker may be idle, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_limit_ms: Option<u64>,
    /// How much memory all workers may take together, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit_mb: Option<u64>,
    /// End all workers at the end of each build.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quit_after_build: bool,
    /// Ask workers for this verbosity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<i32>,
}

/// What an action declares, with all its paths as they are in this client.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Declared {
    /// Its name.
    pub name: String,
    /// Its build, from 0.
    pub build: usize,
    /// Its mnemonic.
    pub mnemonic: String,
    /// The dialect, where it is not that of the case.
    pub dialect: Option<Framing>,
    /// The startup flags.
    pub startup: Vec<String>,
    /// The arguments of its request, each with the requirement by which it has to look so. U+0000 stands for the folders
    /// that a client puts in front of a path. Empty: not known.
    pub request: Vec<(String, RequirementId)>,
    /// Arguments of which nobody says where they belong: `@@…` and labels.
    pub open: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// What it declares beyond being a worker.
    pub features: Features,
    /// It declares to be a worker.
    pub worker: bool,
    /// It has an argfile argument.
    pub argfile: bool,
    /// Its inputs, tool files among them. The end of each path.
    pub inputs: Vec<String>,
    /// What inputs that change from build to build hold when it runs: the end of each path, and the SHA-256 in hex.
    pub contents: Vec<(String, String)>,
    /// Its worker is raced against a process for this action alone.
    pub raced: bool,
    /// Its user gives it up while it runs.
    pub given_up: bool,
    /// The directory in which its outputs have their places; empty if it is not known.
    pub outputs_in: String,
    /// The versions of its tool files.
    pub tools: [String; 2],
}

impl Declared {
    /// Whether an argument names an argfile, so that it belongs to the request and not to the startup flags.
    pub fn is_argfile(argument: &str) -> bool {
        argument.starts_with('@') || argument.starts_with("--flagfile=") || argument.starts_with("-flagfile=")
    }
}

/// An action and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionSeen {
    /// What it declares.
    pub declared: Declared,
    /// What came of it.
    pub status: StatusSeen,
    /// What had to come of it.
    pub expected: Vec<Expectation>,
}

/// What came of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
pub enum StatusSeen {
    /// The client says that it succeeded.
    #[strum(to_string = "succeeded")]
    Succeeded,
    /// The client says that it failed.
    #[strum(to_string = "failed")]
    Failed,
    /// The build was interrupted before it ended.
    #[strum(to_string = "was interrupted")]
    Interrupted,
    /// It never ended.
    #[strum(to_string = "never ended")]
    Hung,
    /// The client does not say.
    #[strum(to_string = "is not told of")]
    Unknown,
}

/// An outcome that an action must have, in the form in which a case file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The requirement that any other outcome violates.
    #[serde(rename = "for")]
    pub requirement: RequirementId,
    /// How the action has to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusWanted>,
    /// A text that the client's messages have to contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// A text that the client's messages must not contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_about: Option<String>,
}

/// How an action has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusWanted {
    /// The client has to report success.
    Succeeded,
    /// The client has to report failure.
    Failed,
    /// The action has to end, in whatever way.
    Ended,
}

/// A build and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSeen {
    /// When it was begun.
    pub began: Duration,
    /// When it had ended, or was ended by force.
    pub ended: Duration,
    /// When the user interrupted it.
    pub interrupted: Option<Duration>,
    /// What is broken if the interrupt does not end it.
    pub interrupted_for: Option<RequirementId>,
    /// It did not end within the time limit, in seconds.
    pub hung: Option<u64>,
    /// Whether an interrupt ended it then.
    pub freed: Option<bool>,
    /// The client ended abnormally: how.
    pub crashed: Option<String>,
    /// What the client printed, the end of it.
    pub messages: String,
}

/// How a client ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndSeen {
    /// When it was asked to end.
    pub began: Duration,
    /// When it had ended, or was ended by force.
    pub ended: Duration,
    /// It was killed on purpose.
    pub killed: bool,
    /// It was ended by force, because it hung.
    pub forced: bool,
    /// Processes of the probe that the case itself has killed: numbers of sessions.
    pub killed_by_case: Vec<usize>,
    /// Processes of the probe that were alive afterwards, and after a while: numbers of sessions.
    pub left: Vec<usize>,
    /// Children of the probe that were alive afterwards, by the number of the session.
    pub children_left: Vec<usize>,
    /// Sandbox directories that were there afterwards.
    pub sandboxes_left: Vec<String>,
    /// Of each action that was raced, which processes have signed what was in its outputs: numbers of sessions, from 1.
    pub signed: BTreeMap<String, Vec<u32>>,
    /// The logs of workers that the client names; nothing if it can't be asked for them.
    pub logs: Option<Vec<LogSeen>>,
    /// Files that nobody declared, and that are where the declared outputs are.
    pub moved: Vec<String>,
}

/// The log of a worker, as the client names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSeen {
    /// Where.
    pub path: String,
    /// What is in it, the beginning of it.
    pub text: String,
}

/// What a case expects of the processes of the probe, in the form in which a case file says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessesExpected {
    /// What is broken otherwise.
    #[serde(rename = "for")]
    pub requirement: RequirementId,
    /// These actions were given to one process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<String>,
    /// No two of these actions were given to one process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub apart: Vec<String>,
    /// This action was given to no worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_worker: Option<String>,
    /// The probe came to this mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The requests of this action had the `request_id` 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub singleplex: Option<String>,
    /// The first request of this action was answered by the process that got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
}
