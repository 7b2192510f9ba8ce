//! Interprets the steps of a script.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use sha2::Digest as _;

use crate::history::{Event, Signal, WaitedFor};
use crate::process::interrupted;
use crate::script::{Await, Message, Raw, Send, Step};

use super::messages::{self, Builder, Built};
use super::pump::Pump;
use super::{Patience, Wait, files};

/// How long the end of a subject is waited for whose stdout can't be read as responses any more.
const UNRULY: Duration = Duration::from_millis(250);
/// How often it is looked whether the subject has read what was written.
const LOOK: Duration = Duration::from_millis(1);
/// How long a subject has to take in a piece of a split write that it has read, where there are few pieces.
const DIGEST: Duration = Duration::from_millis(1);
/// Pieces up to this number are few.
const FEW: usize = 4;
/// How often the run's directory is repaired for one message: the subject is at work on it at the same time.
const REPAIRS: usize = 20;

/// A script in progress.
pub(super) struct Session<'a> {
    pub(super) pump: Pump<'a>,
    pub(super) builder: Builder<'a>,
    pub(super) patience: &'a Patience,
    pub(super) requests: u64,
    /// Inputs of the requests, relative to the run's directory.
    pub(super) inputs: BTreeSet<String>,
    pub(super) term: bool,
    /// Something did not come; the rest of the script would only wait again.
    pub(super) gave_up: bool,
    /// Something was waited for in vain.
    pub(super) hung: bool,
    /// An answer was, or that a request is read.
    pub(super) unanswered: bool,
    /// The subject had closed its stdin before the suite did.
    pub(super) stdin_refused: bool,
    pub(super) first_answer: Option<Duration>,
    pub(super) later_answer: Duration,
}

impl Session<'_> {
    /// Carries out one step.
    pub(super) fn step(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::Start(_) => {}
            Step::Send(send) => self.send(send)?,
            Step::Raw(raw) => self.raw(raw),
            Step::Await(Await::Responses) => self.responses(),
            Step::Await(Await::Exit) => self.exit(),
            Step::Await(Await::SlowWork) => self.quiet(self.patience.slow_work()),
            Step::Quiet(time) => self.quiet(self.patience.quiet(Duration::from_millis(*time))),
            Step::CloseStdin => self.close_stdin(),
            Step::Signal(signal) => {
                self.term |= *signal == Signal::Term;
                self.pump.process.signal(*signal);
                self.pump.emit(Event::Signalled(*signal));
            }
        }
        Ok(())
    }

    fn send(&mut self, send: &Send) -> io::Result<()> {
        let mut bytes = Vec::new();
        for message in &send.messages {
            let built = self.build(message)?;
            if !built.cancel {
                self.pump.outputs.sent(self.requests, built.written);
                self.inputs.extend(built.inputs);
                self.requests += 1;
                if let Some(expected) = built.expected {
                    self.pump.emit(Event::Expected(expected));
                }
            }
            bytes.extend_from_slice(&built.frame);
        }
        let pieces = messages::cut(&bytes, &send.split, self.builder.dialect);
        self.write_pieces(&pieces);
        Ok(())
    }

    /// Makes a message and its input files. The run's directory may be in a state in which the subject left it.
    fn build(&mut self, message: &Message) -> io::Result<Built> {
        for _ in 0..REPAIRS {
            if let Ok(built) = self.builder.build(message) {
                return Ok(built);
            }
            // What is still wrong then, the next attempt says.
            let _ = files::repair(self.builder.folder);
        }
        self.builder.build(message)
    }

    fn raw(&mut self, raw: &Raw) {
        let bytes = raw.bytes(self.builder.dialect).unwrap_or_default();
        self.write_pieces(&[bytes]);
    }

    fn write_pieces(&mut self, pieces: &[Vec<u8>]) {
        for (position, piece) in pieces.iter().enumerate() {
            self.pump.sent.update(piece);
            if !self.gave_up && !self.pump.exited && self.pump.process.stdin.is_some() {
                self.write(piece);
                if position + 1 < pieces.len() {
                    self.until_read(pieces.len() <= FEW);
                }
            }
        }
    }

    /// Writes all of `bytes`, taking what the subject writes meanwhile.
    fn write(&mut self, bytes: &[u8]) {
        let mut written = 0;
        let limit = self.limit(WaitedFor::Drain);
        let mut until = Instant::now() + limit;
        while written < bytes.len() {
            match self.pump.process.write(&bytes[written..]) {
                Ok(count) => {
                    written += count;
                    until = Instant::now() + limit;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.pump.turn_writing(until, Some(&bytes[..written]));
                    if self.pump.hopeless() {
                        self.gave_up = true;
                        return;
                    }
                    if self.pump.process.stdout.is_none() {
                        self.sent(&bytes[..written]);
                        self.stdout_ended();
                        return;
                    }
                    if Instant::now() >= until {
                        self.sent(&bytes[..written]);
                        self.waited(WaitedFor::Drain, limit);
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.sent(&bytes[..written]);
                    self.pump.process.stdin = None;
                    self.pump.emit(Event::StdinBroken { unsent: bytes.len() - written });
                    return;
                }
            }
        }
        self.sent(bytes);
    }

    fn sent(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.pump.emit(Event::Sent(bytes.to_vec()));
        }
    }

    /// Lets the subject read what was written, so that the next piece is a read of its own.
    fn until_read(&mut self, digested: bool) {
        let until = Instant::now() + self.patience.piece();
        while self.pump.process.unread() > 0 && Instant::now() < until && !self.pump.hopeless() {
            std::thread::sleep(Duration::from_micros(20));
        }
        if digested {
            self.pump.turn(Instant::now() + DIGEST);
        }
    }

    fn kind(&self, what: WaitedFor) -> Wait {
        match what {
            WaitedFor::Response => Wait::Response,
            WaitedFor::Drain => Wait::Drain,
            WaitedFor::Exit if self.term => Wait::Term,
            WaitedFor::Exit if self.pump.process.stdin.is_some() => Wait::Unasked,
            WaitedFor::Exit => Wait::Eof,
        }
    }

    fn limit(&self, what: WaitedFor) -> Duration {
        if self.hung && what == WaitedFor::Exit {
            return self.patience.end_of_hung();
        }
        self.patience.limit(self.kind(what), self.first_answer.is_some())
    }

    fn responses(&mut self) {
        let mut limit = self.limit(WaitedFor::Response);
        let slow = self.pump.oracle.awaits_slow_work();
        if slow {
            limit += self.patience.slow();
        }
        let (began, served) = (Instant::now(), self.first_answer.is_some());
        let mut until = began + limit;
        let mut last = self.pump.last_received;
        while self.pump.oracle.open_requests() > 0 && !self.pump.hopeless() {
            if self.pump.process.stdout.is_none() {
                self.stdout_ended();
                return;
            }
            self.pump.turn(until);
            if self.first_answer.is_none() {
                self.first_answer = self.pump.last_received.map(|_| self.pump.elapsed());
            }
            if self.pump.last_received != last {
                last = self.pump.last_received;
                if !slow {
                    let took = limit.saturating_sub(until.saturating_duration_since(Instant::now()));
                    self.patience.answered(took, served);
                }
                until = Instant::now() + limit;
            }
            if Instant::now() >= until {
                self.waited(WaitedFor::Response, limit);
                return;
            }
        }
        if let (Some(first), false) = (self.first_answer, self.pump.hopeless()) {
            self.patience.first_seen(first);
        }
        if self.first_answer.is_some_and(|first| began.elapsed() < self.pump.elapsed() - first) {
            self.later_answer = self.later_answer.max(began.elapsed());
        }
        self.gave_up |= self.pump.hopeless();
    }

    /// Stdout has ended and answers are due, or nothing is read any more: the process has to end as well.
    fn stdout_ended(&mut self) {
        self.exit();
        self.gave_up = true;
    }

    fn exit(&mut self) {
        let mut limit = self.limit(WaitedFor::Exit);
        if self.pump.works_once() {
            // Its end is its answer, and its work may be slow.
            limit = self.patience.full() + self.patience.slow();
        }
        let until = Instant::now() + limit;
        let mut unruly = None;
        while !self.pump.exited && self.pump.overrun.is_none() && !interrupted() {
            if unruly.is_none() && self.pump.oracle.is_desynchronised() {
                // Of such a subject it is worth little to know whether it ends.
                unruly = Some((Instant::now() + UNRULY).min(until));
            }
            self.pump.turn(unruly.unwrap_or(until));
            if self.pump.exited {
                self.patience.came(self.kind(WaitedFor::Exit));
                return;
            }
            if unruly.is_some_and(|until| Instant::now() >= until) {
                self.gave_up = true;
                return;
            }
            if Instant::now() >= until {
                self.waited(WaitedFor::Exit, limit);
                return;
            }
        }
    }

    /// The time counts from when the subject has read all that was written: on a busy machine that takes its time.
    fn quiet(&mut self, time: Duration) {
        let read_by = Instant::now() + self.patience.piece();
        while self.pump.process.unread() > 0 && Instant::now() < read_by && !self.pump.hopeless() {
            self.pump.turn(Instant::now() + LOOK);
        }
        let until = Instant::now() + time;
        while Instant::now() < until && !self.pump.exited && self.pump.overrun.is_none() && !interrupted() {
            self.pump.turn(until);
        }
        self.pump.emit(Event::Quiet(time));
    }

    fn close_stdin(&mut self) {
        self.stdin_refused |= self.pump.process.refuses_input();
        if self.pump.process.stdin.take().is_some() {
            self.pump.emit(Event::StdinClosed);
        }
    }

    fn waited(&mut self, what: WaitedFor, limit: Duration) {
        self.patience.hung(self.kind(what), limit);
        self.hung = true;
        self.unanswered |= what != WaitedFor::Exit;
        self.gave_up = true;
        if self.stdin_refused || self.pump.process.refuses_input() {
            self.pump.emit(Event::StdinBroken { unsent: 0 });
        }
        self.pump.emit(Event::Waited { what, limit });
    }

    /// Looks which inputs of answered requests the subject still holds open.
    fn open_inputs(&mut self) {
        if self.pump.oracle.open_requests() == 0 && self.pump.oracle.first_answer().is_some() {
            let open = self.pump.process.open_files(self.builder.folder);
            self.pump.emit(Event::OpenInputs(self.inputs.intersection(&open).cloned().collect()));
        }
    }

    /// Ends the subject, in order where that is possible, and makes sure that nothing is left of it.
    pub(super) fn end(&mut self) {
        if !self.pump.exited
            && let Some(bytes) = self.pump.process.memory()
        {
            self.pump.emit(Event::Memory(bytes));
        }
        if !self.pump.exited && !self.inputs.is_empty() && !self.pump.hopeless() && !self.hung {
            self.open_inputs();
        }
        let unruly = self.pump.overrun.is_some() || self.pump.oracle.is_desynchronised() || interrupted();
        if !self.pump.exited && !unruly {
            let closed_before = self.pump.process.stdin.is_none();
            self.close_stdin();
            let pointless = self.term || (closed_before && self.gave_up);
            if !pointless {
                self.exit();
            }
        }
        if !self.pump.exited {
            let reason = self.pump.overrun.unwrap_or("the run is over").to_owned();
            self.pump.emit(Event::Killed { reason });
            self.pump.process.kill();
        }
        let survivors = self.pump.process.survivors(self.patience.grace());
        if !survivors.is_empty() {
            self.patience.left_behind();
        }
        self.pump.emit(Event::Survivors(survivors));
    }
}
