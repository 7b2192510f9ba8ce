//! The options of a client.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use pwp_proto::MAX_MESSAGE;

/// A setting for all mnemonics, with exceptions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerMnemonic<T> {
    /// The setting for every mnemonic that is not named.
    pub default: T,
    /// The settings for single mnemonics, by name.
    pub by_name: BTreeMap<String, T>,
}

impl<T: Copy> PerMnemonic<T> {
    /// The same setting for all mnemonics.
    pub const fn all(default: T) -> Self {
        Self { default, by_name: BTreeMap::new() }
    }

    /// The setting for `mnemonic`.
    pub fn get(&self, mnemonic: &str) -> T {
        self.by_name.get(mnemonic).copied().unwrap_or(self.default)
    }
}

/// Time limits and sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A worker with an open request that writes neither to standard output nor to its log for so long counts as hung, and is ended (C-080).
    pub silence: Duration,
    /// How long one request may take after it was written, also when the worker shows signs of life (C-080). The time limit of an action comes in
    /// its place.
    pub work: Duration,
    /// How long a worker may take to answer a cancelled request, from the moment that the cancel request was written.
    pub cancelled: Duration,
    /// How long a worker may take to end by itself after the end of its input and SIGTERM, before it is killed (C-132, C-133).
    pub grace: Duration,
    /// How long that may take for a worker that has misbehaved, or for whose end the user waits.
    pub short_grace: Duration,
    /// The largest response, in bytes (C-065): [`pwp_proto::MAX_MESSAGE`] by default.
    pub frame: usize,
    /// How much is kept of the output of an action in one-shot mode, in bytes.
    pub output: usize,
    /// How much the argfiles of one action may yield together, in bytes (C-034).
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
            frame: MAX_MESSAGE,
            output: 16 << 20,
            // More would make a request that no worker has to read.
            arguments: MAX_MESSAGE as u64,
        }
    }
}

/// The options of a client. The defaults are for a build on the machine of one person.
#[derive(Clone, Debug)]
pub struct Options {
    /// The absolute directory in which actions run and at which their relative paths start.
    pub directory: PathBuf,
    /// The absolute directory for logs and sandboxes. Only one client at a time can use it.
    pub state: PathBuf,
    /// How many singleplex workers one key may have (C-020). At least 1.
    pub max_instances: PerMnemonic<usize>,
    /// How many open requests one multiplex worker may have (C-021). At least 1.
    pub max_multiplex_instances: PerMnemonic<usize>,
    /// How many actions may wait for a slot of a pool. Further ones wait before they get that far, and none fails (C-023).
    pub max_waiting: usize,
    /// The startup flags that are added for a mnemonic, after `--persistent_worker` (C-003, C-004).
    pub extra_flags: BTreeMap<String, Vec<String>>,
    /// The mnemonics of high priority: actions of others are held back while one of these waits for a slot (C-024).
    pub high_priority: BTreeSet<String>,
    /// How long a worker may be idle before it is ended (C-026).
    pub idle_limit: Option<Duration>,
    /// How much resident memory all workers may need together, in bytes (C-027).
    pub memory_limit: Option<u64>,
    /// How often memory and idle times are looked at.
    pub poll_interval: Duration,
    /// Whether multiplex is used where an action declares it.
    pub multiplex: bool,
    /// Whether cancel requests are sent where an action declares that they are understood.
    pub cancellation: bool,
    /// Whether every request has a directory for itself.
    pub sandboxing: bool,
    /// Whether multiplex is used in a sandbox where an action declares `multiplex-sandboxing` (C-116).
    pub multiplex_sandboxing: bool,
    /// Whether an action that cannot have a worker runs in one-shot mode. Otherwise it fails with a message.
    pub one_shot: bool,
    /// How often an action is run again after a worker fault that was not a time limit (C-086).
    pub retries: u32,
    /// The `verbosity` of requests (C-054).
    pub verbosity: i32,
    /// Whether all workers are ended at the end of a build (C-136).
    pub quit_after_build: bool,
    /// Time limits and sizes.
    pub limits: Limits,
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
        }
    }
}
