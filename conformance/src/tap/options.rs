//! What a tap is asked for.

use std::ffi::OsString;
use std::path::PathBuf;

use pwp_proto::Framing;
use pwp_spec::Features;

/// The flag that makes a tool a worker (`WorkerSpawnRunner.java`).
const FLAG: &str = "--persistent_worker";

/// What a tap is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct TapOptions {
    /// The worker's program and all its arguments.
    pub(crate) command: Vec<OsString>,
    /// The wire form; without it, what the first request is written in.
    pub(crate) dialect: Option<Framing>,
    /// What the worker declares; without it, what the client uses.
    pub(crate) features: Option<Features>,
    /// Where violations are written besides stderr; several taps may write the same file.
    pub(crate) log: Option<PathBuf>,
    /// The folder for the transcript of each worker.
    pub(crate) transcripts: Option<PathBuf>,
    /// The workload file that is made of what passes; several taps may write the same file.
    pub(crate) record: Option<PathBuf>,
    /// The report on the worker; that on its client stands beside it. Several taps may write the same file.
    pub(crate) report: Option<PathBuf>,
}

impl TapOptions {
    /// Whether the client starts a worker. Otherwise it runs the tool once, and there is nothing to judge.
    pub(super) fn is_worker(&self) -> bool {
        self.command.iter().any(|word| word == FLAG)
    }

    /// Whether further flags stand behind the one that makes the tool a worker.
    pub(super) fn has_startup_flags(&self) -> bool {
        self.command.iter().skip_while(|word| *word != FLAG).nth(1).is_some()
    }

    /// The command as text.
    pub(super) fn argv(&self) -> Vec<String> {
        self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// The command without the flag, as workloads give it.
    pub(super) fn command_of_workload(&self) -> Vec<String> {
        self.argv().into_iter().filter(|word| word != FLAG).collect()
    }
}
