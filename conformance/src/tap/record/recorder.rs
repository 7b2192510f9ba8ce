//! One tap's part of a recording, as it happens.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pwp_proto::{FrameReader, Framing, Message, WorkRequest, WorkResponse, decode};

use crate::runner;
use crate::tap::OptionsError;
use pwp_spec::Feature;

use super::merge::merge;
use super::outputs::written;
use super::part::{Line, Part, Seen, SeenFile};
use super::places::Places;
use super::store::{Store, hex};

/// Largest message that is recorded.
const MESSAGE: usize = 64 << 20;
/// Requests that may be open; a client with more loses count of none, but is not recorded.
const OPEN: usize = 10_000;
/// Bytes of one part, more than a workload may have.
const PART: usize = 16 << 20;

/// Writes down what one worker was asked and what it did.
#[derive(Debug)]
pub(in crate::tap) struct Recorder {
    places: Places,
    /// The working directory, which the tap shares with the worker.
    folder: PathBuf,
    store: Store,
    session: Option<Session>,
    problem: Option<String>,
}

/// What is there once the dialect is known.
#[derive(Debug)]
struct Session {
    part: Part,
    size: usize,
    began: SystemTime,
    dialect: Framing,
    requests: FrameReader,
    responses: FrameReader,
    open: HashMap<i32, VecDeque<Open>>,
    count: usize,
    used: BTreeSet<Feature>,
}

/// A request that was not answered yet.
#[derive(Debug)]
struct Open {
    request: WorkRequest,
    inputs: Result<Vec<SeenFile>, String>,
    sent: Duration,
}

impl Recorder {
    /// A recorder for the workload `path`.
    ///
    /// # Errors
    /// Where it can't be written there.
    pub(in crate::tap) fn new(path: &Path) -> Result<Self, OptionsError> {
        let places = Places::new(path)?;
        let folder = std::env::current_dir().map_err(OptionsError::write(Path::new(".")))?;
        let store = Store::new(places.inputs());
        Ok(Self { places, folder, store, session: None, problem: None })
    }

    /// The dialect is known. `command`: without `--persistent_worker`; `began`: when the worker was started.
    pub(in crate::tap) fn begin(&mut self, command: &[String], dialect: Framing, began: SystemTime) {
        let since = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let name = format!("{:016}-{}.jsonl", since.as_micros(), std::process::id());
        let path = self.places.parts().join(name);
        let command = runner::Command::resolve(command, &self.folder)
            .map_or_else(|_| command.to_vec(), |command| command.argv);
        let folder = self.folder.to_string_lossy().into_owned();
        let first = Line::Worker { command, dialect: dialect.to_string(), folder };
        let started = Part::create(&path).and_then(|mut part| Ok((part.add(&first)?, part)));
        match started {
            Ok((size, part)) => {
                self.session = Some(Session {
                    part,
                    size,
                    began,
                    dialect,
                    requests: FrameReader::new(dialect, MESSAGE),
                    responses: FrameReader::new(dialect, MESSAGE),
                    open: HashMap::new(),
                    count: 0,
                    used: BTreeSet::new(),
                });
            }
            Err(error) => self.problem = Some(format!("can't write {}: {error}; make room", path.display())),
        }
    }

    /// The client wrote this.
    pub(in crate::tap) fn sent(&mut self, bytes: &[u8], at: Duration) {
        let Some(session) = &mut self.session else { return };
        session.requests.push(bytes);
        let mut lines = Vec::new();
        while let Some(request) = next::<WorkRequest>(&mut session.requests, session.dialect) {
            lines.extend(session.uses(&request));
            if !request.cancel && session.count < OPEN {
                session.count += 1;
                let inputs = inputs(&request, &self.folder, &mut self.store);
                let id = request.request_id;
                session.open.entry(id).or_default().push_back(Open { request, inputs, sent: at });
            }
        }
        lines.iter().for_each(|line| self.add(line));
    }

    /// The worker wrote this.
    pub(in crate::tap) fn received(&mut self, bytes: &[u8], at: Duration) {
        let Some(session) = &mut self.session else { return };
        session.responses.push(bytes);
        let mut lines = Vec::new();
        while let Some(response) = next::<WorkResponse>(&mut session.responses, session.dialect) {
            let Some(queue) = session.open.get_mut(&response.request_id) else { continue };
            let Some(open) = queue.pop_front() else { continue };
            session.count -= 1;
            if queue.is_empty() {
                session.open.remove(&response.request_id);
            }
            if !response.was_cancelled {
                lines.push(seen(open, &response, &self.folder, session.began, at));
            }
        }
        lines.iter().for_each(|line| self.add(line));
    }

    fn add(&mut self, line: &Line) {
        let Some(session) = &mut self.session else { return };
        match session.part.add(line) {
            Ok(size) => session.size += size,
            Err(error) => {
                self.problem = Some(format!("can't record any more: {error}; make room"));
                self.session = None;
                return;
            }
        }
        if session.size > PART {
            self.problem = Some(format!(
                "recorded {} MiB and stopped there; that is more than a workload can hold",
                PART >> 20
            ));
            self.session = None;
        }
    }

    /// The worker has ended: makes the workload. What went wrong, if something did.
    pub(in crate::tap) fn finish(self) -> Option<String> {
        let merged = merge(&self.places).err();
        self.problem.or(merged)
    }
}

impl Session {
    /// What this request shows for the first time about the features that the client takes the worker to declare.
    fn uses(&mut self, request: &WorkRequest) -> Vec<Line> {
        let multiplex = self.count > 0 && request.request_id != 0;
        let shown = [
            (request.cancel, Feature::Cancellation),
            (multiplex, Feature::Multiplex),
            (!request.sandbox_dir.is_empty(), Feature::MultiplexSandboxing),
            (request.verbosity != 0, Feature::Verbosity),
        ];
        let shown = shown.into_iter().filter_map(|(shown, feature)| shown.then_some(feature));
        let new = shown.filter(|feature| self.used.insert(*feature));
        new.map(|feature| Line::Feature { feature }).collect()
    }
}

/// The next message; [`None`] if there is none, or nothing more can be read. One that is no message is passed over.
fn next<M: Message>(reader: &mut FrameReader, dialect: Framing) -> Option<M> {
    while let Ok(Some(frame)) = reader.next_frame() {
        if let Ok(decoded) = decode::<M>(dialect, &frame.body) {
            return Some(decoded.message);
        }
    }
    None
}

/// Keeps the inputs of a request.
fn inputs(request: &WorkRequest, folder: &Path, store: &mut Store) -> Result<Vec<SeenFile>, String> {
    let base = folder.join(&request.sandbox_dir);
    let mut inputs = Vec::new();
    for input in &request.inputs {
        // What lies elsewhere is there in every run, and no input of a workload.
        let Ok(path) = crate::workload::normal(&input.path) else { continue };
        let (sha256, executable) = store.keep(&base.join(&path))?;
        inputs.push(SeenFile { path, sha256, executable });
    }
    inputs.sort();
    inputs.dedup();
    Ok(inputs)
}

fn seen(open: Open, response: &WorkResponse, folder: &Path, began: SystemTime, at: Duration) -> Line {
    let inputs = match open.inputs {
        Ok(inputs) => inputs,
        Err(reason) => return Line::LeftOut { reason },
    };
    let outputs = if response.exit_code == 0 {
        let known = inputs.iter().map(|input| input.path.as_str()).collect();
        let base = folder.join(&open.request.sandbox_dir);
        written(&open.request.arguments, &known, &base, folder, began + open.sent)
    } else {
        Vec::new()
    };
    Line::Request(Seen {
        arguments: open.request.arguments,
        inputs,
        exit_code: response.exit_code,
        output: hex(response.output.as_bytes()),
        outputs,
        took_ms: u64::try_from(at.saturating_sub(open.sent).as_millis()).unwrap_or(u64::MAX),
    })
}
