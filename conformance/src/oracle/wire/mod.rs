//! The wire form of a dialect: events in, messages of both directions out, with notes about their form.
//!
//! This is where a dialect differs from another one. Nothing above this layer knows bytes, lengths or JSON; a dialect that
//! is not a pipe brings a [`Wire`] of its own.
//!
//! - [`Wire`]: what a dialect brings; [`Message`] and its parts: what passes (`message`)
//! - `stdio`: the dialects proto and json, which are streams of bytes

mod message;
pub(super) mod stdio;

use std::fmt;

use pwp_proto::Dialect;

use crate::history::{Start, Timed};

use super::WorkerViolation;

pub use message::CallId;
pub(crate) use message::{Cancel, Lines, Message, Request, Response, Unfinished, Unreadable};

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

    /// Whether a response has begun and is not complete.
    fn has_begun_response(&self) -> bool {
        false
    }

    /// Bytes of messages that are not complete.
    fn held(&self) -> usize {
        0
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
