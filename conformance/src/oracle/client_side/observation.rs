//! What is known of one case: what was declared, what each process of the probe saw, what the client said.
//!
//! All times are microseconds of one monotonic clock.

use std::collections::{BTreeMap, BTreeSet};

use pwp_proto::Framing;

use pwp_spec::{Features, RequirementId};

/// One case, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The wire form that the actions declare.
    pub dialect: Framing,
    /// The actions, in the order of the builds.
    pub actions: Vec<ActionSeen>,
    /// The processes of the probe, in the order of their starts.
    pub sessions: Vec<Session>,
    /// The builds.
    pub builds: Vec<BuildSeen>,
    /// How the client ended.
    pub end: EndSeen,
    /// Variables that the client documents for workers.
    pub documented: BTreeSet<String>,
    /// What stood in the client's own environment and in no action's.
    pub foreign: BTreeMap<String, String>,
    /// The limits that were given to the client.
    pub bounds: Bounds,
    /// What the case expects of the processes.
    pub processes: Vec<ProcessRule>,
    /// What a client breaks that never comes to an end.
    pub hang: Option<RequirementId>,
}

/// The limits that were given to a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Singleplex workers of one key.
    pub max_instances: Option<u32>,
    /// Open requests at one multiplex worker.
    pub max_multiplex_instances: Option<u32>,
    /// Extra startup flags, by mnemonic.
    pub extra_flags: BTreeMap<String, Vec<String>>,
    /// Workers run in sandboxes.
    pub sandboxing: bool,
    /// How long a worker may be idle, in milliseconds.
    pub idle_limit_ms: Option<u64>,
    /// How much memory all workers may take together, in bytes.
    pub memory_limit: Option<u64>,
    /// The verbosity that was asked for.
    pub verbosity: i32,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusSeen {
    /// The client says that it succeeded.
    Succeeded,
    /// The client says that it failed.
    Failed,
    /// The build was interrupted before it ended.
    Interrupted,
    /// It never ended.
    Hung,
    /// The client does not say.
    Unknown,
}

impl std::fmt::Display for StatusSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Interrupted => "was interrupted",
            Self::Hung => "never ended",
            Self::Unknown => "is not told of",
        })
    }
}

/// What had to come of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// What is broken otherwise.
    pub requirement: RequirementId,
    /// How it has to end.
    pub status: Option<StatusWanted>,
    /// What the messages have to contain.
    pub says: Option<String>,
    /// What they must not contain.
    pub silent_about: Option<String>,
}

/// How an action has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWanted {
    /// With success.
    Succeeded,
    /// With failure.
    Failed,
    /// In whatever way.
    Ended,
}

/// A build and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildSeen {
    /// When it was begun.
    pub began: u64,
    /// When it had ended, or was ended by force.
    pub ended: u64,
    /// When the user interrupted it.
    pub interrupted: Option<u64>,
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
    pub began: u64,
    /// When it had ended, or was ended by force.
    pub ended: u64,
    /// It was killed on purpose.
    pub killed: bool,
    /// It was ended by force, because it hung.
    pub forced: bool,
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

/// What a case expects of the processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessRule {
    /// These actions were given to one process.
    Together(RequirementId, Vec<String>),
    /// No two of these actions were given to one process.
    Apart(RequirementId, Vec<String>),
    /// This action was given to no worker.
    NoWorker(RequirementId, String),
    /// The probe came to this mark.
    Mark(RequirementId, String),
    /// The requests of this action had the id 0.
    Singleplex(RequirementId, String),
    /// The first request of this action was answered by the process that got it.
    Answered(RequirementId, String),
}

/// A process of the probe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// How it was started.
    pub start: Start,
    /// The dialect that the client speaks to it, if that was found out; otherwise that of the case.
    pub dialect: Option<Framing>,
    /// What happened, with times.
    pub events: Vec<(u64, SessionEvent)>,
    /// The case itself killed it.
    pub killed: bool,
}

/// How a process was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// When.
    pub at: u64,
    /// Its process ID.
    pub pid: u32,
    /// Its process group.
    pub group: u32,
    /// Its arguments, without the program.
    pub argv: Vec<String>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// Its working directory.
    pub cwd: String,
    /// The versions of its tool files.
    pub tools: [String; 2],
}

/// Something that happened to a process, or that it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// Bytes from the client.
    Sent(Vec<u8>),
    /// Bytes to the client.
    Received(Vec<u8>),
    /// Bytes that were not accepted.
    Refused,
    /// The working directory is gone when the process is asked to end.
    Homeless,
    /// The client closed its standard input.
    Eof,
    /// A signal.
    Signal(String),
    /// What was there at a request, from 1.
    Looked {
        /// Which.
        request: u32,
        /// Its inputs.
        inputs: Vec<(String, InputFound)>,
        /// All files below its directory.
        files: Option<Vec<String>>,
    },
    /// Outputs of a request that were there before anything was done for it.
    Found {
        /// Which request, from 1.
        request: u32,
        /// Their paths.
        outputs: Vec<String>,
    },
    /// It looked after an output that it wrote.
    Kept {
        /// Which request, from 1.
        request: u32,
        /// Its path.
        path: String,
        /// Whether it is there as it was written.
        kept: bool,
    },
    /// It wrote this to standard error.
    Logged(String),
    /// It printed this, as a process for one action.
    Printed(String),
    /// It takes memory: so many bytes, all in all.
    Took(u64),
    /// A file was opened by its name.
    Opened {
        /// As the scenario names it.
        path: String,
        /// Whether it was there.
        there: bool,
    },
    /// An output was written.
    Wrote {
        /// Which request, from 1; 0 in one-shot mode.
        request: u32,
        /// Its path.
        path: String,
        /// What went wrong.
        error: String,
    },
    /// It reached a mark.
    Mark(String),
    /// It started a child.
    Child,
    /// It ends by itself: with this status, or by SIGKILL.
    Exiting(Option<i32>),
}

/// What was found where an input should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputFound {
    /// Nothing.
    Missing,
    /// A file with this SHA-256, in hex.
    File(String),
    /// Something else.
    Other,
}

impl Session {
    /// Whether it was started to be a worker.
    pub fn is_worker(&self) -> bool {
        self.start.argv.iter().any(|argument| argument == "--persistent_worker")
    }

    /// Whether an argument of an action that belongs into a request is on its command line.
    pub fn has_argfile(&self) -> bool {
        self.start.argv.iter().any(|argument| is_argfile(argument))
    }

    /// When it was asked to end, ended, or was heard of for the last time.
    pub fn over(&self) -> u64 {
        let asked = self.events.iter().find(|(_, event)| {
            matches!(event, SessionEvent::Eof | SessionEvent::Signal(_) | SessionEvent::Exiting(_))
        });
        asked.or_else(|| self.events.last()).map_or(self.start.at, |(at, _)| *at)
    }
}

/// Whether an argument names an argfile.
pub(super) fn is_argfile(argument: &str) -> bool {
    argument.starts_with('@') || argument.starts_with("--flagfile=") || argument.starts_with("-flagfile=")
}
