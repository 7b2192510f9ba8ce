//! What is sent in a call, and what came of it, as `--format json` prints it.

use std::time::{Duration, Instant};

use pwp_proto::{Framing, WorkRequest};
use pwp_spec::{Features, Level, RequirementId};
use serde::Serialize;

use crate::files::{Beyond, Folder};

/// The flag that makes a tool a worker (`WorkerSpawnRunner.java`).
pub(super) const FLAG: &str = "--persistent_worker";

/// What to send, and to whom.
#[derive(Debug, Clone)]
pub(crate) struct CallOptions {
    /// The worker's command line; `--persistent_worker` is added if it is not there.
    pub(crate) command: Vec<String>,
    pub(crate) dialect: Framing,
    /// What the worker declares, by which it is judged.
    pub(crate) features: Features,
    pub(crate) requests: Vec<WorkRequest>,
    /// All requests are sent before the first answer is waited for. Those without an id get one.
    pub(crate) parallel: bool,
    /// Each request is run without `--persistent_worker`, too.
    pub(crate) one_shot: bool,
    /// How long each answer is waited for; the first one includes the start of the worker.
    pub(crate) timeout: Duration,
    /// The working directory of the worker and of each run in one-shot mode.
    pub(crate) folder: Folder,
}

/// What came of the requests to one worker.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Called {
    /// As it was started.
    pub(crate) command: Vec<String>,
    pub(crate) dialect: String,
    /// Each request, in the order in which they were sent.
    pub(crate) calls: Vec<Call>,
    /// Responses that answer none of them.
    pub(crate) surplus: Vec<Answer>,
    /// What the worker broke of the standard.
    pub(crate) broken: Vec<Broken>,
    /// How the worker ended.
    pub(crate) ended: String,
    /// The end of what it wrote to stderr, at most 64 KiB.
    pub(crate) stderr: String,
    /// Processes that it left behind, which were killed.
    pub(crate) left_behind: Vec<String>,
}

/// A request, and the response to it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Call {
    pub(crate) request: serde_json::Value,
    #[serde(skip)]
    pub(super) sent: Option<Instant>,
    /// The response, if one came.
    pub(crate) answer: Option<Answer>,
    /// Why none came, with the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// The same work without `--persistent_worker`, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) one_shot: Option<OneShot>,
}

/// A `WorkResponse`.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) request_id: i32,
    pub(crate) exit_code: i32,
    pub(crate) output: String,
    pub(crate) was_cancelled: bool,
    /// Microseconds from the moment at which the request was sent; for the first one the start of the worker is in it.
    pub(crate) took_us: u64,
}

/// The same work in one-shot mode.
#[derive(Debug, Default, Serialize)]
pub(crate) struct OneShot {
    /// Why it was not tried: no program can be given the arguments of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_tried: Option<String>,
    /// The exit status or signal of the run, or why it has none.
    pub(crate) ended: String,
    /// What it wrote to stdout and stderr, at most 16 MiB.
    pub(crate) output: String,
    /// Microseconds from start to end.
    pub(crate) took_us: u64,
    /// What is not as in worker mode; empty if all is the same.
    pub(crate) differences: Vec<String>,
    /// Whether the files could be compared: not where there are too many.
    pub(crate) files_compared: bool,
    /// What there is too much of.
    #[serde(skip)]
    pub(crate) beyond: Option<Beyond>,
}

/// A requirement that was broken.
#[derive(Debug, Serialize)]
pub(crate) struct Broken {
    pub(crate) id: RequirementId,
    pub(crate) level: Level,
    /// The symptom in one sentence.
    pub(crate) summary: String,
    /// The remedy for the author of the worker.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) remedy: String,
}

impl Called {
    /// Whether each request has its answer, nothing that the standard demands was broken, and one-shot mode gave the same.
    pub(crate) fn is_good(&self) -> bool {
        let same = |call: &Call| call.one_shot.as_ref().is_none_or(|run| run.differences.is_empty());
        self.calls.iter().all(|call| call.problem.is_none() && same(call))
            && self.broken.iter().all(|broken| broken.level != Level::Must)
    }
}
