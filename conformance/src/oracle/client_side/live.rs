//! The client of one process, judged while it talks: what one session shows by itself.
//!
//! Unlike [`judge`](super::judge()) it does not know what the actions declare, nor what became of them. It says nothing about
//! what it can't know. Its memory is bounded by what is open, so it can watch a build of days.

use std::collections::HashMap;

use pwp_proto::{FrameReader, Framing, WorkRequest, decode};

use crate::history::{Event, Signal, Start, Timed};
use pwp_spec::{Feature, Features};

use super::conversation::{Conversation, FaultKind, Heard, Question, Unreadable};
use super::seen_ids::SeenIds;
use super::{ClientViolation, cancellation, ids, requests};
use crate::oracle::Finding;
use crate::oracle::finding::Findings;

/// Largest message that is looked at, in bytes.
const LARGEST: usize = 256 << 20;
/// Open requests after which nothing more is judged.
const OPEN: usize = 20_000;
/// Violations in one write after which nothing more is judged: a client that writes garbage would only fill memory.
const FLOOD: usize = 64;
/// Bytes of a first message that are looked at in the other dialect.
const FIRST: usize = 1 << 16;
/// Longest `sandbox_dir` that is remembered, in bytes.
const DIRECTORY: usize = 1024;

/// What somebody says that the worker declares. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Its wire form.
    pub dialect: Option<Framing>,
    /// Its features.
    pub features: Option<Features>,
}

/// Judges the client of one process, event by event.
#[derive(Debug)]
pub struct ClientOracle {
    told: Declaration,
    session: Option<Live>,
    findings: Findings,
    events: usize,
}

impl ClientOracle {
    /// An oracle for a history that begins with [`Event::Started`]. What comes before it is not judged.
    pub fn new(told: Declaration) -> Self {
        Self { told, session: None, findings: Findings::default(), events: 0 }
    }

    /// Takes the next event; returns what it shows of the client.
    pub fn observe(&mut self, timed: &Timed) -> Vec<Finding> {
        let event = self.events;
        self.events += 1;
        if let Event::Started(start) = &timed.event {
            self.session = Some(Live::new(start, self.told.clone()));
        } else if let Some(session) = &mut self.session {
            session.observe(&timed.event, event, &mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }

    /// The history is complete.
    pub fn finish(&mut self) -> Vec<Finding> {
        if let Some(session) = &mut self.session {
            session.finish(&mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }
}

/// What is known of a session.
#[derive(Debug)]
struct Live {
    told: Declaration,
    argv: Vec<String>,
    dialect: Framing,
    conversation: Conversation,
    /// The beginning of the stream, until the first request was read.
    first: Vec<u8>,
    /// The open requests, by place.
    open: HashMap<usize, Open>,
    /// How many open requests have a `sandbox_dir`.
    directories: HashMap<String, usize>,
    seen: SeenIds,
    zero: bool,
    other: Option<i32>,
    /// The process has done something wrong, so what the client took for an answer may not have been one.
    misled: bool,
    /// Something of the process that the client had to take for a fault, with its event.
    fault: Option<(usize, FaultKind)>,
    asked_to_end: bool,
    /// What is told once.
    told_lines: bool,
    told_mixed: bool,
    /// Nothing more is judged.
    over: bool,
}

/// An open request.
#[derive(Debug)]
struct Open {
    event: usize,
    sandbox_dir: String,
    /// Another one came although it was given up and open.
    reused: bool,
}

impl Live {
    fn new(start: &Start, told: Declaration) -> Self {
        Self {
            told,
            argv: start.argv.clone(),
            dialect: start.dialect,
            conversation: Conversation::new(start.dialect, LARGEST),
            first: Vec::new(),
            open: HashMap::new(),
            directories: HashMap::new(),
            seen: SeenIds::default(),
            zero: false,
            other: None,
            misled: false,
            fault: None,
            asked_to_end: false,
            told_lines: false,
            told_mixed: false,
            over: false,
        }
    }

    fn observe(&mut self, event: &Event, here: usize, out: &mut Findings) {
        if self.over {
            return;
        }
        match event {
            Event::Sent(bytes) => {
                if self.conversation.asked() == 0 {
                    let room = FIRST - self.first.len();
                    self.first.extend_from_slice(&bytes[..bytes.len().min(room)]);
                }
                self.conversation.sent(bytes);
                while let Some(heard) = self.conversation.next_sent() {
                    self.said(heard, here, out);
                    let broken = out.list.iter().filter(|finding| finding.is_violation()).count();
                    self.over |= broken >= FLOOD || self.conversation.open_count() > OPEN;
                    if self.over {
                        return;
                    }
                }
                out.excerpt = None;
                self.other_dialect(here, out);
                self.lines(out);
            }
            Event::Received(bytes) => {
                self.conversation.received(bytes);
                while let Some(heard) = self.conversation.next_received() {
                    self.answered(heard, here, out);
                }
            }
            Event::StdinClosed | Event::Signalled(Signal::Term) if self.conversation.asked() > 0 => {
                if *event == Event::StdinClosed {
                    out.uphold(ids::INPUT_CLOSED);
                }
                if !std::mem::replace(&mut self.asked_to_end, true) {
                    out.uphold(ids::GRACE);
                }
            }
            _ => {}
        }
    }

    /// One thing that the client said.
    fn said(&mut self, heard: Heard, here: usize, out: &mut Findings) {
        match heard {
            Heard::Asked(question) => {
                out.excerpt = Some(question.frame.clone());
                self.asked(&question, here, out);
            }
            Heard::Cancel { request, of, frame } => {
                out.excerpt = Some(frame);
                self.cancelled(&request, of, here, out);
            }
            Heard::Unreadable(what) => self.unreadable(what, here, out),
            Heard::Answered { .. } | Heard::Fault(_) => {}
        }
    }

    fn asked(&mut self, question: &Question, here: usize, out: &mut Findings) {
        let request = &question.request;
        if question.place == 0 {
            self.first = Vec::new();
            self.flag(out);
            if self.told.dialect.is_some() {
                out.uphold(ids::DIALECT);
            }
        }
        let wrong = requests::odd(&question.notes);
        self.say(ids::REQUEST_WELL_FORMED, here, wrong, out);
        self.numbers(question, here, out);
        self.after_fault(question, here, out);
        self.paths(request, here, out);
        match request.verbosity {
            0 => out.uphold(ids::VERBOSITY_ASKED),
            verbosity => out.observe(ids::VERBOSITY_ASKED, format!("verbosity {verbosity}")),
        }
        self.sandbox(question, here, out);
        let remembered = request.sandbox_dir.len() <= DIRECTORY;
        let sandbox_dir = if remembered { request.sandbox_dir.clone() } else { String::new() };
        self.open.insert(question.place, Open { event: here, sandbox_dir, reused: false });
    }

    /// The flag stands there once (C-002). Where it stands is not judged: nobody says which arguments are the action's.
    fn flag(&self, out: &mut Findings) {
        let count = self.argv.iter().filter(|argument| *argument == "--persistent_worker").count();
        let argv = self.argv.clone();
        let wrong = (count != 1).then_some(ClientViolation::FlagCount { count, argv });
        self.say(ids::FLAG, 0, wrong, out);
    }

    fn numbers(&mut self, question: &Question, here: usize, out: &mut Findings) {
        let id = question.request.request_id;
        self.seen.insert(id);
        match id {
            0 => self.zero = true,
            id => self.other = Some(id),
        }
        if id == 0 {
            out.uphold(ids::SINGLEPLEX_ID);
        } else if self.lacks(Feature::Multiplex) {
            self.say(ids::SINGLEPLEX_ID, here, Some(ClientViolation::NotZero { id }), out);
        } else {
            let wrong = (id < 0).then_some(ClientViolation::NotPositive { id });
            self.say(ids::MULTIPLEX_ID, here, wrong, out);
        }
        if let (true, Some(id), false) = (self.zero, self.other, self.told_mixed) {
            self.told_mixed = true;
            out.violate_in(0, &[here], ClientViolation::MixedIds { id });
        }
        let Some(twin) = question.twin else {
            return out.uphold(if id == 0 { ids::ONE_AT_A_TIME } else { ids::UNIQUE_ID });
        };
        let events = [self.open.get(&twin.place).map_or(here, |open| open.event), here];
        let (first, second) = (name(twin.place), name(question.place));
        if id != 0 {
            out.violate_in(0, &events, ClientViolation::SameId { id });
        } else if self.misled {
            // What it read may have been an answer for it.
        } else if twin.cancelled {
            if let Some(open) = self.open.get_mut(&twin.place) {
                open.reused = true;
            }
            out.violate_in(0, &events, ClientViolation::GivenUpReused { given_up: first, next: second });
        } else {
            out.violate_in(0, &events, ClientViolation::SecondRequest { open: first, second });
        }
    }

    /// Whoever sends a second request with id 0 has read what came for the first one, a fault among it (C-063).
    fn after_fault(&mut self, question: &Question, here: usize, out: &mut Findings) {
        if question.request.request_id != 0 || self.other.is_some() {
            return;
        }
        if let Some((event, kind)) = self.fault.take() {
            let violation =
                ClientViolation::UsedAfterFault { fault: kind.as_str(), action: name(question.place) };
            out.violate_in(0, &[event, here], violation);
        }
    }

    /// Argfiles are read by the client (C-032), and paths are written as the arguments write them (C-052).
    fn paths(&self, request: &WorkRequest, here: usize, out: &mut Findings) {
        let (arguments, inputs) = (&request.arguments, &request.inputs);
        let argfile = arguments.iter().find(|argument| {
            argument.strip_prefix('@').is_some_and(|path| inputs.iter().any(|input| input.path == path))
        });
        if let Some(argument) = argfile {
            let argument = argument.chars().take(200).collect();
            out.violate_in(0, &[here], ClientViolation::ArgfileSent { argument });
        }
        let Some(input) = inputs.iter().find(|input| input.path.starts_with('/')) else { return };
        let relative = |argument: &String| {
            !argument.starts_with('/')
                && argument.contains('/')
                && input.path.strip_suffix(argument.as_str()).is_some_and(|folder| folder.ends_with('/'))
        };
        if arguments.iter().any(relative) {
            let path = input.path.chars().take(200).collect();
            out.violate_in(0, &[here], ClientViolation::AbsolutePath { path });
        }
    }

    fn sandbox(&mut self, question: &Question, here: usize, out: &mut Findings) {
        let sandbox_dir = &question.request.sandbox_dir;
        if self.lacks(Feature::MultiplexSandboxing) {
            let (action, shown) = (name(question.place), sandbox_dir.chars().take(200).collect());
            let wrong = (!sandbox_dir.is_empty())
                .then_some(ClientViolation::SandboxDir { action, sandbox_dir: shown });
            self.say(ids::SANDBOX_DIR, here, wrong, out);
        }
        if sandbox_dir.is_empty() || sandbox_dir.len() > DIRECTORY {
            return;
        }
        let count = self.directories.entry(sandbox_dir.clone()).or_default();
        *count += 1;
        if question.request.request_id != 0 {
            let wrong = (*count > 1 || sandbox_dir.starts_with('/'))
                .then(|| ClientViolation::SharedSandbox { sandbox_dir: sandbox_dir.clone() });
            self.say(ids::OWN_SANDBOX, here, wrong, out);
        }
    }

    fn cancelled(&self, request: &WorkRequest, of: Option<usize>, here: usize, out: &mut Findings) {
        if self.told.features.is_some() {
            let action = name(of.unwrap_or_else(|| self.conversation.asked().saturating_sub(1)));
            let wrong =
                self.lacks(Feature::Cancellation).then_some(ClientViolation::CancelUndeclared { action });
            self.say(ids::CANCEL_DECLARED, here, wrong, out);
        }
        let known = of.is_some() || self.seen.contains(request.request_id);
        let wrong = cancellation::form(request, known).map(|what| ClientViolation::CancelForm { what });
        self.say(ids::CANCEL_FORM, here, wrong, out);
        // That the client has read a response does not show on the wire, so a late one may have crossed with it.
        if of.is_some() {
            out.uphold(ids::CANCEL_IN_TIME);
        }
    }

    fn unreadable(&mut self, what: Unreadable, here: usize, out: &mut Findings) {
        self.over = true;
        out.excerpt = Some(what.frame);
        if what.too_large {
            out.observe(ids::REQUEST_WELL_FORMED, "a request is too large to be looked at");
        } else if !self.other_dialect(here, out) {
            out.violate_in(0, &[here], ClientViolation::NotARequest { error: what.error });
        }
    }

    /// Whether the first message is a request in another dialect than the worker declares. Its length may keep the reader waiting for ever.
    fn other_dialect(&mut self, here: usize, out: &mut Findings) -> bool {
        let Some(declared) = self.told.dialect.filter(|_| self.conversation.asked() == 0) else {
            return false;
        };
        let other = if self.dialect == Framing::Json { Framing::Proto } else { Framing::Json };
        let mut reader = FrameReader::new(other, FIRST);
        reader.push(&self.first);
        let Ok(Some(frame)) = reader.next_frame() else { return false };
        let read = decode::<WorkRequest>(other, &frame.body);
        let is = read.is_ok_and(|read| !read.message.arguments.is_empty() && read.notes.is_empty());
        if is {
            self.over = true;
            let declared = declared.to_string();
            out.violate_in(0, &[here], ClientViolation::OtherDialect { declared });
        }
        is
    }

    /// json: what shows before the end. A newline that is missing may still come.
    fn lines(&mut self, out: &mut Findings) {
        if self.dialect == Framing::Json
            && !self.conversation.lines().may_become_whole()
            && !std::mem::replace(&mut self.told_lines, true)
        {
            out.violate_in(0, &[], ClientViolation::NotOneLine);
        }
    }

    /// One thing that the process said.
    fn answered(&mut self, heard: Heard, here: usize, out: &mut Findings) {
        match heard {
            Heard::Answered { of, response, cancelled } => {
                let Some(open) = self.open.remove(&of) else { return };
                if let Some(count) = self.directories.get_mut(&open.sandbox_dir) {
                    *count -= 1;
                    if *count == 0 {
                        self.directories.remove(&open.sandbox_dir);
                    }
                }
                if cancelled && !open.reused {
                    out.uphold(ids::GIVEN_UP);
                }
                if response.was_cancelled && !cancelled {
                    self.misled = true;
                    self.fault.get_or_insert((here, FaultKind::WasCancelled));
                }
            }
            Heard::Fault(kind) => {
                self.misled = true;
                // What came while nothing was open may cross with the next request.
                if kind != FaultKind::Unasked && self.conversation.open_count() > 0 {
                    self.fault.get_or_insert((here, kind));
                }
            }
            Heard::Asked(_) | Heard::Cancel { .. } | Heard::Unreadable(_) => {}
        }
    }

    fn finish(&mut self, out: &mut Findings) {
        out.excerpt = None;
        if self.over || self.conversation.asked() == 0 {
            return;
        }
        if self.asked_to_end && self.fault.is_some() {
            out.uphold(ids::AFTER_FAULT);
        }
        if !self.told_mixed {
            out.uphold(ids::ONE_MODE);
        }
        if self.dialect == Framing::Json && !self.told_lines && self.conversation.left_over() == 0 {
            let wrong = (!self.conversation.lines().are_whole()).then_some(ClientViolation::NotOneLine);
            out.say(ids::ONE_LINE, 0, wrong);
        }
    }

    /// Whether it is known that the worker does not declare this.
    fn lacks(&self, feature: Feature) -> bool {
        self.told.features.as_ref().is_some_and(|features| !features.contains(&feature))
    }

    /// Upheld or, with a violation that this event shows, broken.
    fn say(
        &self,
        id: pwp_spec::RequirementId,
        here: usize,
        wrong: Option<ClientViolation>,
        out: &mut Findings,
    ) {
        match wrong {
            None => out.uphold(id),
            Some(violation) => out.violate_in(0, &[here], violation),
        }
    }
}

/// What a request is called: nobody says the name of its action.
fn name(place: usize) -> String {
    format!("no. {}", place + 1)
}
