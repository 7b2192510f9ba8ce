//! A bounded, annotated record of a history, for people and for `schema/transcript/v1`.

use std::collections::VecDeque;

use pwp_proto::frame::{FrameError, FrameReader};
use pwp_proto::{Dialect, Framing, MAX_MESSAGE, Message, WorkRequest, WorkResponse};
use pwp_report::{Entry, TranscriptFile};

use super::{CallEvent, Event, ExitStatus, InputState, Timed};

/// Entries kept from the start of a run.
const HEAD: usize = 120;
/// Entries kept from its end.
const TAIL: usize = 120;
/// Bytes kept of one entry.
const BYTES: usize = 256;
/// Largest frame that is decoded for its annotation.
const DECODED: usize = 1 << 16;
/// Characters of an annotation.
const NOTE: usize = 400;
/// Names of files in an annotation; of further ones only the count is told.
const NAMES: usize = 8;

/// Collects entries; keeps the first and the last ones.
#[derive(Debug)]
pub struct Transcript {
    head: Vec<Entry>,
    tail: VecDeque<Entry>,
    next: usize,
    /// What cuts the requests and the responses out of two streams of bytes, in a dialect that has them.
    streams: Option<(Framing, [FrameReader; 2])>,
    dialect: Dialect,
}

impl Transcript {
    /// An empty transcript of a session in `dialect`.
    pub fn new(dialect: impl Into<Dialect>) -> Self {
        let dialect = dialect.into();
        let reader = |framing| FrameReader::new(framing, DECODED);
        let streams = dialect.framing().map(|framing| (framing, [reader(framing), reader(framing)]));
        Self { head: Vec::new(), tail: VecDeque::new(), next: 0, streams, dialect }
    }

    /// Adds an event.
    pub fn record(&mut self, timed: &Timed) {
        let mut entry = self.entry(&timed.event);
        entry.event = self.next;
        entry.at_us = pwp_report::micros(timed.at);
        self.next += 1;
        if self.head.len() < HEAD {
            self.head.push(entry);
        } else {
            if self.tail.len() == TAIL {
                self.tail.pop_front();
            }
            self.tail.push_back(entry);
        }
    }

    /// What was kept, in order.
    pub fn entries(&self) -> Vec<Entry> {
        self.head.iter().chain(&self.tail).cloned().collect()
    }

    /// The transcript as a file.
    pub fn to_file(&self, script: &str) -> TranscriptFile {
        TranscriptFile::new(self.dialect.as_str(), script, self.entries())
    }

    fn entry(&mut self, event: &Event) -> Entry {
        match event {
            Event::Started(start) => plain("started", start.argv.join(" ")),
            // A message of a dialect that keeps its calls apart has no place in a stream of bytes.
            Event::Call { call, what } => {
                let (kind, note) = match what {
                    CallEvent::Request(request) => ("sent", format!("call {call}: {request:?}")),
                    CallEvent::Cancel => ("sent", format!("call {call} is cancelled")),
                    CallEvent::Response(response) => ("received", format!("call {call}: {response:?}")),
                };
                with_bytes(kind, &[], &note)
            }
            Event::Expected(outcome) => plain("expected", format!("the next request is `{}`", outcome.name)),
            Event::Sent(data) => with_bytes("sent", data, &self.annotate::<WorkRequest>(0, data)),
            Event::StdinBroken { unsent: 0 } => {
                plain("stdin-broken", "the worker has closed its stdin".into())
            }
            Event::StdinBroken { unsent } => {
                plain("stdin-broken", format!("the worker reads no more; {unsent} bytes were not accepted"))
            }
            Event::Received(data) => with_bytes("received", data, &self.annotate::<WorkResponse>(1, data)),
            Event::Stderr(data) => with_bytes("stderr", data, String::from_utf8_lossy(data).trim_end()),
            Event::StdinClosed => plain("stdin-closed", "the client closed stdin".into()),
            Event::StdoutClosed => plain("stdout-closed", "end of stdout".into()),
            Event::Signalled(signal) => plain("signal", format!("SIG{signal}")),
            Event::Exited(status) => plain("exited", status.to_string()),
            Event::Waited { what, limit } => {
                plain("waited", format!("{what:?} did not come within {limit:.1?}").to_lowercase())
            }
            Event::Quiet(time) => plain("quiet", format!("nothing sent for {time:.1?}")),
            Event::File { path, state, at_end, .. } => {
                let when = if *at_end { "at the end" } else { "at the response" };
                plain("file", format!("{path} {when}: {state}"))
            }
            Event::Survivors(names) => plain("survivors", names.join(", ")),
            Event::OpenInputs(paths) if paths.is_empty() => plain("open-inputs", "no input is open".into()),
            Event::OpenInputs(paths) => plain("open-inputs", format!("open: {}", paths.join(", "))),
            Event::Memory(bytes) => plain("memory", format!("{} KiB resident", bytes / 1024)),
            Event::Killed { reason } => plain("killed", reason.clone()),
            Event::ProcessStarted(start) => plain("started", start.argv.join(" ")),
            Event::Refused => plain("refused", "the client reads no more".into()),
            Event::Homeless => plain("homeless", "the working directory is gone".into()),
            Event::Looked { inputs, files, .. } => plain("looked", looked(inputs, files.as_deref())),
            Event::Found { outputs, .. } => plain("found", format!("{} is there already", some(outputs))),
            Event::Kept { path, kept, .. } => {
                plain("kept", format!("{path} is {}as it was written", if *kept { "" } else { "not " }))
            }
            Event::Wrote { path, error, .. } if error.is_empty() => plain("wrote", path.clone()),
            Event::Wrote { path, error, .. } => {
                plain("wrote", format!("{path} could not be written: {error}"))
            }
            Event::Opened { path, there } => {
                plain("opened", format!("{path} is {}there", if *there { "" } else { "not " }))
            }
            Event::Printed(text) => plain("printed", text.trim_end().to_owned()),
            Event::Took(bytes) => plain("memory", format!("{bytes} bytes taken")),
            Event::Mark(name) => plain("mark", name.clone()),
            Event::Child { .. } => plain("child", "a child that ignores SIGTERM was started".into()),
            Event::Exiting { status, .. } => {
                plain("exited", status.map_or(ExitStatus::Signal(9), ExitStatus::Code).to_string())
            }
        }
    }

    /// Names the messages that end in `data`, for the requests (0) or the responses (1).
    fn annotate<M: Message + std::fmt::Debug>(&mut self, direction: usize, data: &[u8]) -> String {
        let Some((framing, readers)) = &mut self.streams else { return String::new() };
        let reader = &mut readers[direction];
        let (mut notes, mut length) = (Vec::new(), 0);
        // Piece by piece: of a message that is too large to be decoded, no more than that is kept.
        'pieces: for piece in data.chunks(DECODED) {
            reader.push(piece);
            loop {
                match reader.next_frame() {
                    // Of a flood of messages only the first ones are shown.
                    Ok(Some(_)) if length > NOTE => {}
                    Ok(Some(frame)) => {
                        let note = match pwp_proto::decode::<M>(*framing, &frame.body) {
                            Ok(decoded) => shorten(&format!("{:?}", decoded.message)),
                            Err(error) => format!("no {}: {error}", short_name::<M>()),
                        };
                        length += note.len();
                        notes.push(note);
                    }
                    Ok(None) => break,
                    Err(error) => {
                        notes.push(unread(error));
                        break 'pieces;
                    }
                }
            }
        }
        if reader.next_frame().is_ok() && !reader.pending().is_empty() {
            notes.push(format!("(incomplete: {} bytes so far)", reader.pending().len()));
        }
        notes.join(" | ")
    }
}

/// Why nothing more of a stream is decoded. The limit of a transcript is none of the standard's.
fn unread(error: FrameError) -> String {
    match error {
        FrameError::LengthTooLarge { offset, declared, .. } if declared > MAX_MESSAGE as u64 => {
            FrameError::LengthTooLarge { offset, declared, limit: MAX_MESSAGE as u64 }.to_string()
        }
        FrameError::LengthTooLarge { offset, declared, .. } => {
            format!(
                "the message of {declared} bytes at byte {offset}, and what is behind it, is not decoded here"
            )
        }
        FrameError::ObjectTooLarge { offset, limit } => {
            format!(
                "the object at byte {offset} has more than {limit} bytes, and is not decoded here, nor is what is behind it"
            )
        }
        error => error.to_string(),
    }
}

/// The first names of a list, and how many more there are.
fn some<T: AsRef<str>>(names: &[T]) -> String {
    let shown = names.iter().take(NAMES).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES { format!("{shown}, and {} more", names.len() - NAMES) } else { shown }
}

/// What a process found at a request.
fn looked(inputs: &[(String, InputState)], files: Option<&[String]>) -> String {
    let missing = inputs.iter().filter(|(_, found)| *found == InputState::Missing);
    let missing: Vec<&String> = missing.map(|(path, _)| path).collect();
    let mut note = format!("{} inputs", inputs.len());
    if !missing.is_empty() {
        note += &format!(", not there: {}", some(&missing));
    }
    if let Some(files) = files {
        note += &format!("; files: {}", some(files));
    }
    note
}

fn plain(kind: &str, note: String) -> Entry {
    Entry { kind: kind.into(), note: shorten(&note), ..Entry::default() }
}

fn with_bytes(kind: &str, data: &[u8], note: &str) -> Entry {
    let hex = hex::encode(&data[..data.len().min(BYTES)]);
    Entry { hex, bytes: Some(data.len() as u64), ..plain(kind, note.into()) }
}

fn short_name<M>() -> &'static str {
    std::any::type_name::<M>().rsplit("::").next().unwrap_or("message")
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(NOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
