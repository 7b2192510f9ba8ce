//! Moves bytes and time between the process, the oracle and the transcript.

use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::files::Folder;
use crate::history::{Event, Timed, Transcript};
use crate::oracle::{Fate, Finding, Oracle, Verdict};
use crate::process::{Chunk, Process, interrupted};

use super::outputs::Outputs;
use super::permit::{Permit, SMALL};

/// Bytes of stderr that are kept for the report.
const STDERR: usize = 4096;
/// No single wait is longer, so that an interrupt is noticed.
const SLICE: Duration = Duration::from_millis(100);
/// Bytes of stdout after which a run is ended.
const OUTPUT: u64 = 256 << 20;
/// Violations of one run after which it is ended: more would say nothing new.
const VIOLATIONS: usize = 64;
/// Resident memory of the subject at which it is killed, in bytes.
const MEMORY: u64 = 8 << 30;
const MEMORY_EVERY: Duration = Duration::from_millis(200);

/// One run in progress: everything that happens goes through [`EventLoop::emit`].
pub(super) struct EventLoop<'a> {
    pub(super) process: Process,
    pub(super) oracle: Oracle,
    pub(super) transcript: Transcript,
    pub(super) findings: Vec<Finding>,
    pub(super) outputs: Outputs,
    /// The process does work of its command line and ends, so its end is its answer.
    pub(super) one_shot: bool,
    pub(super) stderr: Vec<u8>,
    pub(super) exited: bool,
    /// The subject does what can't be waited out: a flood, too many violations, too much memory, too much time.
    pub(super) overrun: Option<&'static str>,
    pub(super) sent: Sha256,
    folder: &'a Folder,
    pub(super) started: Instant,
    /// How long the run may take, whatever happens in it.
    limit: Duration,
    received: u64,
    /// When the response began that has begun and is not complete.
    pub(super) response_began: Option<Instant>,
    violations: usize,
    memory_seen: Instant,
    /// The right to hold a large message.
    permit: Option<Permit>,
    /// A large message came and other runs had all permits, so this run was ended and says nothing.
    pub(super) crowded: bool,
}

impl<'a> EventLoop<'a> {
    /// A run that begins now and takes `limit` at most.
    pub(super) fn new(
        process: Process,
        transcript: Transcript,
        folder: &'a Folder,
        limit: Duration,
        permit: Option<Permit>,
    ) -> Self {
        Self {
            permit,
            crowded: false,
            process,
            oracle: Oracle::new(),
            transcript,
            findings: Vec::new(),
            outputs: Outputs::default(),
            one_shot: false,
            stderr: Vec::new(),
            exited: false,
            overrun: None,
            sent: Sha256::new(),
            folder,
            started: Instant::now(),
            limit,
            received: 0,
            response_began: None,
            violations: 0,
            memory_seen: Instant::now(),
        }
    }

    /// The run may take so much longer: there is much to write.
    pub(super) fn allow(&mut self, more: Duration) {
        self.limit = self.limit.saturating_add(more);
    }

    /// Records an event, and gives it to the oracle.
    pub(super) fn emit(&mut self, event: Event) {
        let timed = Timed { at: self.started.elapsed(), event };
        self.transcript.record(&timed);
        let found = self.oracle.observe(&timed);
        self.violations +=
            found.iter().filter(|finding| matches!(finding.verdict, Verdict::Violated(_))).count();
        self.findings.extend(found);
        if self.violations >= VIOLATIONS {
            self.overrun.get_or_insert("too many violations");
        }
    }

    /// The process has ended, or the run has to.
    pub(super) fn is_over(&self) -> bool {
        self.exited || self.overrun.is_some() || interrupted()
    }

    /// Nothing that is still to come can change the verdict.
    pub(super) fn hopeless(&self) -> bool {
        self.is_over() || self.oracle.is_desynchronised()
    }

    /// Takes what is there; waits for it until `until` at most. In the middle of a write: `accepted` of it was since it was last told. Says
    /// whether it has told that: what the subject writes may be the answer to it.
    pub(super) fn turn(&mut self, until: Instant, accepted: Option<&[u8]>) -> bool {
        let wait = until.saturating_duration_since(Instant::now()).min(SLICE);
        let ready = self.process.ready(accepted.is_some(), wait);
        if ready.stderr {
            self.read_stderr();
        }
        let accepted = accepted.filter(|bytes| !bytes.is_empty() && (ready.stdout || ready.exited));
        if let Some(bytes) = accepted {
            self.emit(Event::Sent(bytes.to_vec()));
        }
        if ready.stdout {
            self.read_stdout();
        }
        if ready.exited {
            self.drain_and_reap();
        }
        if self.memory_seen.elapsed() > MEMORY_EVERY {
            self.memory_seen = Instant::now();
            if self.process.memory().is_some_and(|bytes| bytes > MEMORY) {
                self.overrun.get_or_insert("more than 8 GiB of memory");
            }
        }
        // Each wait has an end of its own, but there may be many of them. What is cut here is no violation of anything.
        if self.started.elapsed() > self.limit {
            self.overrun.get_or_insert("the run took longer than any run may");
        }
        accepted.is_some()
    }

    fn read_stderr(&mut self) {
        let Chunk::Bytes(bytes) = Process::read(&mut self.process.stderr) else { return };
        self.stderr.extend_from_slice(&bytes);
        let surplus = self.stderr.len().saturating_sub(STDERR);
        self.stderr.drain(..surplus);
        self.emit(Event::Stderr(bytes));
    }

    fn read_stdout(&mut self) {
        match Process::read(&mut self.process.stdout) {
            Chunk::Nothing => {}
            Chunk::End => self.emit(Event::StdoutClosed),
            Chunk::Bytes(bytes) => {
                self.received = self.received.saturating_add(bytes.len() as u64);
                let open = self.oracle.open_requests();
                self.emit(Event::Received(bytes));
                // What answers a request ends one response, and what is left begins another one.
                if !self.oracle.has_begun_response() || self.oracle.open_requests() < open {
                    self.response_began = None;
                }
                if self.oracle.has_begun_response() {
                    self.response_began.get_or_insert_with(Instant::now);
                }
                self.look_at_memory();
                for request in self.outputs.waiting() {
                    if self.oracle.is_answered(request) {
                        self.look_at_outputs(request, self.oracle.fate(request));
                    }
                }
                if self.received > OUTPUT {
                    self.overrun.get_or_insert("more than 256 MiB on stdout");
                }
            }
        }
    }

    /// A response that is becoming large takes a permit. Where there is none the run ends, and is run again when there is one.
    fn look_at_memory(&mut self) {
        if self.permit.is_none() && self.oracle.held() > SMALL {
            self.permit = Permit::if_free();
            if self.permit.is_none() {
                self.crowded = true;
                self.overrun.get_or_insert("other runs have large messages now");
            }
        }
    }

    fn look_at_outputs(&mut self, request: u64, fate: Fate) {
        for (path, state) in self.outputs.answered(request, self.folder, fate) {
            self.emit(Event::File { request, path, state, at_end: false });
        }
    }

    /// The process has ended: what it wrote before is read first.
    fn drain_and_reap(&mut self) {
        let until = Instant::now() + SLICE;
        while Instant::now() < until {
            let ready = self.process.ready(false, Duration::ZERO);
            if ready.stdout && self.overrun.is_none() {
                self.read_stdout();
            } else if ready.stderr {
                self.read_stderr();
            } else {
                break;
            }
        }
        if let Some(status) = self.process.exit_status() {
            self.exited = true;
            self.emit(Event::Exited(status));
            if self.one_shot {
                self.look_at_outputs(0, Fate::Done);
            }
        }
    }
}
