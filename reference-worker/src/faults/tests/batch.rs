//! A session without time: the main thread alone reads what is prepared, chunk by chunk, and the end behind it.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    sync::{Arc, Mutex},
};

use pwp_proto::{FrameReader, Framing, NoteKind, WorkResponse, decode};

use crate::{
    Error, Worker,
    faults::{Active, kit::lock},
    reference::Tool,
    session::hooks::Hooks,
};

/// What the session did to its streams, in order.
#[derive(Debug, PartialEq)]
pub(in crate::faults) enum Event {
    Read,
    Wrote(Vec<u8>),
    Closed,
}

type Log = Arc<Mutex<Vec<Event>>>;

/// What came out of a batch.
#[derive(Debug)]
pub(in crate::faults) struct Outcome {
    pub(in crate::faults) bytes: Vec<u8>,
    pub(in crate::faults) events: Vec<Event>,
    pub(in crate::faults) responses: Vec<WorkResponse>,
    /// What was noted about the responses.
    pub(in crate::faults) notes: Vec<NoteKind>,
    /// A frame that is no response, or bytes that are no frame.
    pub(in crate::faults) undecodable: bool,
    /// Bytes after the last frame.
    pub(in crate::faults) rest: Vec<u8>,
    /// A length that is longer than it has to be.
    pub(in crate::faults) overlong: bool,
    pub(in crate::faults) result: Result<(), Error>,
    pub(in crate::faults) status: u8,
}

impl Outcome {
    pub(in crate::faults) fn ended_by_fault(&self) -> bool {
        matches!(self.result, Err(Error::Fault { .. }))
    }

    pub(in crate::faults) fn has_note(&self, kind: NoteKind) -> bool {
        self.notes.contains(&kind)
    }
}

/// Lets the reference worker with these faults read `chunks`, one with each read, and then the end.
pub(in crate::faults) fn run(faults: &[&str], dialect: Framing, chunks: Vec<Vec<u8>>) -> Outcome {
    let names: Vec<String> = faults.iter().map(|&name| name.to_owned()).collect();
    let mut active = Active::named(&names).unwrap();
    active.push(Box::new(OnlyMainReads));
    let active = Arc::new(active);
    let log = Log::default();
    let input = Chunks { chunks: chunks.into(), rest: Vec::new(), log: Arc::clone(&log) };
    let output = Logged(Arc::clone(&log));
    let tool = Tool::with_faults(Arc::clone(&active));
    let worker = Worker::new().dialect(dialect).multiplex(true).cancellation(true).multiplex_sandboxing(true);
    let worker = active.change(worker);
    let handler = Box::new(move |request: &mut crate::Request| tool.run(request));
    let (result, status) = worker.session((Box::new(input), Box::new(output)), handler, active, None);
    let events = std::mem::take(&mut *lock(&log));
    judge(dialect, events, result, status)
}

fn judge(dialect: Framing, events: Vec<Event>, result: Result<(), Error>, status: u8) -> Outcome {
    let written = events
        .iter()
        .filter_map(|event| if let Event::Wrote(bytes) = event { Some(&bytes[..]) } else { None });
    let bytes = written.collect::<Vec<&[u8]>>().concat();
    let mut frames = FrameReader::new(dialect, i32::MAX as usize);
    frames.push(&bytes);
    let (mut responses, mut notes) = (Vec::new(), Vec::new());
    let (mut undecodable, mut overlong) = (false, false);
    loop {
        match frames.next_frame() {
            Ok(Some(frame)) => {
                overlong |= frame.overlong;
                match decode::<WorkResponse>(dialect, &frame.body) {
                    Ok(decoded) => {
                        responses.push(decoded.message);
                        notes.extend(decoded.notes.iter().map(|note| note.kind));
                    }
                    Err(_) => undecodable = true,
                }
            }
            Ok(None) => break,
            Err(_) => {
                undecodable = true;
                break;
            }
        }
    }
    let rest = frames.pending().trim_ascii().to_vec();
    Outcome { bytes, events, responses, notes, undecodable, rest, overlong, result, status }
}

/// No watcher: the end of the input is read after the last request is answered.
struct OnlyMainReads;

impl Hooks for OnlyMainReads {
    fn reads_while_busy(&self) -> bool {
        false
    }
}

struct Chunks {
    chunks: VecDeque<Vec<u8>>,
    rest: Vec<u8>,
    log: Log,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        lock(&self.log).push(Event::Read);
        if self.rest.is_empty() {
            self.rest = self.chunks.pop_front().unwrap_or_default();
        }
        let got = self.rest.len().min(buffer.len());
        buffer[..got].copy_from_slice(&self.rest[..got]);
        self.rest.drain(..got);
        Ok(got)
    }
}

struct Logged(Log);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).push(Event::Wrote(bytes.to_vec()));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        lock(&self.0).push(Event::Closed);
    }
}
