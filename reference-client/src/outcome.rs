//! The outcome of an action.

/// The outcome of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the action ended.
    pub status: Status,
    /// The text that the tool printed for the user: the `output` of a response (C-067), or both streams of a process.
    pub output: String,
    /// The worker or process that ran the action last.
    pub runner: Runner,
    /// How often the action was begun.
    pub attempts: u32,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// The exit code is 0, and every declared output is there (C-069).
    Success,
    /// The tool failed with this exit code, or its process was ended by a signal, whose number is added to 128.
    Failed(i32),
    /// The exit code is 0, but these outputs are not there.
    MissingOutputs(Vec<String>),
    /// The worker failed and not the action; the message says how (C-088).
    WorkerFault(String),
    /// The action could not be run; the message says why.
    Error(String),
    /// The user has stopped the action.
    Interrupted,
}

/// The worker or process that ran an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Runner {
    /// The action was not run.
    None,
    /// The worker with this number.
    Worker(u64),
    /// A process of one-shot mode.
    OneShot,
    /// The other branch of a race has given the result.
    Other,
}

impl Status {
    pub(crate) fn of_exit_code(code: i32) -> Self {
        // C-069: "An action succeeds only if its response has the `exit_code` 0 and each declared output is there."
        if code == 0 { Self::Success } else { Self::Failed(code) }
    }
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
