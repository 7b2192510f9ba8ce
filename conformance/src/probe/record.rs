//! The record of a probe: the events of its history, one JSON object a line, each written at once.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::history::{Event, Timed};

/// The name of a process's file, up to the number: `process-1.jsonl`.
pub const RECORD_FILE: &str = "process-";
/// Bytes that are written down, in both directions together. Of what comes later only the event is.
const BYTES: usize = 16 << 20;

/// The monotonic clock that all processes of a machine share, in whole microseconds.
pub fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::from_micros((now.tv_sec as u64) * 1_000_000 + (now.tv_nsec as u64) / 1000)
}

/// The file of one process.
#[derive(Debug)]
pub(super) struct Recorder {
    /// The file, and how many bytes of messages are in it.
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
    pub(super) fn tell(&self, event: Event) {
        self.tell_and(event, || {});
    }

    /// Writes an event down, and does something before any other can be.
    pub(super) fn tell_and(&self, event: Event, then: impl FnOnce()) {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let timed = Timed { at: now(), event };
        let mut line = serde_json::to_vec(&timed).unwrap_or_default();
        line.push(b'\n');
        // One write a line: nothing is lost, and nothing is cut, when the process is killed.
        let _ = guard.0.write_all(&line);
        then();
    }

    /// The bytes for an event, as long as there is room for them.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut guard = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.1 > BYTES {
            return Vec::new();
        }
        guard.1 += bytes.len();
        bytes.to_vec()
    }
}
