//! One tap's part, as it happens.

use std::collections::{BTreeSet, VecDeque};
use std::fs::File;
use std::time::{Duration, SystemTime};

use pwp_proto::{FrameReader, Framing, MAX_MESSAGE, Message, WorkRequest, WorkResponse, decode};
use pwp_spec::Feature;

use crate::probe::files::digest;
use crate::report::millis;
use crate::runner;
use crate::tap::files;

use super::inputs::Store;
use super::merge::merge;
use super::outputs::written;
use super::part::{Line, Place, Seen, SeenFile};

/// Bytes of requests that may be open and are kept until their answers come: a workload holds no more text.
const OPEN_BYTES: usize = 8 << 20;
/// Requests that may be open; a client with more loses count of none, but is not recorded.
const OPEN: usize = 10_000;
/// Bytes of one part, more than a workload may have.
const PART: usize = 16 << 20;

/// Writes down what one worker was asked and what it did.
#[derive(Debug)]
pub(in crate::tap) struct Recorder {
    place: Place,
    store: Store,
    /// The part, as long as it can be written to.
    part: Option<File>,
    size: usize,
    problem: Option<String>,
    began: SystemTime,
    dialect: Framing,
    requests: FrameReader,
    responses: FrameReader,
    open: VecDeque<Open>,
    /// The length of all open requests together, in bytes.
    open_bytes: usize,
    used: BTreeSet<Feature>,
}

/// A request that was not answered yet.
#[derive(Debug)]
struct Open {
    request: WorkRequest,
    /// The length of its message, in bytes.
    length: usize,
    inputs: Result<Vec<SeenFile>, String>,
    sent: Duration,
}

impl Recorder {
    /// Begins a part, since the dialect is known. The command is without `--persistent_worker`.
    pub(in crate::tap) fn begin(
        place: Place,
        command: &[String],
        dialect: Framing,
        began: SystemTime,
    ) -> Self {
        let name = files::part(began, "jsonl");
        let command = runner::Command::resolve(command, &place.folder)
            .map_or_else(|_| command.to_vec(), |command| command.argv);
        let folder = place.folder.to_string_lossy().into_owned();
        let first = Line::Worker { command, dialect: dialect.to_string(), folder };
        let part = place.parts.create_new(&name);
        let (part, size, problem) = match part.and_then(|mut part| Ok((first.write(&mut part)?, part))) {
            Ok((size, part)) => (Some(part), size, None),
            Err(error) => {
                let path = place.parts.path().join(name);
                (None, 0, Some(format!("can't write {}: {error}; make room", path.display())))
            }
        };
        Self {
            store: Store::new(place.inputs.clone()),
            place,
            part,
            size,
            problem,
            began,
            dialect,
            requests: FrameReader::new(dialect, MAX_MESSAGE),
            responses: FrameReader::new(dialect, MAX_MESSAGE),
            open: VecDeque::new(),
            open_bytes: 0,
            used: BTreeSet::new(),
        }
    }

    /// The client wrote this.
    pub(in crate::tap) fn sent(&mut self, bytes: &[u8], at: Duration) {
        if self.part.is_none() {
            return;
        }
        self.requests.push(bytes);
        while let Some((request, length)) = next::<WorkRequest>(&mut self.requests, self.dialect) {
            self.uses(&request);
            if request.cancel {
                continue;
            }
            if self.open_bytes + length > OPEN_BYTES {
                let reason = format!("the open requests had more than {} MiB together", OPEN_BYTES >> 20);
                self.add(&Line::LeftOut { reason });
            } else if self.open.len() < OPEN {
                let inputs = self.inputs(&request);
                self.open_bytes += length;
                self.open.push_back(Open { request, length, inputs, sent: at });
            }
        }
    }

    /// The worker wrote this.
    pub(in crate::tap) fn received(&mut self, bytes: &[u8], at: Duration) {
        if self.part.is_none() {
            return;
        }
        self.responses.push(bytes);
        while let Some((response, _)) = next::<WorkResponse>(&mut self.responses, self.dialect) {
            let answers = |open: &Open| open.request.request_id == response.request_id;
            let place = self.open.iter().position(answers);
            let Some(open) = place.and_then(|place| self.open.remove(place)) else { continue };
            self.open_bytes -= open.length;
            if !response.was_cancelled {
                let line = self.seen(open, &response, at);
                self.add(&line);
            }
        }
    }

    fn add(&mut self, line: &Line) {
        let Some(part) = &mut self.part else { return };
        let problem = match line.write(part) {
            Err(error) => format!("can't record any more: {error}; make room"),
            Ok(size) if self.size + size > PART => format!(
                "recorded {} MiB and stopped there; that is more than a workload can hold",
                PART >> 20
            ),
            Ok(size) => {
                self.size += size;
                return;
            }
        };
        (self.part, self.problem) = (None, Some(problem));
    }

    /// The worker has ended: makes the workload. What went wrong, if something did.
    pub(in crate::tap) fn finish(self) -> Option<String> {
        let merged = merge(&self.place).err();
        self.problem.or(merged)
    }

    /// Writes down what this request shows for the first time about the features that the client takes the worker to declare.
    fn uses(&mut self, request: &WorkRequest) {
        let shown = [
            (request.cancel, Feature::Cancellation),
            (!self.open.is_empty() && request.request_id != 0, Feature::Multiplex),
            (!request.sandbox_dir.is_empty(), Feature::MultiplexSandboxing),
            (request.verbosity != 0, Feature::Verbosity),
        ];
        for (is_shown, feature) in shown {
            if is_shown && self.used.insert(feature) {
                self.add(&Line::Feature { feature });
            }
        }
    }

    /// Keeps the inputs of a request.
    fn inputs(&mut self, request: &WorkRequest) -> Result<Vec<SeenFile>, String> {
        let base = self.place.folder.join(&request.sandbox_dir);
        // What lies elsewhere is there in every run, and no input of a workload.
        let paths = request.inputs.iter().filter_map(|input| crate::workload::normal(&input.path).ok());
        let kept = paths.map(|path| {
            let (sha256, executable) = self.store.keep(&base.join(&path))?;
            Ok(SeenFile { path, sha256, executable })
        });
        // Each once, in order.
        Ok(kept.collect::<Result<BTreeSet<_>, String>>()?.into_iter().collect())
    }

    fn seen(&self, open: Open, response: &WorkResponse, at: Duration) -> Line {
        let inputs = match open.inputs {
            Ok(inputs) => inputs,
            Err(reason) => return Line::LeftOut { reason },
        };
        let outputs = if response.exit_code == 0 {
            let known = inputs.iter().map(|input| input.path.as_str()).collect();
            let folder = &self.place.folder;
            let base = folder.join(&open.request.sandbox_dir);
            written(&open.request.arguments, &known, &base, folder, self.began + open.sent)
        } else {
            Vec::new()
        };
        Line::Request(Seen {
            arguments: open.request.arguments,
            inputs,
            exit_code: response.exit_code,
            output: digest(response.output.as_bytes()),
            outputs,
            took_ms: millis(at.saturating_sub(open.sent)),
        })
    }
}

/// The next message and its length; [`None`] if there is none, or nothing more can be read. One that is no message is passed over.
fn next<M: Message>(reader: &mut FrameReader, dialect: Framing) -> Option<(M, usize)> {
    while let Ok(Some(frame)) = reader.next_frame() {
        if let Ok(decoded) = decode::<M>(dialect, &frame.body) {
            return Some((decoded.message, frame.len()));
        }
    }
    None
}
