//! What passes between a client and a worker, and what the wire notes about its form.

use pwp_proto::{WorkRequest, WorkResponse};
use pwp_spec::RequirementId;

use crate::oracle::{Excerpt, Trait, WorkerViolation};

/// A call: a request that is no cancel, with all that belongs to it.
///
/// Its number is its place among the requests of the process, from 0. How a response or a cancel names its call is a matter
/// of the dialect: the stdio dialects use `request_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(crate) u64);

/// One message, or what was found in its place.
#[derive(Debug)]
pub(crate) enum Message {
    /// The client sent a request that is no cancel.
    Request(Box<Request>),
    /// The client sent a cancel request.
    Cancel(Box<Cancel>),
    /// The client sent what is no request. What it sends from here on can't be read.
    Unreadable(Unreadable),
    /// The worker sent a response.
    Response(Box<Response>),
    /// The worker sent what is no response. What it sends from here on can't be read.
    Broken(WorkerViolation),
    /// The worker sent something while no request was open. That is told once for what it sent together, and not where it
    /// was a response, which is told by itself.
    Unasked,
}

/// A request that is no cancel.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) call: CallId,
    pub(crate) message: WorkRequest,
    /// What is unusual in how it is written, and how it was sent.
    pub(crate) traits: Vec<Trait>,
    /// What no reader likes in it.
    pub(crate) odd: Option<String>,
    /// A known field has another wire type.
    pub(crate) is_retyped: bool,
    /// The oldest open call that has the same name.
    pub(crate) twin: Option<CallId>,
    /// An answered call that is remembered has the same name.
    pub(crate) is_reused: bool,
    /// Its bytes, where the client is judged.
    pub(crate) excerpt: Option<Excerpt>,
}

#[derive(Debug)]
pub(crate) struct Cancel {
    /// The call that it names: the oldest open one, or else the last answered one that is remembered.
    pub(crate) call: Option<CallId>,
    pub(crate) message: WorkRequest,
    pub(crate) is_split: bool,
    pub(crate) is_retyped: bool,
    pub(crate) excerpt: Option<Excerpt>,
}

/// Why what a client sends can't be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) error: String,
    /// It is larger than what is looked at, which is no mistake by itself.
    pub(crate) is_too_large: bool,
    pub(crate) excerpt: Option<Excerpt>,
}

/// A complete response of the worker, with the rules of form that it keeps and breaks.
#[derive(Debug)]
pub(crate) struct Response {
    /// The call that it names: the oldest open one, or else the last answered one that is remembered.
    pub(crate) call: Option<CallId>,
    pub(crate) message: WorkResponse,
    pub(crate) kept: Vec<RequirementId>,
    pub(crate) broken: Vec<WorkerViolation>,
}

/// What of a request was sent and is not complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) bytes: usize,
    /// How many of them are no white space.
    pub(crate) visible: usize,
}

/// How requests stand on lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Each message is on one line that ends with one newline. Only true at the end, or where nothing is half written.
    pub(crate) are_whole: bool,
    /// What has come so far can still become whole lines.
    pub(crate) may_become_whole: bool,
}
