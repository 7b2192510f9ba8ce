//! What came of a call, as `--format json` prints it.

use serde::Serialize;

use pwp_spec::{Level, RequirementId};

/// What came of the requests to one worker.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Called {
    /// The worker's command line, as it was started.
    pub command: Vec<String>,
    /// The dialect that the worker was spoken to in.
    pub dialect: String,
    /// Each request, in the order in which they were sent.
    pub calls: Vec<Call>,
    /// Responses that answer none of them.
    pub surplus: Vec<Answer>,
    /// What the worker broke of the standard.
    pub broken: Vec<Broken>,
    /// How the worker ended.
    pub ended: String,
    /// The end of what it wrote to stderr, at most 64 KiB.
    pub stderr: String,
    /// Processes that it left behind, which were killed.
    pub left_behind: Vec<String>,
}

/// A request, and the response to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// The `WorkRequest` in JSON.
    pub request: serde_json::Value,
    /// The response, if one came.
    pub answer: Option<Answer>,
    /// Why none came, with the remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The same work without `--persistent_worker`, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_shot: Option<OneShot>,
}

/// A `WorkResponse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `request_id`.
    pub request_id: i32,
    /// `exit_code`.
    pub exit_code: i32,
    /// `output`.
    pub output: String,
    /// `was_cancelled`.
    pub was_cancelled: bool,
    /// Microseconds from the moment at which the request was sent; for the first one the start of the worker is in it.
    pub took_us: u64,
}

/// The same work in one-shot mode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OneShot {
    /// The exit status or signal of the run, or why it has none.
    pub ended: String,
    /// What it wrote to stdout and stderr, at most 16 MiB.
    pub output: String,
    /// Microseconds from start to end.
    pub took_us: u64,
    /// What is not as in worker mode; empty if all is the same.
    pub differences: Vec<String>,
    /// Whether the files could be compared: not where there are too many.
    pub files_compared: bool,
}

/// A requirement that was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The ID of the requirement.
    pub id: RequirementId,
    /// How strongly the requirement binds.
    pub level: Level,
    /// The symptom in one sentence.
    pub summary: String,
    /// The remedy for the author of the worker.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Called {
    /// Whether each request has its answer, nothing that the standard demands was broken, and one-shot mode gave the same.
    pub fn is_good(&self) -> bool {
        let answered = |call: &Call| call.problem.is_none();
        let same = |call: &Call| call.one_shot.as_ref().is_none_or(|run| run.differences.is_empty());
        self.calls.iter().all(|call| answered(call) && same(call))
            && self.broken.iter().all(|broken| broken.level != Level::Must)
    }
}
