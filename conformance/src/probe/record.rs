//! What a probe writes down: one JSON object a line, each written at once.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// How the file of a process is called, before its number: `process-1.jsonl`.
pub const RECORD_FILE: &str = "process-";
/// Bytes of one direction that are written down; of what comes later only the count is.
const BYTES: usize = 16 << 20;

/// An event and when it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Microseconds on the system's monotonic clock, which all processes of a machine share.
    pub at_us: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// One thing that happened to a probe, or that it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// The process was started.
    Started {
        /// Its number, from 1 in the order of the starts.
        process: u32,
        /// Its process ID.
        pid: u32,
        /// That of its parent.
        parent: u32,
        /// Its process group.
        group: u32,
        /// When the system says it was started, in ticks; with the ID it names the process for ever.
        ticks: u64,
        /// Arguments behind `--`: those that the client gave.
        argv: Vec<String>,
        /// The environment.
        env: Vec<(String, String)>,
        /// The working directory.
        cwd: String,
        /// What its tool files say of their version: the program and the file beside it.
        tools: [String; 2],
    },
    /// Bytes from the client.
    Sent {
        /// In hex; empty once too much was written down.
        hex: String,
        /// How many.
        bytes: usize,
    },
    /// Bytes to the client. Written down before they are written, so that nothing can follow from them earlier.
    Received {
        /// In hex; empty once too much was written down.
        hex: String,
        /// How many.
        bytes: usize,
    },
    /// Writing to the client failed.
    Refused,
    /// The client's first bytes are of this dialect: `proto` or `json`. The probe answers in it.
    Speaks {
        /// Which.
        dialect: String,
    },
    /// The working directory is gone when the process is asked to end.
    Homeless,
    /// The end of standard input.
    Eof,
    /// A signal came.
    Signal {
        /// Its name, such as `TERM`.
        name: String,
    },
    /// What was there when a request came.
    Looked {
        /// Which of the requests of this process that are no cancel, from 1.
        request: u32,
        /// The inputs.
        inputs: Vec<InputSeen>,
        /// All files below the directory of the request, where that was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        files: Option<Vec<String>>,
    },
    /// A file was opened by its name.
    Opened {
        /// As the scenario names it.
        path: String,
        /// Whether it was there.
        there: bool,
    },
    /// An output was written.
    Wrote {
        /// Which of the requests, from 1.
        request: u32,
        /// Its path.
        path: String,
        /// What went wrong, if it did.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        error: String,
    },
    /// A child was started.
    Child {
        /// Its process ID.
        pid: u32,
        /// When it was started, in ticks.
        ticks: u64,
    },
    /// A mark was set.
    Mark {
        /// Its name.
        name: String,
    },
    /// It ends by itself.
    Exiting {
        /// With this status; none: by SIGKILL.
        status: Option<i32>,
        /// Why.
        why: String,
    },
}

/// An input of a request, as the probe found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSeen {
    /// Its path, as the request names it.
    pub path: String,
    /// What is there.
    pub state: InputState,
}

/// What is found where an input should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputState {
    /// Nothing.
    Missing,
    /// A file. SHA-256 of its content, in hex.
    File(String),
    /// Something else, such as a directory.
    Other,
}

/// The monotonic clock, in microseconds.
pub fn now_us() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (now.tv_sec as u64) * 1_000_000 + (now.tv_nsec as u64) / 1000
}

/// The file of one process.
#[derive(Debug)]
pub(super) struct Recorder {
    file: Mutex<(File, usize)>,
}

impl Recorder {
    /// Makes the file of the next process: the first number that is free is that of this process.
    pub(super) fn claim(folder: &Path) -> std::io::Result<(Self, u32)> {
        for number in 1.. {
            let path = folder.join(format!("{RECORD_FILE}{number}.jsonl"));
            match File::options().append(true).create_new(true).open(path) {
                Ok(file) => return Ok((Self { file: Mutex::new((file, 0)) }, number)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::StorageFull.into())
    }

    /// Writes an event down.
    pub(super) fn tell(&self, what: What) {
        self.tell_and(what, || {});
    }

    /// Writes an event down, and does something before any other can be.
    pub(super) fn tell_and(&self, what: What, then: impl FnOnce()) {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { at_us: now_us(), what };
        let mut line = serde_json::to_vec(&entry).unwrap_or_default();
        line.push(b'\n');
        // One write a line: nothing is lost, and nothing is cut, when the process is killed.
        let _ = guard.0.write_all(&line);
        then();
    }

    /// Bytes for an event, in hex, as long as there is room.
    pub(super) fn hex(&self, bytes: &[u8]) -> String {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.1 > BYTES {
            return String::new();
        }
        guard.1 += bytes.len();
        drop(guard);
        hex(bytes)
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
