//! What became of an action.

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// What the tool printed, for the user (C-067): the `output` of a response, or both streams of a process.
    pub output: String,
    /// Who ran it last.
    pub runner: Runner,
    /// How often it was begun.
    pub attempts: u32,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Exit code 0, and every declared output is there (C-069).
    Success,
    /// The tool says that it failed: its exit code, or 128 and the signal that ended a process.
    Failed(i32),
    /// Exit code 0, but these outputs are not there.
    MissingOutputs(Vec<String>),
    /// The worker failed, not the action; the message says how (C-088).
    WorkerFault(String),
    /// The action could not be run; the message says why.
    Error(String),
    /// The user has stopped it.
    Interrupted,
}

/// Who ran an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Runner {
    /// Nobody.
    None,
    /// The worker with this number.
    Worker(u64),
    /// A process of its own.
    OneShot,
    /// The other branch of a race.
    Other,
}

impl Outcome {
    /// Whether the action succeeded.
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }

    pub(crate) fn new(status: Status) -> Self {
        Self { status, output: String::new(), runner: Runner::None, attempts: 0 }
    }
}
