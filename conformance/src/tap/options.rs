//! What a tap is asked for.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use pwp_proto::Framing;

use pwp_spec::Features;

/// The flag that makes a tool a worker (`WorkerSpawnRunner.java`).
const FLAG: &str = "--persistent_worker";

/// What a tap is asked for.
#[derive(Debug, Clone, Default)]
pub struct TapOptions {
    /// The worker's program and all its arguments.
    pub command: Vec<OsString>,
    /// The wire form; without it, what the first request is written in.
    pub dialect: Option<Framing>,
    /// What the worker declares; without it, what the client uses.
    pub features: Option<Features>,
    /// Where violations are written besides stderr; several taps may write the same file.
    pub log: Option<PathBuf>,
    /// The folder for the transcript of each worker.
    pub transcripts: Option<PathBuf>,
    /// The workload file that is made of what passes; several taps may write the same file.
    pub record: Option<PathBuf>,
    /// The report on the worker; that on its client stands beside it. Several taps may write the same file.
    pub report: Option<PathBuf>,
}

/// What a tap can't do for its user. It is said before the worker starts.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// A file or folder that can't be written.
    #[error("can't write {path}: {source}; choose a place that exists and can be written")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A workload that was not recorded.
    #[error("{path} was not written by `pwp tap`, and recording would replace it; choose another file")]
    NotRecorded {
        /// The file that was named.
        path: PathBuf,
    },
    /// A name that is not that of a report.
    #[error("{path} does not end in .json, as the name of a report does; choose another name")]
    NotJson {
        /// The file that was named.
        path: PathBuf,
    },
    /// A name that is not that of a workload.
    #[error("{path} does not end in .toml, as the name of a workload does; choose another name")]
    NotToml {
        /// The file that was named.
        path: PathBuf,
    },
}

impl OptionsError {
    /// For an error of the system about `path`.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}

impl TapOptions {
    /// Whether the client starts a worker. Otherwise it runs the tool once, and there is nothing to judge.
    pub fn is_worker(&self) -> bool {
        self.command.iter().any(|word| word == FLAG)
    }

    /// Whether further flags stand behind the one that makes the tool a worker.
    pub(super) fn has_startup_flags(&self) -> bool {
        self.command.iter().skip_while(|word| *word != FLAG).nth(1).is_some()
    }

    /// The command as text, with and without the flag.
    pub(super) fn argv(&self) -> Vec<String> {
        self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// The command without the flag, as workloads give it.
    pub(super) fn command_of_workload(&self) -> Vec<String> {
        self.argv().into_iter().filter(|word| word != FLAG).collect()
    }
}
