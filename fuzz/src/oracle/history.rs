//! Bytes as a history. The form is meant for a fuzzer: each byte is a small decision, and a change of one changes little.
//!
//! The first two bytes say how the subject is started. Then each step begins with a byte whose upper three bits say how
//! much time has passed, and whose lower five say what happens; what it needs to know follows. Messages may stay in a
//! buffer and go out with the next ones, or in two pieces.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pwp::history::{
    Event, ExitStatus, ExpectedOutcome, FileState, Mode, Place, Reference, Signal, Start, StartupFlag, Timed,
    WaitedFor,
};
use pwp_proto::{EncodeOptions, Framing, Input, Message, WorkRequest, WorkResponse, encode_with};
use pwp_spec::Feature;

use crate::choices::Choices;

/// What happens in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A request: id, what is in it, how it is written.
    Request,
    /// A cancel: likewise.
    Cancel,
    /// A response: likewise.
    Response,
    /// Bytes from the client: a length and the bytes.
    RawSent,
    /// Bytes from the worker.
    RawReceived,
    /// Text that workers write by mistake: which.
    Text,
    /// What is known of the next request: bits, and bits of the place where it runs.
    Expected,
    /// What was waited for in vain, and how long.
    Waited,
    /// Stderr: how many bytes.
    Stderr,
    /// A write failed: how many bytes were left.
    StdinBroken,
    /// The client closes stdin.
    StdinClosed,
    /// The worker closes stdout.
    StdoutClosed,
    /// A signal: which.
    Signalled,
    /// The end: an exit code, or a signal.
    Exited,
    /// A quiet time: how long.
    Quiet,
    /// A file: of which request, which, what is seen of it.
    File,
    /// Processes that are left: how many.
    Survivors,
    /// Memory: how much.
    Memory,
    /// Inputs that are still open: how many.
    OpenInputs,
    /// The suite ends the process.
    Killed,
    /// Another subject is started: the two bytes of the start.
    Started,
    /// What is in the buffers goes out.
    Flush,
}

const OPS: [Op; 22] = [
    Op::Request,
    Op::Cancel,
    Op::Response,
    Op::RawSent,
    Op::RawReceived,
    Op::Text,
    Op::Expected,
    Op::Waited,
    Op::Stderr,
    Op::StdinBroken,
    Op::StdinClosed,
    Op::StdoutClosed,
    Op::Signalled,
    Op::Exited,
    Op::Quiet,
    Op::File,
    Op::Survivors,
    Op::Memory,
    Op::Killed,
    Op::Started,
    Op::Flush,
    Op::OpenInputs,
];

const IDS: [i32; 16] =
    [0, 1, 2, 3, 4, 5, -1, 42, 127, 128, 255, 65_536, 1 << 24, i32::MAX, i32::MIN, -2_000_000];

const TIMES: [Duration; 8] = [
    Duration::ZERO,
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(30),
    Duration::from_millis(400),
    Duration::from_secs(6),
    Duration::from_secs(300),
    Duration::MAX,
];

const TEXTS: [&str; 12] = [
    "\n",
    "\r\n",
    "hi",
    "Hello, world!\n",
    "OpenJDK 64-Bit Server VM warning: sharing is off\n",
    "\u{feff}",
    "{\"exitCode\":0}",
    "{\"exitCode\":0,}",
    "{\"request_id\":\"3\"}\n",
    "éééééé",
    "{",
    "}",
];

/// Turns the decisions of an input into events.
#[derive(Debug)]
pub struct Builder<'a> {
    choices: Choices<'a>,
    dialect: Framing,
    now: Duration,
    /// What the client and the worker have written and not yet flushed.
    buffers: [Vec<u8>; 2],
    /// The id of the request in the last step, if it was one.
    pub requested: Option<i32>,
}

impl<'a> Builder<'a> {
    /// The start of a history, and the builder of the rest.
    pub fn new(data: &'a [u8]) -> (Timed, Self) {
        let mut builder = Self {
            choices: Choices::new(data),
            dialect: Framing::Proto,
            now: Duration::ZERO,
            buffers: [Vec::new(), Vec::new()],
            requested: None,
        };
        let start = builder.start();
        (Timed { at: Duration::ZERO, event: start }, builder)
    }

    /// The wire form of the subject that was started last.
    pub fn dialect(&self) -> Framing {
        self.dialect
    }

    /// What happens next, and the events of it, of which there may be none; nothing at the end of the input.
    pub fn step(&mut self) -> Option<(Op, Vec<Timed>)> {
        if self.choices.is_empty() {
            return None;
        }
        let byte = self.choices.byte();
        let passed = TIMES[usize::from(byte >> 5)];
        // A clock that goes backwards would be a bug of the driver; the judge has to survive it.
        self.now = if passed == Duration::MAX {
            self.now.saturating_sub(Duration::from_millis(3))
        } else {
            self.now.saturating_add(passed)
        };
        let op = OPS[usize::from(byte & 0x1f) % OPS.len()];
        self.requested = None;
        let events = self.events(op).into_iter().map(|event| Timed { at: self.now, event }).collect();
        Some((op, events))
    }

    /// What goes out at the end, so that no message stays in pieces.
    pub fn flush(&mut self) -> Vec<Timed> {
        self.flushed().into_iter().map(|event| Timed { at: self.now, event }).collect()
    }

    fn flushed(&mut self) -> Vec<Event> {
        [false, true].into_iter().flat_map(|side| self.write(side, Vec::new(), 0)).collect()
    }

    fn start(&mut self) -> Event {
        let [kind, features] = [self.choices.byte(), self.choices.byte()];
        self.dialect = Framing::ALL[usize::from(kind & 1)];
        self.buffers = [Vec::new(), Vec::new()];
        let mode = if kind & 0b1110 == 0b1110 { Mode::OneShot } else { Mode::Worker };
        let one_shot = (mode == Mode::OneShot && kind & 0x80 != 0).then(|| outcome(kind >> 4, features));
        Event::Started(Start {
            argv: vec!["worker".into()],
            dialect: self.dialect.into(),
            features: (0_usize..)
                .zip(Feature::ALL.iter().copied())
                .filter(|(bit, _)| features >> bit & 1 == 1)
                .map(|(_, f)| f)
                .collect(),
            mode,
            flag: [None, Some(StartupFlag::Known), Some(StartupFlag::Unknown), None]
                [usize::from(kind >> 4 & 3)],
            one_shot,
            confined: features >> 4 & 1 == 1,
        })
    }

    fn events(&mut self, op: Op) -> Vec<Event> {
        let event = match op {
            Op::Request | Op::Cancel => return self.request(op == Op::Cancel),
            Op::Response => return self.response(),
            Op::RawSent | Op::RawReceived => {
                let bytes = self.choices.some_bytes().to_vec();
                return self.write(op == Op::RawReceived, bytes, 0);
            }
            Op::Text => {
                let text = self.choices.one_of(&TEXTS);
                return self.write(true, text.into(), 0);
            }
            Op::Flush => return self.flushed(),
            Op::Expected => Event::Expected(outcome(self.choices.byte(), self.choices.byte())),
            Op::Waited => Event::Waited {
                what: self.choices.one_of(&[WaitedFor::Response, WaitedFor::Exit, WaitedFor::Drain]),
                limit: self.choices.one_of(&TIMES),
            },
            Op::Stderr => Event::Stderr(vec![b'e'; self.choices.byte().into()]),
            Op::StdinBroken => Event::StdinBroken { unsent: self.choices.byte().into() },
            Op::StdinClosed => Event::StdinClosed,
            Op::StdoutClosed => Event::StdoutClosed,
            Op::Signalled => {
                Event::Signalled(self.choices.one_of(&[Signal::Term, Signal::Int, Signal::Kill]))
            }
            Op::Exited => Event::Exited(match self.choices.byte() {
                byte @ 0x80.. => ExitStatus::Signal((byte & 0x7f).into()),
                byte => ExitStatus::Code(byte.into()),
            }),
            Op::Quiet => Event::Quiet(self.choices.one_of(&TIMES)),
            Op::File => self.file(),
            Op::Survivors => {
                Event::Survivors((0..self.choices.byte() % 4).map(|number| format!("cc{number}")).collect())
            }
            Op::Memory => Event::Memory(1 << (self.choices.byte() % 64)),
            Op::OpenInputs => Event::OpenInputs(
                (0..self.choices.byte() % 4).map(|number| format!("in/{number}.c")).collect(),
            ),
            Op::Killed => Event::Killed { reason: "the run is over".into() },
            Op::Started => self.start(),
        };
        vec![event]
    }

    fn request(&mut self, cancel: bool) -> Vec<Event> {
        let (id, has, form) = (self.choices.one_of(&IDS), self.choices.byte(), self.choices.byte());
        let bit = |bit: u8| has >> bit & 1 == 1;
        if !cancel {
            self.requested = Some(id);
        }
        let digest = if bit(3) { b"d1ge5t".to_vec() } else { Vec::new() };
        let message = WorkRequest {
            arguments: if bit(0) == cancel { vec!["--work".into()] } else { Vec::new() },
            inputs: if bit(1) { vec![Input { path: "é/a.c".into(), digest }] } else { Vec::new() },
            request_id: id,
            cancel,
            verbosity: if bit(4) { 10 } else { 0 },
            sandbox_dir: if bit(5) { "sandbox/1".into() } else { String::new() },
        };
        self.message(&message, false, form)
    }

    fn response(&mut self) -> Vec<Event> {
        let (id, has, form) = (self.choices.one_of(&IDS), self.choices.byte(), self.choices.byte());
        let bit = |bit: u8| has >> bit & 1 == 1;
        let message = WorkResponse {
            exit_code: [0, 1, -1, 7][usize::from(has & 3)],
            output: ["", "done", "other", "an error\n"][usize::from(has >> 2 & 3)].into(),
            request_id: id,
            was_cancelled: bit(4),
        };
        self.message(&message, true, form)
    }

    fn message<M: Message>(&mut self, message: &M, from_worker: bool, form: u8) -> Vec<Event> {
        let has = |bit: u8| form >> bit & 1 == 1;
        let options = EncodeOptions {
            explicit_defaults: has(0),
            reversed_fields: has(1),
            unknown_fields: has(2),
            pretty: has(3),
            newline: !has(4),
            escape_all: has(5),
            ..EncodeOptions::default()
        };
        let bytes = encode_with(self.dialect, message, &options);
        self.write(from_worker, bytes, form >> 6)
    }

    /// Adds to a buffer; `how` says what goes out: 0 all, 1 nothing yet, 2 all but the second half, 3 all but one byte.
    fn write(&mut self, from_worker: bool, bytes: Vec<u8>, how: u8) -> Vec<Event> {
        let buffer = &mut self.buffers[usize::from(from_worker)];
        let kept = match how {
            0 => 0,
            1 => buffer.len() + bytes.len(),
            2 => bytes.len() / 2,
            _ => bytes.len().min(1),
        };
        buffer.extend(bytes);
        let later = buffer.split_off(buffer.len() - kept);
        let now = std::mem::replace(buffer, later);
        if now.is_empty() {
            return Vec::new();
        }
        vec![if from_worker { Event::Received(now) } else { Event::Sent(now) }]
    }

    fn file(&mut self) -> Event {
        let (request, what) = (self.choices.byte(), self.choices.byte());
        let mark = u64::from(what >> 4 & 3);
        Event::File {
            request: request.into(),
            path: format!("out/{}.o", what >> 6),
            state: match what & 3 {
                0 => FileState::Missing,
                1 => FileState::Different(mark, "other".into()),
                2 if what & 8 != 0 => FileState::Unlike(mark, "other".into()),
                3 if what & 8 != 0 => FileState::Elsewhere("elsewhere.o".into()),
                _ => FileState::Good(mark),
            },
            at_end: what & 4 != 0,
        }
    }
}

/// What is known of a request: one bit or two for each field.
fn outcome(bits: u8, place: u8) -> ExpectedOutcome {
    let is = |bit: u8| bits >> bit & 1 == 1;
    let at = |bit: u8| place >> bit & 1 == 1;
    let reference = || Reference {
        exit_code: i32::from(at(5)),
        output: at(6).then(|| "done".into()),
        files: if at(7) { BTreeMap::from([("out/0.o".into(), 1)]) } else { BTreeMap::new() },
    };
    ExpectedOutcome {
        name: "some".into(),
        succeeds: [None, Some(true), Some(false), Some(true)][usize::from(bits & 3)],
        exit_code: is(2).then_some(1),
        output: is(3).then(|| "done".into()),
        slow: is(4),
        crashes: is(5),
        reads_stdin: is(6),
        argfile: is(7),
        reference: at(4).then(|| Arc::new(reference())),
        place: Place { sandboxed: at(0), absolute: at(1), only_inputs: at(2), changing: at(3) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_wait_and_go_out_in_pieces() {
        // Two requests in one write, the second of which lacks its last byte; then the rest.
        let data = [0, 0, 0, 1, 1, 0x40, 0, 2, 1, 0xc0, 20];
        let (start, mut builder) = Builder::new(&data);
        assert!(matches!(start.event, Event::Started(_)));
        let steps: Vec<(Op, Vec<Timed>)> = std::iter::from_fn(|| builder.step()).collect();
        let [(Op::Request, first), (Op::Request, second), (Op::Flush, third)] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        assert!(first.is_empty());
        assert_eq!(second[0].event, Event::Sent(b"\x02\x18\x01\x02\x18".to_vec()));
        assert_eq!(third[0].event, Event::Sent(b"\x02".to_vec()));
    }

    #[test]
    fn every_step_can_be_chosen() {
        for (number, op) in (0..).zip(OPS) {
            let data = [1, 0xff, number, 1, 1, 1];
            assert_eq!(Builder::new(&data).1.step().map(|(op, _)| op), Some(op));
        }
    }
}
