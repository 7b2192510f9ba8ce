//! What the hooks of faults are made of.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use pwp_proto::{Decoded, Frame, Framing, NoteKind, WorkRequest, WorkResponse};

use crate::{
    Error,
    session::{
        Out,
        hooks::{Answer, Hooks, Verdict},
    },
};

/// Makes the hooks of a fault for one process; gets the fault's name.
type MakeHooks = fn(&'static str) -> Box<dyn Hooks>;

/// The way in which a fault takes hold of the worker.
#[derive(Clone, Copy)]
pub struct Hook(pub(super) Option<MakeHooks>);

/// A fault that takes hold of the session by these hooks.
pub(super) const fn session(make: MakeHooks) -> Hook {
    Hook(Some(make))
}

/// A fault that takes hold outside of the session: the start of the process and the work of the tool ask for it by its name.
pub(super) const OUTSIDE: Hook = Hook(None);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "session" } else { "outside of the session" })
    }
}

/// The end that a fault prescribes.
pub(super) fn end(name: &'static str, reason: impl Into<String>) -> Error {
    Error::Fault { name, reason: reason.into(), status: 1 }
}

/// Rejects requests of one kind.
struct RejectRequests {
    name: &'static str,
    reason: &'static str,
    is_rejected: fn(&Decoded<WorkRequest>) -> bool,
}

impl Hooks for RejectRequests {
    fn request(&self, request: &Decoded<WorkRequest>, _open: usize) -> Result<Verdict, Error> {
        if (self.is_rejected)(request) { Err(end(self.name, self.reason)) } else { Ok(Verdict::Accept) }
    }
}

pub(super) fn reject_requests(
    name: &'static str,
    reason: &'static str,
    is_rejected: fn(&Decoded<WorkRequest>) -> bool,
) -> Box<dyn Hooks> {
    Box::new(RejectRequests { name, reason, is_rejected })
}

/// Whether anything of these kinds was noted when the request was decoded.
pub(super) fn has_note(request: &Decoded<WorkRequest>, kinds: &[NoteKind]) -> bool {
    request.notes.iter().any(|note| kinds.contains(&note.kind))
}

/// Rejects frames of one kind.
struct RejectFrames {
    name: &'static str,
    reason: &'static str,
    is_rejected: fn(&Frame) -> bool,
}

impl Hooks for RejectFrames {
    fn frame(&self, frame: &mut Frame, _nth: usize, _pending: &[u8]) -> Result<Verdict, Error> {
        if (self.is_rejected)(frame) { Err(end(self.name, self.reason)) } else { Ok(Verdict::Accept) }
    }
}

pub(super) fn reject_frames(
    name: &'static str,
    reason: &'static str,
    is_rejected: fn(&Frame) -> bool,
) -> Box<dyn Hooks> {
    Box::new(RejectFrames { name, reason, is_rejected })
}

/// Changes what a response says.
struct Edit(fn(&mut WorkResponse, &Answer));

impl Hooks for Edit {
    fn edit(&self, response: &mut WorkResponse, about: &Answer) {
        self.0(response, about);
    }
}

pub(super) fn edit(edit: fn(&mut WorkResponse, &Answer)) -> Box<dyn Hooks> {
    Box::new(Edit(edit))
}

/// Writes something else than the response, every time.
struct Rewrite(fn(&Out, &WorkResponse) -> Vec<u8>);

impl Hooks for Rewrite {
    fn respond(&self, out: &mut Out, response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        let bytes = self.0(out, response);
        out.write(&bytes).map(|()| true)
    }
}

pub(super) fn rewrite(rewrite: fn(&Out, &WorkResponse) -> Vec<u8>) -> Box<dyn Hooks> {
    Box::new(Rewrite(rewrite))
}

/// Does something to the nth responses (from 1) that `is_chosen` chooses.
struct Nth {
    count: Counter,
    is_chosen: fn(usize) -> bool,
    act: fn(&mut Out, &WorkResponse) -> Result<(), Error>,
}

impl Hooks for Nth {
    fn respond(&self, out: &mut Out, response: &WorkResponse, _about: &Answer) -> Result<bool, Error> {
        let chosen = (self.is_chosen)(self.count.next());
        if chosen {
            (self.act)(out, response)?;
        }
        Ok(chosen)
    }
}

/// Every third response: a worker that mostly works, as broken workers do.
pub(super) fn every_third(act: fn(&mut Out, &WorkResponse) -> Result<(), Error>) -> Box<dyn Hooks> {
    Box::new(Nth { count: Counter::default(), is_chosen: |nth| nth.is_multiple_of(3), act })
}

/// The second response: the worker was seen to work before.
pub(super) fn second(act: fn(&mut Out, &WorkResponse) -> Result<(), Error>) -> Box<dyn Hooks> {
    Box::new(Nth { count: Counter::default(), is_chosen: |nth| nth == 2, act })
}

/// Counts from 1.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicUsize);

impl Counter {
    pub(super) fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Request ids that a fault remembers.
#[derive(Debug, Default)]
pub(super) struct Ids(Mutex<HashSet<i32>>);

impl Ids {
    /// Whether it was not there yet.
    pub(super) fn insert(&self, id: i32) -> bool {
        self.lock().insert(id)
    }

    /// Whether it was there.
    pub(super) fn remove(&self, id: i32) -> bool {
        self.lock().remove(&id)
    }

    pub(super) fn contains(&self, id: i32) -> bool {
        self.lock().contains(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<i32>> {
        lock(&self.0)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The frame around a protobuf body.
pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 5);
    pwp_proto::frame::write_proto(body, &mut bytes);
    bytes
}

/// The protobuf body of a response, without its length.
pub(super) fn body(response: &WorkResponse) -> Vec<u8> {
    let bytes = pwp_proto::encode(Framing::Proto, response);
    let prefix = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    bytes[prefix..].to_vec()
}

/// The JSON object of a response, as text, with a newline. The encoder writes UTF-8 only.
pub(super) fn json(out: &Out, response: &WorkResponse) -> String {
    String::from_utf8_lossy(&out.encode(response)).into_owned()
}
