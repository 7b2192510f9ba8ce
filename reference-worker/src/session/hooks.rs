//! Where a deliberate misbehaviour can take hold of a session.
//!
//! The default methods are the correct behaviour, and [`NoHooks`] overrides nothing, so in a build without the
//! feature `faults` all of this is inlined away.

use pwp_proto::{Decoded, Frame, WorkRequest, WorkResponse};

use super::Out;
use crate::Error;

/// What to do with something that was read.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults do anything but accept"))]
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Accept,
    /// Ask again when more bytes have arrived; lost if none do.
    Hold,
    /// Forget it.
    Drop,
}

/// What to do with a cancel request.
#[cfg_attr(
    not(feature = "faults"),
    expect(dead_code, reason = "only faults do anything but signal or ignore")
)]
#[derive(Debug, PartialEq)]
pub(crate) enum CancelAction {
    Ignore,
    /// Cancel the open requests with its id.
    Signal,
    /// Cancel every open request.
    SignalAll,
    /// Take it for a unit of work.
    Work,
    /// Answer it.
    Answer(WorkResponse),
}

/// What is known about a request when its response is due.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults look at it"))]
#[derive(Debug)]
pub(crate) struct Answer {
    /// Whether the handler panicked.
    pub(crate) panicked: bool,
    /// How many other requests are open.
    pub(crate) others: usize,
    /// The request's verbosity.
    pub(crate) verbosity: i32,
}

/// How the session ends.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Whether to keep the reason to itself.
    pub(crate) silent: bool,
    /// Whether to stay alive, doing nothing.
    pub(crate) hang: bool,
    /// Another exit status than the usual one.
    pub(crate) status: Option<u8>,
}

/// The places where a session can be made to misbehave, in the order in which a request passes them.
pub(crate) trait Hooks: Send + Sync + 'static {
    /// The session begins; nothing has been read.
    fn begin(&self, _out: &mut Out) -> Result<(), Error> {
        Ok(())
    }

    /// No further frame can be cut from what has been read; `pending` are the bytes that are left.
    fn starved(&self, _pending: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    /// A frame, the `nth` (from 0) since the last read; `pending` are the bytes after it.
    fn frame(&self, _frame: &mut Frame, _nth: usize, _pending: &[u8]) -> Result<Verdict, Error> {
        Ok(Verdict::Accept)
    }

    /// Whether to go on reading after `error`.
    fn survives(&self, _error: &Error) -> bool {
        false
    }

    /// A request that is not a cancel, with the number of those that are open already.
    fn request(&self, _request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        Ok(Verdict::Accept)
    }

    /// A cancel request. `open`: its id is open; `repeated`: and already cancelled.
    fn cancel(&self, _cancel: &WorkRequest, open: bool, _repeated: bool) -> Result<CancelAction, Error> {
        Ok(if open { CancelAction::Signal } else { CancelAction::Ignore })
    }

    /// Whether the tool is kept from the protocol's input.
    fn protects_input(&self) -> bool {
        true
    }

    /// Whether anyone reads while the main thread works.
    fn reads_while_busy(&self) -> bool {
        true
    }

    /// A request is about to run, on the thread that runs it.
    fn work(&self, _request: &WorkRequest) {}

    /// A response is due; the request counts as answered.
    fn edit(&self, _response: &mut WorkResponse, _about: &Answer) {}

    /// The response is to be written. Returns whether that is done; otherwise the session does it.
    fn respond(&self, _out: &mut Out, _response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        Ok(false)
    }

    /// The session is over, with `open` requests not answered. There is no `out` if a blocked writer holds it.
    fn ending(&self, _out: Option<&mut Out>, _result: &Result<(), Error>, _open: usize) -> Ending {
        Ending::default()
    }
}

/// The correct behaviour.
#[derive(Debug)]
pub(crate) struct NoHooks;

impl Hooks for NoHooks {}
