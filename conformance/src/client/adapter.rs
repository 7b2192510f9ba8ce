//! How a build tool is made to run cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pwp_proto::Framing;

use crate::files::Folder;
use crate::oracle::across::{BuildSeen, EndSeen, StatusSeen};
use crate::process::{NO_ROOM, is_exhausted};
use crate::runner::Command;
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
    pub(crate) can: BTreeSet<Need>,
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
    /// A folder of its own, which is empty.
    pub folder: Folder,
    /// A folder that all lanes of a run share.
    pub shared: &'a Folder,
    /// The wire form.
    pub dialect: Framing,
    /// How long a build may take.
    pub limit: Duration,
    /// The program that is the probe.
    pub pwp: &'a Path,
}

/// The outcome of a case, in the types that the judge takes.
#[derive(Debug, Default)]
pub struct CaseOutcome {
    /// The builds that were begun, in their order.
    pub builds: Vec<BuildSeen>,
    /// How the client says that each action ended, by the name of the action. No two actions of a case have the same name.
    pub actions: BTreeMap<String, StatusSeen>,
    /// The end of the client. An adapter says nothing of the processes that are left: the suite looks for those itself.
    pub end: EndSeen,
    /// The directory in which outputs have their places; empty if it is not known.
    pub outputs_in: String,
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
    /// The system has no room for a process or a file, which says nothing about the client.
    #[error("can't start {program}: {source}; {remedy}", remedy = NO_ROOM)]
    NoRoom {
        /// The program.
        program: String,
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
}

impl ClientError {
    pub(super) fn unusable(program: &str, problem: impl Into<String>) -> Self {
        Self::Unusable { program: program.to_owned(), problem: problem.into() }
    }

    pub(super) fn not_started(program: &str, source: std::io::Error) -> Self {
        if is_exhausted(&source) {
            return Self::NoRoom { program: program.to_owned(), source };
        }
        Self::unusable(program, format!("it can't be started: {source}"))
    }
}

/// The command of a client, with the path of its program.
pub(super) fn resolve(words: &[String]) -> Result<Command, ClientError> {
    let unusable = |problem| ClientError::unusable(words.first().map_or("", String::as_str), problem);
    let folder = std::env::current_dir().map_err(|error| unusable(error.to_string()))?;
    Command::resolve(words, &folder).map_err(|error| unusable(error.to_string()))
}

/// A build tool that can run cases.
pub trait Adapter: Sync {
    /// What is known of it.
    fn about(&self) -> &About;

    /// Runs the cases of a lane with one process of the client, and ends it. Ends in bounded time, whatever the client does.
    ///
    /// # Errors
    /// Where the suite fails; what the client does wrong is no error.
    fn run(&self, lane: &Lane<'_>) -> Result<Vec<CaseOutcome>, ClientError>;
}
