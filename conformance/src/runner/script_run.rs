//! Interprets the steps of a script.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use sha2::Digest as _;

use crate::history::{Event, Signal, WaitedFor};
use crate::script::{Await, Message, Send, Step};

use super::event_loop::EventLoop;
use super::messages::{self, Builder, Built};
use super::{InVain, Served, TimeLimits, Wait, layout};

/// How long the end of a subject is waited for whose stdout can't be read as responses any more.
const UNRULY: Duration = Duration::from_millis(250);
/// How often it is looked whether the subject has read what was written.
const LOOK: Duration = Duration::from_millis(1);
/// How long a subject has to take in a piece of a split write that it has read, where there are few pieces.
const DIGEST: Duration = Duration::from_millis(1);
/// An input that is open for so long is kept open.
const KEPT: Duration = Duration::from_millis(200);
/// Pieces up to this number are few.
const FEW: usize = 4;
/// How often the run's directory is repaired for one message: the subject is at work on it at the same time.
const REPAIRS: usize = 20;

/// A script in progress.
pub(super) struct ScriptRun<'a> {
    pub(super) event_loop: EventLoop<'a>,
    pub(super) builder: Builder<'a>,
    pub(super) limits: &'a TimeLimits,
    pub(super) progress: Progress,
}

/// How far it has come.
#[derive(Default)]
pub(super) struct Progress {
    requests: u64,
    /// Inputs of the requests, relative to the run's directory.
    inputs: BTreeSet<String>,
    term: bool,
    /// What the process was sent, as far as it does not change later.
    sent: Served,
    /// Something did not come; the rest of the script would only wait again.
    pub(super) gave_up: bool,
    /// What was waited for in vain.
    pub(super) in_vain: Vec<InVain>,
    /// An answer was, or that a request is read.
    pub(super) unanswered: bool,
    /// The subject had closed its stdin before the suite did.
    stdin_refused: bool,
    pub(super) first_answer: Option<Duration>,
    pub(super) later_answer: Duration,
}

impl ScriptRun<'_> {
    pub(super) fn step(&mut self, step: &Step) -> io::Result<()> {
        match step {
            Step::Start(_) => {}
            Step::Send(send) => self.send(send)?,
            Step::Raw(raw) => {
                self.progress.sent.raw = true;
                self.write_pieces(&[raw.bytes(self.builder.subject.dialect).unwrap_or_default()]);
            }
            Step::Await(Await::Responses) => self.responses(),
            Step::Await(Await::Exit) => self.exit(),
            Step::Await(Await::SlowWork) => self.quiet(self.limits.slow_work()),
            Step::Quiet(time) => self.quiet(self.limits.quiet(Duration::from_millis(*time))),
            Step::CloseStdin => self.close_stdin(),
            Step::Signal(signal) => {
                self.progress.term |= *signal == Signal::Term;
                self.event_loop.process.signal(*signal);
                self.event_loop.emit(Event::Signalled(*signal));
            }
        }
        Ok(())
    }

    fn send(&mut self, send: &Send) -> io::Result<()> {
        let mut bytes = Vec::new();
        for message in &send.messages {
            let built = self.build(message)?;
            self.progress.sent.cancel |= built.message.cancel;
            if !built.message.cancel {
                self.event_loop.outputs.sent(self.progress.requests, built.written);
                self.progress.inputs.extend(built.inputs);
                self.progress.requests += 1;
                self.event_loop.emit(Event::Expected(built.expected));
            }
            bytes.extend_from_slice(&built.frame);
        }
        let pieces = messages::cut(&bytes, &send.split, self.builder.subject.dialect);
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
            let _ = layout::repair(self.builder.folder);
        }
        self.builder.build(message)
    }

    fn write_pieces(&mut self, pieces: &[Vec<u8>]) {
        // One limit for all of it: a subject that reads a little now and then gets no more time for that.
        let bytes = pieces.iter().map(Vec::len).sum();
        let limit = TimeLimits::for_write(self.limit(WaitedFor::Drain), bytes);
        let until = Instant::now() + limit;
        self.event_loop.allow(TimeLimits::for_write(Duration::ZERO, bytes));
        for (position, piece) in pieces.iter().enumerate() {
            self.event_loop.sent.update(piece);
            if !self.progress.gave_up && !self.event_loop.exited && self.event_loop.process.stdin.is_some() {
                self.write(piece, limit, until);
                if position + 1 < pieces.len() {
                    self.until_read(pieces.len() <= FEW, until);
                }
            }
        }
    }

    /// Writes all of `bytes`, taking what the subject writes meanwhile. `limit` is over at `until`.
    fn write(&mut self, bytes: &[u8], limit: Duration, until: Instant) {
        let (mut written, mut told) = (0, 0);
        while written < bytes.len() {
            match self.event_loop.process.write(&bytes[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.event_loop.turn(until, Some(&bytes[told..written])) {
                        told = written;
                    }
                    if self.event_loop.hopeless() {
                        self.progress.gave_up = true;
                        return;
                    }
                    if self.event_loop.process.stdout.is_none() {
                        self.sent(&bytes[told..written]);
                        return self.stdout_ended();
                    }
                    if Instant::now() >= until {
                        self.sent(&bytes[told..written]);
                        return self.waited(WaitedFor::Drain, self.served(), limit);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.sent(&bytes[told..written]);
                    self.event_loop.process.stdin = None;
                    self.event_loop.emit(Event::StdinBroken { unsent: bytes.len() - written });
                    return;
                }
            }
        }
        self.sent(&bytes[told..]);
    }

    fn sent(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.event_loop.emit(Event::Sent(bytes.to_vec()));
        }
    }

    /// Lets the subject read what was written, so that the next piece is a read of its own. At `over` that has taken long enough.
    fn until_read(&mut self, digested: bool, over: Instant) {
        let until = over.min(Instant::now() + self.limits.piece());
        while self.event_loop.process.unread() > 0 && Instant::now() < until && !self.event_loop.hopeless() {
            std::thread::sleep(Duration::from_micros(20));
        }
        if digested {
            self.event_loop.turn(Instant::now() + DIGEST, None);
        }
    }

    fn kind(&self, what: WaitedFor) -> Wait {
        match what {
            WaitedFor::Response => Wait::Response,
            WaitedFor::Drain => Wait::Drain,
            WaitedFor::Exit if self.progress.term => Wait::Term,
            WaitedFor::Exit if self.event_loop.process.stdin.is_some() => Wait::Unasked,
            WaitedFor::Exit => Wait::Eof,
        }
    }

    /// What the process has been given up to now.
    fn served(&self) -> Served {
        Served {
            one_shot: self.event_loop.one_shot,
            // An answer may have come while something else was written.
            answered: self.progress.first_answer.is_some() || self.event_loop.oracle.first_answer().is_some(),
            open: self.event_loop.oracle.open_requests() > 0,
            ..self.progress.sent
        }
    }

    fn limit(&self, what: WaitedFor) -> Duration {
        let (kind, served) = (self.kind(what), self.served());
        if self.has_hung() && what == WaitedFor::Exit {
            return self.limits.end_of_hung(kind, served);
        }
        self.limits.limit(kind, served)
    }

    /// Something was waited for in vain.
    fn has_hung(&self) -> bool {
        !self.progress.in_vain.is_empty()
    }

    /// Waits until no request is open. The limit counts from the begin of the wait, and again from each answer: nothing else that the subject does
    /// gives it more time. As each answer closes a request, there are only so many of them.
    fn responses(&mut self) {
        let mut limit = self.limit(WaitedFor::Response);
        let slow = self.event_loop.oracle.awaits_slow_work();
        if slow {
            limit = limit.saturating_add(self.limits.slow());
        }
        let (began, served) = (Instant::now(), self.progress.first_answer.is_some());
        let (mut since, mut open) = (began, self.event_loop.oracle.open_requests());
        while self.event_loop.oracle.open_requests() > 0 && !self.event_loop.hopeless() {
            if self.event_loop.process.stdout.is_none() {
                return self.stdout_ended();
            }
            let until = self.response_until(since, limit);
            self.event_loop.turn(until, None);
            let left = self.event_loop.oracle.open_requests();
            if left < open {
                open = left;
                self.note_first_answer();
                if !slow {
                    self.limits.answered(since.elapsed(), served);
                }
                since = Instant::now();
            } else if Instant::now() >= self.response_until(since, limit) {
                return self.waited(WaitedFor::Response, self.served(), limit);
            }
        }
        if let (Some(first), false) = (self.progress.first_answer, self.event_loop.hopeless()) {
            self.limits.first_seen(first);
        }
        let answered =
            self.progress.first_answer.map(|first| self.event_loop.started.elapsed().saturating_sub(first));
        if answered.is_some_and(|since_first| began.elapsed() < since_first) {
            self.progress.later_answer = self.progress.later_answer.max(began.elapsed());
        }
        self.progress.gave_up |= self.event_loop.hopeless();
    }

    /// Notes when the first response of the process came, and measures its memory then: what it takes at the end is compared with that.
    fn note_first_answer(&mut self) {
        if self.progress.first_answer.is_none() {
            self.progress.first_answer = Some(self.event_loop.started.elapsed());
            self.measure_memory();
        }
    }

    /// Writes down the resident memory of the process, if it still runs.
    fn measure_memory(&mut self) {
        if !self.event_loop.exited
            && let Some(bytes) = self.event_loop.process.memory()
        {
            self.event_loop.emit(Event::Memory(bytes));
        }
    }

    /// When an answer is overdue that is waited for since `since`. One that has begun by then has a whole limit to be complete, counted from its
    /// first byte.
    fn response_until(&self, since: Instant, limit: Duration) -> Instant {
        let until = since + limit;
        let began = self.event_loop.response_began.filter(|began| *began < until);
        began.map_or(until, |began| until.max(began + limit))
    }

    /// Stdout has ended and answers are due, or nothing is read any more: the process has to end as well.
    fn stdout_ended(&mut self) {
        self.exit();
        self.progress.gave_up = true;
    }

    fn exit(&mut self) {
        let served = self.served();
        let mut limit = self.limit(WaitedFor::Exit);
        if self.event_loop.one_shot {
            // Its end is its answer, and its work may be slow.
            limit = self.limits.one_shot();
        }
        let began = Instant::now();
        let until = began + limit;
        let mut unruly = None;
        while !self.event_loop.is_over() {
            if unruly.is_none() && self.event_loop.oracle.is_desynchronised() {
                // Of such a subject it is worth little to know whether it ends.
                unruly = Some((Instant::now() + UNRULY).min(until));
            }
            self.event_loop.turn(unruly.unwrap_or(until), None);
            if self.event_loop.exited {
                return self.limits.came(self.kind(WaitedFor::Exit), served, began.elapsed());
            }
            if unruly.is_some_and(|until| Instant::now() >= until) {
                self.progress.gave_up = true;
                return;
            }
            if Instant::now() >= until {
                return self.waited(WaitedFor::Exit, served, limit);
            }
        }
    }

    /// The time counts from when the subject has read all that was written: on a busy machine that takes its time.
    fn quiet(&mut self, time: Duration) {
        let read_by = Instant::now() + self.limits.piece();
        while self.event_loop.process.unread() > 0 && Instant::now() < read_by && !self.event_loop.hopeless()
        {
            self.event_loop.turn(Instant::now() + LOOK, None);
        }
        let until = Instant::now() + time;
        while Instant::now() < until && !self.event_loop.is_over() {
            self.event_loop.turn(until, None);
        }
        self.event_loop.emit(Event::Quiet(time));
    }

    fn close_stdin(&mut self) {
        self.progress.stdin_refused |= self.event_loop.process.refuses_input();
        if self.event_loop.process.stdin.take().is_some() {
            self.event_loop.emit(Event::StdinClosed);
        }
    }

    fn waited(&mut self, what: WaitedFor, served: Served, limit: Duration) {
        let hung = self.has_hung();
        self.limits.hung(self.kind(what), served, hung, limit);
        let starting = !served.answered && !hung;
        self.progress.in_vain.push(InVain { what: self.kind(what), starting, limit });
        self.progress.unanswered |= what != WaitedFor::Exit;
        self.progress.gave_up = true;
        if self.progress.stdin_refused || self.event_loop.process.refuses_input() {
            self.event_loop.emit(Event::StdinBroken { unsent: 0 });
        }
        self.event_loop.emit(Event::Waited { what, limit });
    }

    /// The inputs that the subject keeps open. What another thread of it looks at for a moment is not kept.
    fn held_inputs(&mut self) -> BTreeSet<String> {
        let mut held = self.progress.inputs.clone();
        let until = Instant::now() + KEPT;
        loop {
            let open = self.event_loop.process.open_files(self.builder.folder.path());
            held.retain(|input| open.contains(input));
            if held.is_empty() || self.event_loop.hopeless() || Instant::now() >= until {
                return held;
            }
            self.event_loop.turn((Instant::now() + KEPT / 4).min(until), None);
        }
    }

    /// Ends the subject, in order where that is possible, and makes sure that nothing is left of it.
    ///
    /// Fails where the system does not say what is left.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.measure_memory();
        if !self.progress.inputs.is_empty()
            && !self.event_loop.hopeless()
            && !self.has_hung()
            && self.event_loop.oracle.open_requests() == 0
            && self.event_loop.oracle.first_answer().is_some()
        {
            let held = self.held_inputs();
            self.event_loop.emit(Event::OpenInputs(held.into_iter().collect()));
        }
        if !self.event_loop.hopeless() {
            let closed_before = self.event_loop.process.stdin.is_none();
            self.close_stdin();
            let pointless = self.progress.term || (closed_before && self.progress.gave_up);
            if !pointless {
                self.exit();
            }
        }
        if !self.event_loop.exited {
            let reason = self.event_loop.overrun.unwrap_or("the run is over").to_owned();
            self.event_loop.emit(Event::Killed { reason });
            self.event_loop.process.kill();
        }
        let limit = self.limits.grace();
        let survivors = self.event_loop.process.survivors(limit)?;
        if !survivors.is_empty() {
            self.limits.left_behind();
            self.progress.in_vain.push(InVain { what: Wait::Children, starting: false, limit });
        }
        self.event_loop.emit(Event::Survivors(survivors));
        Ok(())
    }
}
