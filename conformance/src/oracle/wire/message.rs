//! What passes between a client and a worker, in whatever dialect.

use pwp_proto::{WorkRequest, WorkResponse};
use pwp_spec::RequirementId;

use crate::oracle::session::Trait;
use crate::oracle::{Excerpt, WorkerViolation};

/// A call: a request that is no cancel, with all that belongs to it.
///
/// Its number is its place among the requests of the process, from 0. How a response or a cancel names its call is a matter
/// of the dialect: the stdio dialects use `request_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(
    /// The place of the request.
    pub u64,
);

/// One message, or what was found in its place.
#[derive(Debug)]
pub(in crate::oracle) enum Message {
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
pub(in crate::oracle) struct Request {
    /// The call that it begins.
    pub(in crate::oracle) call: CallId,
    /// What it says.
    pub(in crate::oracle) message: WorkRequest,
    /// What is unusual in how it is written, and how it was sent.
    pub(in crate::oracle) traits: Vec<Trait>,
    /// What no reader likes in it.
    pub(in crate::oracle) odd: Option<String>,
    /// A known field has another wire type.
    pub(in crate::oracle) is_retyped: bool,
    /// The oldest open call that has the same name.
    pub(in crate::oracle) twin: Option<CallId>,
    /// An answered call that is remembered has the same name.
    pub(in crate::oracle) is_reused: bool,
    /// Its bytes, where the client is judged.
    pub(in crate::oracle) excerpt: Option<Excerpt>,
}

/// A cancel request.
#[derive(Debug)]
pub(in crate::oracle) struct Cancel {
    /// The call that it names: the oldest open one, or else the last answered one that is remembered.
    pub(in crate::oracle) call: Option<CallId>,
    /// What it says.
    pub(in crate::oracle) message: WorkRequest,
    /// It came in pieces.
    pub(in crate::oracle) is_split: bool,
    /// A known field has another wire type.
    pub(in crate::oracle) is_retyped: bool,
    /// Its bytes, where the client is judged.
    pub(in crate::oracle) excerpt: Option<Excerpt>,
}

/// Why what a client sends can't be read.
#[derive(Debug)]
pub(in crate::oracle) struct Unreadable {
    /// What is wrong with it.
    pub(in crate::oracle) error: String,
    /// It is larger than what is looked at, which is no mistake by itself.
    pub(in crate::oracle) is_too_large: bool,
    /// Its bytes, where the client is judged.
    pub(in crate::oracle) excerpt: Option<Excerpt>,
}

/// A response.
#[derive(Debug)]
pub(in crate::oracle) struct Response {
    /// The call that it names: the oldest open one, or else the last answered one that is remembered.
    pub(in crate::oracle) call: Option<CallId>,
    /// What it says.
    pub(in crate::oracle) message: WorkResponse,
    /// The rules of form that it keeps.
    pub(in crate::oracle) kept: Vec<RequirementId>,
    /// The rules of form that it breaks.
    pub(in crate::oracle) broken: Vec<WorkerViolation>,
}

/// What of a request was sent and is not complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::oracle) struct Unfinished {
    /// How many bytes there are.
    pub(in crate::oracle) bytes: usize,
    /// How many of them are no white space.
    pub(in crate::oracle) visible: usize,
}

/// How requests stand on lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::oracle) struct Lines {
    /// Each message is on one line that ends with one newline. Only true at the end, or where nothing is half written.
    pub(in crate::oracle) are_whole: bool,
    /// What has come so far can still become whole lines.
    pub(in crate::oracle) may_become_whole: bool,
}
