//! What to send, and to whom.

use std::path::PathBuf;
use std::time::Duration;

use pwp_proto::{Framing, WorkRequest};

use pwp_spec::Features;

/// The flag that makes a tool a worker (`WorkerSpawnRunner.java`).
pub(super) const FLAG: &str = "--persistent_worker";

/// What to send, and to whom.
#[derive(Debug, Clone)]
pub struct CallOptions {
    /// The worker's command line; `--persistent_worker` is added if it is not there.
    pub command: Vec<String>,
    /// The wire form.
    pub dialect: Framing,
    /// What the worker declares, by which it is judged.
    pub features: Features,
    /// What is sent.
    pub requests: Vec<WorkRequest>,
    /// All requests are sent before the first answer is waited for. Those without an id get one.
    pub parallel: bool,
    /// Each request is run without `--persistent_worker`, too.
    pub one_shot: bool,
    /// How long each answer is waited for; the first one includes the start of the worker.
    pub timeout: Duration,
    /// Where everything runs.
    pub folder: PathBuf,
}

/// The command line with the flag.
pub(super) fn with_flag(command: &[String]) -> Vec<String> {
    let mut argv = command.to_vec();
    if !argv.iter().any(|word| word == FLAG) {
        argv.push(FLAG.into());
    }
    argv
}
