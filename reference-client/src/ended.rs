//! Why and how a worker ended, as a message for a person (C-088).

use std::fmt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::{DecodeError, FrameError, Note};

/// Each way in which a worker can break its side of the session by what it writes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerFault {
    /// It wrote bytes that cannot be cut into frames (C-063, C-065).
    #[error("it wrote something that is no response: {0}")]
    Frame(#[from] FrameError),
    /// It wrote a whole frame that is no `WorkResponse` (C-063).
    #[error("it wrote a frame that is no WorkResponse: {0}")]
    Message(#[from] DecodeError),
    /// It wrote a response with a field that has a value of another type or range (C-063, C-064).
    #[error("it wrote a WorkResponse that can't be understood: {0}; let a protobuf or JSON library write it")]
    Field(Note),
    /// It answered a request that is not open (C-061).
    #[error("it answered request {0}, which is not open; return the request_id of each request, once")]
    UnknownId(i32),
    /// It wrote bytes while no request was open (C-062).
    #[error("it wrote while no request was open; answer each request once, and print to standard error")]
    Unasked,
    /// It set `was_cancelled` without a cancel request (C-100).
    #[error("it says that request {0} was cancelled, which nobody asked for; report a failure by exit_code")]
    NotCancelled(i32),
    /// It closed its standard output and lives on (C-083).
    #[error("it closed its standard output; keep it open until standard input ends")]
    ClosedOutput,
    /// It closed its standard input and lives on (C-082).
    #[error("it closed its standard input; read it until it ends")]
    ClosedInput,
}

/// Why a worker ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// It broke its side of the session.
    #[error(transparent)]
    Fault(WorkerFault),
    /// It ended by itself.
    #[error("it ended by itself; look into its log, and keep it alive until standard input ends")]
    Exited,
    /// It wrote nothing for so long while a request was open (C-080).
    #[error(
        "it wrote nothing for {0:?} with a request open; answer every request, or raise the limit for silence"
    )]
    Silent(Duration),
    /// One request took longer than this (C-080).
    #[error("a request took longer than {0:?}; make the action smaller, or raise its time limit")]
    TooLong(Duration),
    /// It did not answer a cancelled request for so long (C-080).
    #[error("a cancelled request was not answered within {0:?}; answer cancelled requests soon")]
    CancelIgnored(Duration),
    /// Its request was given up, and there is no other way to stop the work.
    #[error("its request was given up")]
    GivenUp,
    /// The tool files at these paths have changed (C-012).
    #[error("its tools have changed: {}", .0.join(", "))]
    ToolsChanged(Vec<String>),
    /// It was idle for too long (C-026).
    #[error("it was idle")]
    Idle,
    /// The workers used more memory than this limit, in bytes (C-027).
    #[error("the workers use more memory than the limit of {0} bytes; raise the limit, or run fewer at once")]
    Memory(u64),
    /// The build or the client has ended, or the directory that it runs in is cleaned.
    #[error("it is needed no more")]
    Shutdown,
}

/// The end of a worker, with all that helps to find out why.
#[derive(Clone, Debug)]
pub struct WorkerEnded {
    /// The number of the worker, which the name of its log contains.
    pub number: u64,
    /// The mnemonic of its worker key.
    pub mnemonic: String,
    /// The file that has taken its standard error.
    pub log: PathBuf,
    /// Why it ended.
    pub cause: Cause,
    /// The exit status of the process; nothing if even SIGKILL did not end it.
    pub status: Option<ExitStatus>,
    /// Whether the process still ran when the cause was seen.
    pub was_running: bool,
    /// The first bytes that could not be read.
    pub excerpt: Vec<u8>,
    /// The last lines of the log.
    pub log_tail: String,
}

/// Why there will be no response. The process has ended.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    /// How the worker ended.
    pub(crate) ended: Arc<WorkerEnded>,
    /// The worker ended before it read the first byte of the request, which can be sent to another worker as if nothing had
    /// happened (C-087).
    pub(crate) never_read: bool,
}

/// How many bytes of the log, and of what could not be read, a message shows: some 25 lines.
pub(crate) const EXCERPT: usize = 2048;

impl fmt::Display for WorkerEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, mnemonic, cause, .. } = self;
        // C-088: "When an action fails because of its worker, the message names the worker and its log file, says how the process ended or that it
        // still ran, and shows the last lines of the log and the bytes that could not be read."
        write!(f, "{mnemonic} worker {number}: {cause}")?;
        match (self.was_running, self.status) {
            (true, _) => write!(f, "\nthe process still ran, and was ended")?,
            (false, Some(status)) => write!(f, "\nthe process has ended: {status}")?,
            (false, None) => {}
        }
        if !self.excerpt.is_empty() {
            write!(f, "\nits bytes: {}", shown(&self.excerpt))?;
        }
        write!(f, "\nits log: {}", self.log.display())?;
        if !self.log_tail.is_empty() {
            write!(f, "\n{}", self.log_tail.trim_end())?;
        }
        Ok(())
    }
}

/// Bytes as text if they are text, and in hexadecimal if not.
fn shown(bytes: &[u8]) -> String {
    let is_text = |text: &&str| text.chars().all(|char| !char.is_control() || char.is_ascii_whitespace());
    match std::str::from_utf8(bytes).ok().filter(is_text) {
        Some(text) => format!("{text:?}"),
        None => bytes.iter().take(EXCERPT / 4).map(|byte| format!("{byte:02x} ")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_all_that_helps() {
        let mut ended = WorkerEnded {
            number: 3,
            mnemonic: "Javac".into(),
            log: "/state/logs/worker-3-Javac.log".into(),
            cause: Cause::Fault(WorkerFault::Unasked),
            status: None,
            was_running: true,
            excerpt: b"Hello\n".to_vec(),
            log_tail: "starting\nwarning: x\n".into(),
        };
        let text = ended.to_string();
        for part in [
            "Javac worker 3",
            "no request was open",
            "still ran",
            "\"Hello\\n\"",
            "worker-3-Javac.log",
            "warning: x",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        ended.excerpt = vec![0, 0xff];
        assert!(ended.to_string().contains("00 ff"));
    }
}
