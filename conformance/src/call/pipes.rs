//! The pipes of a worker as events, so that every wait has an end.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::history::Event;
use crate::process::{Chunk, Process, Setup, SpawnError};

/// A running process with pipes for all three streams. When it is dropped, it is killed.
#[derive(Debug)]
pub(super) struct Pipes {
    pub(super) process: Process,
    /// Bytes that the process has not accepted yet.
    unsent: Vec<u8>,
    /// Stdin is closed as soon as all is accepted.
    closing: bool,
    /// What the process did and nobody has taken yet.
    waiting: VecDeque<Event>,
}

impl Pipes {
    /// Starts a command line in a folder.
    pub(super) fn start(argv: &[String], folder: &Path) -> Result<Self, SpawnError> {
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |source| SpawnError { program: argv[0].clone(), source };
        let process = Process::start(command, Setup::WORKER).map_err(failed)?;
        Ok(Self { process, unsent: Vec::new(), closing: false, waiting: VecDeque::new() })
    }

    /// Sends bytes: what the pipe does not take now goes out while [`next`](Self::next) waits.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        if self.process.stdin.is_some() {
            self.unsent.extend_from_slice(bytes);
            self.write();
        }
    }

    /// Closes stdin when all that was sent is accepted.
    pub(super) fn close_stdin(&mut self) {
        self.closing = true;
        self.write();
    }

    /// What comes next, until `until` at most; [`None`] if nothing does, or the process has ended and all that it wrote was taken.
    pub(super) fn next(&mut self, until: Instant) -> Option<Event> {
        let is_over = self.process.stdout.is_none() && self.process.stderr.is_none();
        if self.waiting.is_empty() && !(is_over && self.process.exit_status().is_some()) {
            let left = until.saturating_duration_since(Instant::now());
            let ready = self.process.ready(!self.unsent.is_empty(), left);
            if ready.stdin {
                self.write();
            }
            // One read of each, so that a flood on one stream does not hide the other.
            if ready.stdout {
                self.waiting.extend(match Process::read(&mut self.process.stdout) {
                    Chunk::Nothing => None,
                    Chunk::Bytes(bytes) => Some(Event::Received(bytes)),
                    Chunk::End => Some(Event::StdoutClosed),
                });
            }
            if ready.stderr
                && let Chunk::Bytes(bytes) = Process::read(&mut self.process.stderr)
            {
                self.waiting.push_back(Event::Stderr(bytes));
            }
        }
        self.waiting.pop_front()
    }

    fn write(&mut self) {
        while !self.unsent.is_empty() {
            match self.process.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.waiting.push_back(Event::StdinBroken { unsent: self.unsent.len() });
                    self.unsent.clear();
                    self.process.stdin = None;
                }
            }
        }
        if self.closing {
            self.process.stdin = None;
        }
    }
}
