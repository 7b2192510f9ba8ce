//! What the user of a client can set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::faults::Faults;

/// A setting for all mnemonics, with exceptions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerMnemonic<T> {
    /// For every mnemonic that is not named.
    pub default: T,
    /// By mnemonic.
    pub by_name: BTreeMap<String, T>,
}

impl<T: Copy> PerMnemonic<T> {
    /// The same for all.
    pub const fn all(default: T) -> Self {
        Self { default, by_name: BTreeMap::new() }
    }

    /// What holds for `mnemonic`.
    pub fn get(&self, mnemonic: &str) -> T {
        self.by_name.get(mnemonic).copied().unwrap_or(self.default)
    }
}

/// How long the client waits, and how much it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A worker with an open request that writes neither to standard output nor to its log for so long is taken for hung (C-080).
    pub silence: Duration,
    /// What one request may take from the moment that it was written, also when the worker shows signs of life. An action's own time
    /// limit comes in its place.
    pub work: Duration,
    /// What a cancelled request may take to be answered, from the moment that the cancel request was written.
    pub cancelled: Duration,
    /// What a worker may take to end by itself after the end of its input and SIGTERM, before it is killed (C-132, C-133).
    pub grace: Duration,
    /// The same for a worker that has misbehaved, or that the user waits for.
    pub short_grace: Duration,
    /// The largest response, in bytes (C-065).
    pub frame: usize,
    /// What is kept of the output of an action in one-shot mode, in bytes.
    pub output: usize,
    /// What the expansion of the argfiles of one action may yield, in bytes (C-034).
    pub arguments: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(600),
            work: Duration::from_secs(3600),
            cancelled: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            short_grace: Duration::from_secs(1),
            frame: 64 << 20,
            output: 16 << 20,
            arguments: 64 << 20,
        }
    }
}

/// What the user of a client can set. The defaults are for a build on the machine of one person.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where actions run and their relative paths start; absolute.
    pub directory: PathBuf,
    /// Where the client keeps logs and sandboxes; absolute. Nobody else uses it while the client lives.
    pub state: PathBuf,
    /// How many singleplex workers one key may have (C-020). At least 1.
    pub max_instances: PerMnemonic<usize>,
    /// How many open requests one multiplex worker may have (C-021). At least 1.
    pub max_multiplex_instances: PerMnemonic<usize>,
    /// How many actions may wait for a place in a pool. Further ones wait before they get that far; none fails (C-023).
    pub max_waiting: usize,
    /// Startup flags that are added for a mnemonic, after `--persistent_worker` (C-003, C-004).
    pub extra_flags: BTreeMap<String, Vec<String>>,
    /// Actions of other mnemonics are held back while one of these waits for a place (C-024).
    pub high_priority: BTreeSet<String>,
    /// Workers that were idle for so long are ended (C-026).
    pub idle_limit: Option<Duration>,
    /// Resident memory of all workers together, in bytes (C-027).
    pub memory_limit: Option<u64>,
    /// How often memory and idle times are looked at.
    pub poll_interval: Duration,
    /// Use multiplex where an action declares it.
    pub multiplex: bool,
    /// Send cancel requests where an action declares that they are understood.
    pub cancellation: bool,
    /// Give every request a directory of its own.
    pub sandboxing: bool,
    /// Use multiplex in a sandbox where an action declares `multiplex-sandboxing` (C-116).
    pub multiplex_sandboxing: bool,
    /// Run actions in one-shot mode that can't have a worker. Without it they fail with a message.
    pub one_shot: bool,
    /// How often an action is run again after a worker fault that was not a time limit (C-086).
    pub retries: u32,
    /// What requests ask for in `verbosity` (C-054).
    pub verbosity: i32,
    /// End all workers at the end of a build (C-136).
    pub quit_after_build: bool,
    /// Times and sizes.
    pub limits: Limits,
    /// What to do wrong; nothing.
    pub faults: Faults,
}

impl Options {
    /// The defaults, for actions that run in `directory`, with logs and sandboxes below `state`. Both are absolute.
    pub fn new(directory: impl Into<PathBuf>, state: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            state: state.into(),
            max_instances: PerMnemonic::all(4),
            max_multiplex_instances: PerMnemonic::all(8),
            max_waiting: 16_384,
            extra_flags: BTreeMap::new(),
            high_priority: BTreeSet::new(),
            idle_limit: None,
            memory_limit: None,
            poll_interval: Duration::from_secs(1),
            multiplex: true,
            cancellation: true,
            sandboxing: false,
            multiplex_sandboxing: true,
            one_shot: true,
            retries: 1,
            verbosity: 0,
            quit_after_build: false,
            limits: Limits::default(),
            faults: Faults::default(),
        }
    }
}
