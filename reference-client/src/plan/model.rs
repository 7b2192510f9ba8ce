//! The plan as it stands in its file, with the settings of its client.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::options::Options;

/// The value of the field `schema` of a plan.
pub const PLAN_SCHEMA: &str = "pwp/plan/v1";

/// Builds that one client runs, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// The directory in which actions run. It is made if it is not there.
    pub directory: PathBuf,
    /// The directory for logs (`logs/`) and sandboxes (`sandbox/`).
    pub state: PathBuf,
    /// The settings of the client.
    #[serde(default)]
    pub client: Settings,
    /// The builds, in their order.
    pub builds: Vec<Build>,
}

/// The settings of a client; what is left out has the default of [`Options`] and its limits. Times are in milliseconds, sizes in bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "the fields of Options and Limits have the same names and say what they mean"
)]
pub struct Settings {
    pub max_instances: Option<usize>,
    pub max_instances_of: BTreeMap<String, usize>,
    pub max_multiplex_instances: Option<usize>,
    pub max_multiplex_instances_of: BTreeMap<String, usize>,
    pub max_waiting: Option<usize>,
    pub extra_flags: BTreeMap<String, Vec<String>>,
    pub high_priority: BTreeSet<String>,
    pub idle_limit_ms: Option<u64>,
    pub memory_limit: Option<u64>,
    pub poll_interval_ms: Option<u64>,
    pub multiplex: Option<bool>,
    pub cancellation: Option<bool>,
    pub sandboxing: Option<bool>,
    pub multiplex_sandboxing: Option<bool>,
    pub one_shot: Option<bool>,
    pub retries: Option<u32>,
    pub verbosity: Option<i32>,
    pub quit_after_build: Option<bool>,
    pub silence_ms: Option<u64>,
    pub work_ms: Option<u64>,
    pub cancelled_ms: Option<u64>,
    pub grace_ms: Option<u64>,
    pub short_grace_ms: Option<u64>,
    pub frame_limit: Option<usize>,
}

/// Actions that are wanted at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The name in the outcomes.
    #[serde(default)]
    pub name: String,
    /// The steps before the build, in their order.
    #[serde(default)]
    pub before: Vec<Step>,
    /// How many actions run at a time; without it, all of them.
    pub jobs: Option<usize>,
    /// The moment at which the user interrupts the build.
    pub interrupt_when: Option<When>,
    /// The actions of the build.
    pub actions: Vec<Action>,
}

/// Something that happens before a build.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Writes a file, and the directories above it.
    Write(WriteFile),
    /// Removes a file or directory.
    Remove(PathBuf),
    /// Ends all workers and removes a directory below `directory`, as a build tool's own cleaning does (C-138). An empty path is
    /// `directory` itself.
    Clean(PathBuf),
    /// Waits for a moment, at most half a minute.
    WaitFor(When),
}

/// A file to write.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteFile {
    /// The path of the file.
    pub path: PathBuf,
    /// The content of the file.
    pub content: String,
    /// Whether the file can be run.
    #[serde(default)]
    pub executable: bool,
}

/// A moment in a build.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// This file exists, absolute or below `directory`.
    Exists(PathBuf),
    /// So many milliseconds have passed.
    AfterMs(u64),
    /// No worker process of the client lives.
    NoWorkers,
}

/// One action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The name in the outcomes.
    pub name: String,
    /// The kind of action, such as `Javac`.
    pub mnemonic: String,
    /// The program, its startup flags and its argfile arguments.
    pub arguments: Vec<String>,
    /// The whole environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The files that the action may read.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// The files and directories that the action has to write.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// The declarations of its rule, such as `supports-workers` = `1`.
    #[serde(default)]
    pub requirements: BTreeMap<String, String>,
    /// The steps before the action is begun, in their order.
    #[serde(default)]
    pub before: Vec<Step>,
    /// The time limit of the action.
    pub timeout_ms: Option<u64>,
    /// The moment from which the user does not want the action any more, while the build goes on.
    pub interrupt_when: Option<When>,
    /// Another branch that runs at the same time as the worker.
    pub race: Option<Race>,
}

/// The branch of a race that is no worker: a process of one-shot mode in a directory of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Race {
    /// The command line of the branch.
    pub arguments: Vec<String>,
    /// The moment at which the branch begins.
    pub begin_when: Option<When>,
}

/// An input: a path, or more about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Input {
    /// The path of an ordinary file or directory.
    Path(String),
    /// A path, and more about it.
    Full {
        /// The path. A directory stands for all files below it.
        path: String,
        /// Whether the file belongs to the tool.
        #[serde(default)]
        tool: bool,
        /// The digest to send. Without it, SHA-256 of its content at the start of the build, in hexadecimal.
        digest: Option<String>,
    },
}

/// An output: a path, or more about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Output {
    /// The path of a file.
    Path(String),
    /// A file or directory.
    Full {
        /// The path of the output, written as that of a file in `Path`.
        path: String,
        /// Whether the output is a directory.
        #[serde(default)]
        directory: bool,
    },
}

impl Settings {
    /// The options of a client with these settings.
    pub fn options(&self, directory: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Options {
        let mut options = Options::new(directory, state);
        set(&mut options.max_instances.default, self.max_instances);
        set(&mut options.max_multiplex_instances.default, self.max_multiplex_instances);
        options.max_instances.by_name.clone_from(&self.max_instances_of);
        options.max_multiplex_instances.by_name.clone_from(&self.max_multiplex_instances_of);
        options.extra_flags.clone_from(&self.extra_flags);
        options.high_priority.clone_from(&self.high_priority);
        options.idle_limit = self.idle_limit_ms.map(Duration::from_millis);
        options.memory_limit = self.memory_limit;
        set(&mut options.poll_interval, self.poll_interval_ms.map(Duration::from_millis));
        set(&mut options.max_waiting, self.max_waiting);
        set(&mut options.multiplex, self.multiplex);
        set(&mut options.cancellation, self.cancellation);
        set(&mut options.sandboxing, self.sandboxing);
        set(&mut options.multiplex_sandboxing, self.multiplex_sandboxing);
        set(&mut options.one_shot, self.one_shot);
        set(&mut options.retries, self.retries);
        set(&mut options.verbosity, self.verbosity);
        set(&mut options.quit_after_build, self.quit_after_build);
        let limits = &mut options.limits;
        set(&mut limits.silence, self.silence_ms.map(Duration::from_millis));
        set(&mut limits.work, self.work_ms.map(Duration::from_millis));
        set(&mut limits.cancelled, self.cancelled_ms.map(Duration::from_millis));
        set(&mut limits.grace, self.grace_ms.map(Duration::from_millis));
        set(&mut limits.short_grace, self.short_grace_ms.map(Duration::from_millis));
        set(&mut limits.frame, self.frame_limit);
        options
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
