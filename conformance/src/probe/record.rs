//! The record of a probe: the events of its history, one JSON object a line, each written at once.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::files::Folder;
use crate::history::{Event, ProcessHistory, Timed};

/// Bytes that are written down, in both directions together. Of what comes later only the event is.
const BYTES: usize = 12 << 20;
/// Bytes of all records of a folder that are read; messages stand in them in hex.
const READ: u64 = 48 << 20;
/// Events of all records of a folder that are read.
const EVENTS: usize = 100_000;
/// Records of a folder that are read.
const PROCESSES: u32 = 64;
/// The memory for a line that is kept for the next one, in bytes. Most lines are as short.
const LINE: usize = 256 << 10;

/// The monotonic clock that all processes of a machine share, in whole microseconds.
pub fn now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::from_micros((now.tv_sec as u64) * 1_000_000 + (now.tv_nsec as u64) / 1000)
}

/// Processes of one probe that write something down.
const CLAIMED: u32 = 10_000;

/// The file of the process with this number, from 1.
fn file_of(process: u32) -> String {
    format!("process-{process}.jsonl")
}

/// The histories of the processes of one probe, in the order of their numbers. A last line that was cut short is left out.
///
/// The client can write to the folder as well, so no more is read than the probe writes in any case: 48 MiB, 100,000 events, 64 processes.
///
/// # Errors
/// Where the folder can't be opened.
pub fn read_records(folder: &Path) -> io::Result<Vec<ProcessHistory>> {
    Ok(records_in(&Folder::open(folder)?))
}

/// The same in a folder that a client can write to. What stands in place of a record is none, and the last one is the one before it.
pub(crate) fn records_in(folder: &Folder) -> Vec<ProcessHistory> {
    read(folder, |timed| timed)
}

/// The same without the bytes that passed, which are most of it.
pub(crate) fn outlines_in(folder: &Folder) -> Vec<ProcessHistory> {
    read(folder, |mut timed| {
        if let Event::Sent(bytes) | Event::Received(bytes) | Event::Stderr(bytes) = &mut timed.event {
            *bytes = Vec::new();
        }
        timed
    })
}

fn read(folder: &Folder, keep: impl Fn(Timed) -> Timed) -> Vec<ProcessHistory> {
    let mut records = Vec::new();
    let (mut bytes_left, mut events_left) = (READ, EVENTS);
    for number in 1..=PROCESSES {
        let Ok(file) = folder.open_file(file_of(number)) else { break };
        let mut lines = BufReader::new(file.take(bytes_left));
        let (mut line, mut events) = (Vec::new(), Vec::new());
        // What can't be read is a last line that was cut short.
        while events_left > 0 && lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            bytes_left = bytes_left.saturating_sub(line.len() as u64);
            let Ok(timed) = serde_json::from_slice(&line) else { break };
            events.push(keep(timed));
            events_left -= 1;
            line.clear();
            line.shrink_to(LINE);
        }
        records.push(events.into());
    }
    records
}

/// The file of one process, and how many bytes of messages are in it.
#[derive(Debug)]
pub(super) struct Recorder(Mutex<(File, usize)>);

impl Recorder {
    /// Makes the file of the next process: the first number that is free is that of this process.
    pub(super) fn claim(folder: &Folder) -> io::Result<(Self, u32)> {
        for number in 1..=CLAIMED {
            match folder.create_new(file_of(number)) {
                Ok(file) => return Ok((Self(Mutex::new((file, 0))), number)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::StorageFull.into())
    }

    pub(super) fn tell(&self, event: Event) {
        self.tell_and(event, || {});
    }

    /// Writes an event down, and does something before any other can be.
    pub(super) fn tell_and(&self, event: Event, then: impl FnOnce()) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_vec(&Timed { at: now(), event }).unwrap_or_default();
        line.push(b'\n');
        // One write a line: nothing is lost, and nothing is cut, when the process is killed.
        let _ = guard.0.write_all(&line);
        then();
    }

    /// The bytes for an event, as long as there is room for them.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.1 > BYTES {
            return Vec::new();
        }
        guard.1 += bytes.len();
        bytes.to_vec()
    }
}
