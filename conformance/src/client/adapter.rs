//! How a build tool is made to run cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use pwp_proto::Framing;

use crate::oracle::client_side::{LogSeen, StatusSeen};
use pwp_spec::Features;

use super::case::{Case, Need};

/// What is known of a build tool before it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Its name, such as `bazel`.
    pub name: String,
    /// Its version, as it says it; empty if it says none.
    pub version: String,
    /// The command that starts it.
    pub command: Vec<String>,
    /// What it can be made to do.
    pub can: BTreeSet<Need>,
    /// Variables that it documents for workers.
    pub documented: BTreeSet<String>,
    /// One process of it can run several cases, one after the other.
    pub shares: bool,
}

impl About {
    /// The features of the standard that it has.
    pub fn features(&self) -> Features {
        self.can.iter().filter_map(|need| need.feature()).collect()
    }
}

/// One life of a client: cases that it runs one after the other.
#[derive(Debug)]
pub struct Lane<'a> {
    /// The cases.
    pub cases: Vec<&'a Case>,
    /// A folder of its own, absolute and empty.
    pub folder: PathBuf,
    /// A folder that all lanes of a run share.
    pub shared: PathBuf,
    /// The wire form.
    pub dialect: Framing,
    /// How long a build may take.
    pub limit: Duration,
    /// The program that is the probe.
    pub pwp: PathBuf,
}

/// What came of a case.
#[derive(Debug, Default)]
pub struct RanCase {
    /// The builds.
    pub builds: Vec<RanBuild>,
    /// The end of the client.
    pub end: RanEnd,
    /// The directory that the paths of `inputs` and so on are relative to, as the tool uses them: what stands in
    /// front of the names of generated files.
    pub generated: String,
    /// The directory in which outputs have their places; empty if it is not known.
    pub outputs_in: String,
    /// Of each action that was raced, which processes have signed what is in its outputs when all is over.
    pub signed: BTreeMap<String, Vec<u32>>,
    /// The logs of workers that the client names; nothing if it can't be asked for them.
    pub logs: Option<Vec<LogSeen>>,
}

/// What came of a build. Times are microseconds of the monotonic clock.
#[derive(Debug, Clone, Default)]
pub struct RanBuild {
    /// When it was begun.
    pub began: u64,
    /// When it ended, or was ended by force.
    pub ended: u64,
    /// When it was interrupted.
    pub interrupted: Option<u64>,
    /// It did not end in time.
    pub hung: Option<Duration>,
    /// Whether an interrupt ended it then.
    pub freed: Option<bool>,
    /// It crashed: how.
    pub crashed: Option<String>,
    /// What was printed.
    pub messages: String,
    /// What came of the actions, in their order.
    pub actions: Vec<RanAction>,
}

/// What came of an action.
#[derive(Debug, Clone)]
pub struct RanAction {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: StatusSeen,
}

/// How a client ended.
#[derive(Debug, Clone, Default)]
pub struct RanEnd {
    /// When it was asked to.
    pub began: u64,
    /// When it had.
    pub ended: u64,
    /// By SIGKILL, on purpose.
    pub killed: bool,
    /// By force.
    pub forced: bool,
    /// Sandboxes that were there afterwards.
    pub sandboxes_left: Vec<String>,
    /// Files that nobody declared, and that are where the declared outputs are.
    pub moved: Vec<String>,
}

/// Why a client could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It can't be started, or is not what it was taken for.
    #[error("{program} can't be used: {problem}")]
    Unusable {
        /// The program.
        program: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A file can't be written or read.
    #[error("can't write below {path}: {source}; make room, or set TMPDIR to another folder")]
    Folder {
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// What it says of its actions can't be read.
    #[error(
        "{program} gives no outcomes that can be read: {problem}; see conformance/CLIENTS.md for their form"
    )]
    Outcomes {
        /// The program.
        program: String,
        /// What is wrong.
        problem: String,
    },
    /// A pattern of `--only` or `--skip` matches nothing.
    #[error(
        "{0:?} matches no case and no requirement; `pwp list --role client` names the requirements, conformance/CLIENTS.md the cases"
    )]
    Selection(String),
    /// The user has ended the run.
    #[error("interrupted before the first case was judged; run it again")]
    Interrupted,
}

/// A build tool that can run cases.
pub trait Adapter: Sync {
    /// What is known of it.
    fn about(&self) -> &About;

    /// Runs the cases of a lane with one process of the client, and ends it. Ends in bounded time, whatever the client does.
    ///
    /// # Errors
    /// Where the suite fails; what the client does wrong is no error.
    fn run(&self, lane: &Lane<'_>) -> Result<Vec<RanCase>, ClientError>;
}
