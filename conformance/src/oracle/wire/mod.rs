//! The wire form of a dialect: events in, messages of both directions out, with notes about their form.
//!
//! This is where a dialect differs from another one. Nothing above this layer knows bytes, lengths or JSON; a dialect that
//! is not a pipe brings a [`Wire`] of its own.
//!
//! - [`Wire`]: what a dialect brings; [`Message`] and its parts: what passes
//! - `stdio`: the dialects proto and json, which are streams of bytes

pub(super) mod stdio;

use std::fmt;

use pwp_proto::{Dialect, WorkRequest, WorkResponse};
use pwp_spec::RequirementId;

use crate::history::{Start, Timed};

use super::{Excerpt, Trait, WorkerViolation};

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

/// Turns the events of one process into messages, one after the other.
///
/// The judge asks for the next message only when it has judged the one before, so that it makes no difference how many of
/// them one event brings.
pub(super) trait Wire: fmt::Debug + Send {
    /// Takes an event. Its messages are told by [`next_message`](Self::next_message).
    fn take(&mut self, timed: &Timed);

    /// The next message in what was taken.
    fn next_message(&mut self) -> Option<Message>;

    /// A response that does not name this call has answered it. `id`: the name of the call.
    fn close(&mut self, call: CallId, id: i32);

    /// What the worker writes is not read any more.
    fn give_up(&mut self);

    /// Whether what the worker writes can't be read as responses any more.
    fn is_desynchronised(&self) -> bool;

    /// What of a request was sent and is not complete.
    fn unfinished(&self) -> Unfinished {
        Unfinished::default()
    }

    /// The client waits no longer, or the worker writes no more: a response that was begun will not be completed.
    fn leave_off(&mut self) -> Option<WorkerViolation> {
        None
    }

    /// What stands between the responses, if all that was written are responses, and at least one.
    fn between_responses(&self) -> Option<&'static str> {
        None
    }

    /// Whether nothing but responses was written, and at least one.
    fn is_clean(&self) -> bool;

    /// How the requests stand on lines, in a dialect that has lines.
    fn lines(&self) -> Option<Lines> {
        None
    }

    /// Whether the client begins with a request in another dialect than that of this wire.
    fn speaks_another(&self) -> bool {
        false
    }
}

/// What a wire is to tell of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// The worker is judged, so its form is read strictly. Otherwise it is read as clients read it.
    pub(super) worker: bool,
    /// The client is judged, so its bytes are kept as evidence.
    pub(super) client: bool,
    /// The largest request that is read, in bytes.
    pub(super) largest: usize,
}

/// A dialect that the judge can't read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("histories in the dialect {0} can't be judged yet; use proto or json")]
pub struct NoWire(pub(super) Dialect);

/// The wire of a process that was started like this.
pub(super) fn open(start: &Start, reading: Reading) -> Result<Box<dyn Wire>, NoWire> {
    match start.dialect {
        Dialect::Proto => Ok(Box::new(stdio::Stdio::new(pwp_proto::Framing::Proto, reading))),
        Dialect::Json => Ok(Box::new(stdio::Stdio::new(pwp_proto::Framing::Json, reading))),
        Dialect::Grpc | Dialect::Remote => Err(NoWire(start.dialect)),
    }
}
