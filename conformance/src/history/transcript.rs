//! A bounded, annotated record of a history, for people and for `schema/transcript/v1`.

use std::collections::VecDeque;

use pwp_proto::frame::FrameReader;
use pwp_proto::{Framing, Message, WorkRequest, WorkResponse};
use pwp_report::{Entry, TranscriptFile};

use super::{Event, ExitStatus, InputState, Timed};

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
    requests: FrameReader,
    responses: FrameReader,
    dialect: Framing,
}

impl Transcript {
    /// An empty transcript of a session in `dialect`.
    pub fn new(dialect: Framing) -> Self {
        Self {
            head: Vec::new(),
            tail: VecDeque::new(),
            next: 0,
            requests: FrameReader::new(dialect, DECODED),
            responses: FrameReader::new(dialect, DECODED),
            dialect,
        }
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
            Event::Expected(outcome) => plain("expected", format!("the next request is `{}`", outcome.name)),
            Event::Sent(data) => {
                let note = annotate::<WorkRequest>(self.dialect, &mut self.requests, data);
                with_bytes("sent", data, note)
            }
            Event::StdinBroken { unsent: 0 } => {
                plain("stdin-broken", "the worker has closed its stdin".into())
            }
            Event::StdinBroken { unsent } => {
                plain("stdin-broken", format!("the worker reads no more; {unsent} bytes were not accepted"))
            }
            Event::Received(data) => {
                let note = annotate::<WorkResponse>(self.dialect, &mut self.responses, data);
                with_bytes("received", data, note)
            }
            Event::Stderr(data) => {
                with_bytes("stderr", data, shorten(String::from_utf8_lossy(data).trim_end()))
            }
            Event::StdinClosed => plain("stdin-closed", "the client closed stdin".into()),
            Event::StdoutClosed => plain("stdout-closed", "end of stdout".into()),
            Event::Signalled(signal) => plain("signal", format!("SIG{}", signal.as_str())),
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
            Event::Exiting { status: Some(status), .. } => {
                plain("exited", ExitStatus::Code(*status).to_string())
            }
            Event::Exiting { status: None, .. } => plain("exited", ExitStatus::Signal(9).to_string()),
        }
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
    Entry { event: 0, at_us: 0, kind: kind.into(), hex: String::new(), bytes: None, note: shorten(&note) }
}

fn with_bytes(kind: &str, data: &[u8], note: String) -> Entry {
    Entry {
        event: 0,
        at_us: 0,
        kind: kind.into(),
        hex: hex::encode(&data[..data.len().min(BYTES)]),
        bytes: Some(data.len() as u64),
        note,
    }
}

/// Names the messages that end in `data`.
fn annotate<M: Message + std::fmt::Debug>(dialect: Framing, reader: &mut FrameReader, data: &[u8]) -> String {
    let (mut notes, mut length) = (Vec::new(), 0);
    reader.push(data);
    loop {
        length += notes.last().map_or(0, String::len);
        match reader.next_frame() {
            // Of a flood of messages only the first ones are shown.
            Ok(Some(_)) if length > NOTE => {}
            Ok(Some(frame)) => notes.push(match pwp_proto::decode::<M>(dialect, &frame.body) {
                Ok(decoded) => shorten(&format!("{:?}", decoded.message)),
                Err(error) => format!("no {}: {error}", short_name::<M>()),
            }),
            Ok(None) => break,
            Err(error) => {
                notes.push(error.to_string());
                break;
            }
        }
    }
    if reader.next_frame().is_ok() && !reader.pending().is_empty() {
        notes.push(format!("(incomplete: {} bytes so far)", reader.pending().len()));
    }
    shorten(&notes.join(" | "))
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
