//! The events of a history.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::{Dialect, WorkRequest, WorkResponse};
use pwp_spec::Features;
use serde::{Deserialize, Serialize};

/// An event and when it happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timed {
    /// Time on a monotonic clock: since the subject was started, or in the record of a probe since the machine was. In a file: microseconds.
    #[serde(rename = "at_us", with = "micros")]
    pub at: Duration,
    /// What happened.
    pub event: Event,
}

/// One thing that happened in a run.
///
/// The first part is seen from the side of the client, by the program that drives the subject. The second part only the subject itself
/// can see: a probe writes it down. Bytes, the end of the input and signals are in the records of both. A record is a file with one event a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The subject was started. A record begins with [`Event::ProcessStarted`] instead.
    #[serde(skip)]
    Started(Start),
    /// What is known of the next request that will be sent whose `cancel` is false. Only the suite knows it.
    #[serde(skip)]
    Expected(ExpectedOutcome),
    /// One write to the subject's stdin was accepted in full.
    #[serde(with = "hex::serde")]
    Sent(Vec<u8>),
    /// The subject closed its stdin: a write failed. `unsent` bytes of the write did not go out.
    StdinBroken {
        /// Bytes of the failed write that were not accepted.
        unsent: usize,
    },
    /// One read from the subject's stdout. A probe writes it down before it writes the bytes, so that nothing can follow from them earlier.
    #[serde(with = "hex::serde")]
    Received(Vec<u8>),
    /// Something of a call, in a dialect that keeps its calls apart by itself.
    #[serde(skip)]
    Call {
        /// The place of the call among those of the process, from 0.
        call: u64,
        /// The message of the client or of the worker in this call.
        what: CallEvent,
    },
    /// One read from the subject's stderr.
    #[serde(with = "hex::serde")]
    Stderr(Vec<u8>),
    /// The client closed the subject's stdin.
    StdinClosed,
    /// The subject's stdout reached its end.
    StdoutClosed,
    /// The client sent a signal.
    Signalled(Signal),
    /// The process ended.
    Exited(ExitStatus),
    /// The client waited for something as long as its limit allows, and it did not come.
    Waited {
        /// What it waited for.
        what: WaitedFor,
        /// For how long.
        limit: Duration,
    },
    /// The client let some time pass in which it sent nothing.
    Quiet(Duration),
    /// The state of a file that a request should have written, as the suite compares it with its workload.
    #[serde(skip)]
    File {
        /// Position, from 0, of its request among those of this history that are no cancel.
        request: u64,
        /// The path as the request names it.
        path: String,
        /// What is there.
        state: FileState,
        /// True if this was seen at the end of the run, false if right after the response.
        at_end: bool,
    },
    /// Processes that outlived the subject, by name.
    Survivors(Vec<String>),
    /// Resident memory of the subject, in bytes.
    Memory(u64),
    /// Looked at while no request is open: the inputs of answered requests that the subject still holds open.
    OpenInputs(Vec<String>),
    /// The suite ended the process by force; what follows says nothing about the subject.
    Killed {
        /// Why.
        reason: String,
    },

    /// The process tells how it was started.
    ProcessStarted(ProcessStart),
    /// A write of the process to its stdout failed: the client reads no more.
    Refused,
    /// The working directory of the process is gone when the process is asked to end.
    Homeless,
    /// The files that were there when a request came.
    Looked {
        /// The number of the request among those of this process that are no cancel, from 1.
        request: u32,
        /// The path of each input, as the request names it, and what is there.
        inputs: Vec<(String, InputState)>,
        /// All files below the directory of the request, if the scenario asks for them.
        files: Option<Vec<String>>,
    },
    /// Outputs that were there before anything was done for a request.
    Found {
        /// The number of the request, from 1.
        request: u32,
        /// The paths of the outputs.
        outputs: Vec<String>,
    },
    /// The process looked whether an output that it wrote is still there, as it was.
    Kept {
        /// The number of the request, from 1.
        request: u32,
        /// The path of the output.
        path: String,
        /// Whether the output is there, unchanged.
        kept: bool,
    },
    /// The process wrote an output.
    Wrote {
        /// The number of the request, from 1; 0 in a process for one action.
        request: u32,
        /// The path of the output.
        path: String,
        /// What went wrong; empty if nothing did.
        error: String,
    },
    /// The process opened a file by its name.
    Opened {
        /// The path as the scenario gives it.
        path: String,
        /// Whether the file was there.
        there: bool,
    },
    /// A process for one action printed this.
    Printed(String),
    /// The process takes memory: so many bytes, all in all.
    Took(u64),
    /// The process reached the point that its scenario calls by this name.
    Mark(String),
    /// The process started a child that ignores SIGTERM.
    Child {
        /// The process ID of the child.
        pid: u32,
        /// The start time of the child, in clock ticks.
        ticks: u64,
    },
    /// The process ends by itself.
    Exiting {
        /// The exit status; nothing if the process ends by SIGKILL.
        status: Option<i32>,
        /// Why it ends.
        why: String,
    },
}

impl Event {
    /// Whether the client sent this as a message, or as a part of one.
    pub(crate) const fn is_from_client(&self) -> bool {
        matches!(self, Self::Sent(_) | Self::Call { what: CallEvent::Request(_) | CallEvent::Cancel, .. })
    }

    /// Whether this tells the process that it has to end.
    pub(crate) const fn asks_to_end(&self) -> bool {
        matches!(self, Self::StdinClosed | Self::Signalled(_))
    }

    /// Whether the process says by this that it ends by itself.
    pub(crate) const fn exits(&self) -> bool {
        matches!(self, Self::Exiting { .. })
    }
}

/// A time in a file: whole microseconds.
mod micros {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Ok(Duration::from_micros(u64::deserialize(from)?))
    }
}

/// How a process of the probe was started, as it sees that itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessStart {
    /// The process ID.
    pub pid: u32,
    /// The ID of the process group.
    pub group: u32,
    /// The start time of the process as `/proc/PID/stat` gives it, in clock ticks. Together with `pid` it names a process for ever.
    pub ticks: u64,
    /// The arguments that the client gave, without the program.
    pub argv: Vec<String>,
    /// The environment variables with which the client started the process.
    pub env: BTreeMap<String, String>,
    /// The working directory.
    pub cwd: String,
    /// The versions that the tool files had at the start: of the program, and of the file beside it.
    pub tools: [String; 2],
}

/// What passes in a call.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEvent {
    /// The client makes the call.
    Request(Box<WorkRequest>),
    /// The client cancels it.
    Cancel,
    /// The worker answers it.
    Response(Box<WorkResponse>),
}

/// How the subject was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The command and all arguments.
    pub argv: Vec<String>,
    /// The dialect that is spoken.
    pub dialect: Dialect,
    /// The features that the subject declares.
    pub features: Features,
    /// As a persistent worker or for one action.
    pub mode: Mode,
    /// A further startup flag behind `--persistent_worker`.
    pub flag: Option<StartupFlag>,
    /// In one-shot mode: whether the arguments are to succeed, if that is known.
    pub one_shot: Option<ExpectedOutcome>,
    /// The system lets it write only below its working directory.
    pub confined: bool,
}

/// With or without `--persistent_worker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Started with `--persistent_worker`.
    #[default]
    Worker,
    /// Started without it: one action, then exit.
    OneShot,
}

/// A startup flag given behind `--persistent_worker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartupFlag {
    /// One that the workload says the worker knows.
    Known,
    /// One that no worker knows.
    Unknown,
}

/// What a workload says about a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExpectedOutcome {
    /// The request's name in the workload.
    pub name: String,
    /// `Some(true)`: exit code 0; `Some(false)`: another one.
    pub succeeds: Option<bool>,
    /// The exact exit code, if the workload gives one.
    pub exit_code: Option<i32>,
    /// Text that `output` has to contain.
    pub output: Option<String>,
    /// Takes long enough to be overtaken or cancelled.
    pub slow: bool,
    /// Makes the tool fail from inside (a panic, an uncaught exception).
    pub crashes: bool,
    /// Makes the tool read its standard input.
    pub reads_stdin: bool,
    /// The request's arguments stand in an argfile.
    pub argfile: bool,
    /// What the request gave alone in a fresh worker, if that was tried and was the same each time.
    pub reference: Option<Arc<Reference>>,
    /// Where it runs, and among what.
    pub place: Place,
}

impl ExpectedOutcome {
    /// The text that `output` has to contain, unless that is empty and says nothing.
    pub(crate) fn text(&self) -> Option<&str> {
        self.output.as_deref().filter(|text| !text.is_empty())
    }
}

/// What a request gave alone in a fresh worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// `exit_code`.
    pub exit_code: i32,
    /// `output`, if it was the same each time; [abridged](super::abridged) if it is long.
    pub output: Option<String>,
    /// The output files that were the same each time, by path, each with a print of its content.
    pub files: BTreeMap<String, u64>,
}

/// Where a request runs, and among what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// It has a `sandbox_dir`.
    pub sandboxed: bool,
    /// An argument has an absolute path below the working directory.
    pub absolute: bool,
    /// The working directory, or the sandbox, has no inputs but its own.
    pub only_inputs: bool,
    /// One of its inputs has another content for another request.
    pub changing: bool,
}

/// A signal that the client sends. It is written without `SIG`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Signal {
    /// `SIGTERM`, with which clients end workers.
    Term,
    /// `SIGINT`.
    Int,
    /// `SIGHUP`; only seen by a probe.
    Hup,
    /// `SIGQUIT`; only seen by a probe.
    Quit,
    /// `SIGKILL`; only the suite itself uses it, to clean up.
    Kill,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum ExitStatus {
    /// It exited with this status.
    #[strum(to_string = "exit status {0}")]
    Code(i32),
    /// A signal ended it.
    #[strum(to_string = "signal {0}")]
    Signal(i32),
}

impl From<std::process::ExitStatus> for ExitStatus {
    fn from(status: std::process::ExitStatus) -> Self {
        #[cfg(unix)]
        if let Some(number) = std::os::unix::process::ExitStatusExt::signal(&status) {
            return Self::Signal(number);
        }
        // The code is there where no signal is.
        Self::Code(status.code().unwrap_or(-1))
    }
}

/// What a client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitedFor {
    /// An answer to an open request.
    Response,
    /// The subject's end.
    Exit,
    /// The subject to read what was written to its stdin.
    Drain,
}

/// What is found where a request's output should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// There is no file at the path.
    Missing,
    /// A file with the content that the workload gives, or any where it gives none.
    /// The number identifies content and time of change, to see later changes.
    Good(u64),
    /// A file with other content than the workload gives: what was found, shortened.
    Different(u64, String),
    /// A file with other content than the request gave alone in a fresh worker: what was found, shortened.
    Unlike(u64, String),
    /// Nothing, but a file that was not there before is outside of the request's sandbox, at this path.
    Elsewhere(String),
    /// It can't be told whether files are outside of the request's sandbox, and why: there is too much to look at.
    Unseen(String),
}

impl std::fmt::Display for FileState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Good(_) => f.write_str("as it has to be"),
            Self::Different(_, found) => write!(f, "not what the workload gives: {found:?}"),
            Self::Unlike(_, found) => write!(f, "not what it is alone in a fresh worker: {found:?}"),
            Self::Elsewhere(path) => write!(f, "outside of the sandbox: {path}"),
            Self::Unseen(why) => write!(f, "outside of the sandbox nothing was looked at: there are {why}"),
        }
    }
}

/// What is found where an input of a request should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputState {
    /// There is no file at the path.
    Missing,
    /// A file whose content has this SHA-256, in hex.
    File(String),
    /// Something else, such as a directory.
    Other,
}
