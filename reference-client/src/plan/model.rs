//! The plan as it stands in its file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::settings::Settings;

/// What a plan has in its field `schema`.
pub const PLAN_SCHEMA: &str = "pwp/plan/v1";

/// Builds that one client runs, one after the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// Where actions run. It is made if it is not there.
    pub directory: PathBuf,
    /// Where logs (`logs/`) and sandboxes (`sandbox/`) are kept.
    pub state: PathBuf,
    /// What the client is set to.
    #[serde(default)]
    pub client: Settings,
    /// The builds.
    pub builds: Vec<Build>,
}

/// Actions that are wanted at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// What it is called in the outcomes.
    #[serde(default)]
    pub name: String,
    /// What happens before it, in this order.
    #[serde(default)]
    pub before: Vec<Step>,
    /// How many actions run at a time. Without it, all of them.
    #[serde(default)]
    pub jobs: Option<usize>,
    /// When the user interrupts it.
    #[serde(default)]
    pub interrupt_when: Option<When>,
    /// What is to be done.
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
    /// Waits until something is so, at most half a minute.
    WaitFor(When),
}

/// A file to write.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteFile {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub content: String,
    /// Whether it can be run.
    #[serde(default)]
    pub executable: bool,
}

/// A moment.
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
    /// What it is called in the outcomes.
    pub name: String,
    /// Its kind, such as `Javac`.
    pub mnemonic: String,
    /// Program, startup flags, argfile arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Every file that it may read.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// What it has to write.
    #[serde(default)]
    pub outputs: Vec<Output>,
    /// What its rule declares, such as `supports-workers` = `1`.
    #[serde(default)]
    pub requirements: BTreeMap<String, String>,
    /// What happens in its build before it is wanted, in this order.
    #[serde(default)]
    pub before: Vec<Step>,
    /// Its time limit.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// When the user does not want it any more, while the build goes on.
    #[serde(default)]
    pub interrupt_when: Option<When>,
    /// Another branch, against which the worker is raced.
    #[serde(default)]
    pub race: Option<Race>,
}

/// The branch of a race that is no worker: a process of one-shot mode in a directory of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Race {
    /// Its command line.
    pub arguments: Vec<String>,
    /// When it begins.
    #[serde(default)]
    pub begin_when: Option<When>,
}

/// An input: a path, or more about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Input {
    /// An ordinary file or directory.
    Path(String),
    /// More about it.
    Full {
        /// Its path. A directory stands for all files below it.
        path: String,
        /// Whether it belongs to the tool.
        #[serde(default)]
        tool: bool,
        /// The digest to send. Without it, SHA-256 of its content at the start of the build, in hexadecimal.
        #[serde(default)]
        digest: Option<String>,
    },
}

/// An output: a path, or more about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Output {
    /// A file.
    Path(String),
    /// A file or directory.
    Full {
        /// Its path.
        path: String,
        /// Whether it is a directory.
        #[serde(default)]
        directory: bool,
    },
}
