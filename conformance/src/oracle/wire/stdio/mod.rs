//! The dialects over stdin and stdout: streams of bytes, cut into frames and decoded.
//!
//! - [`Stdio`]: both streams of one process
//! - `requests`: the client's bytes; `responses`: the worker's bytes
//! - `Names`: which call a `request_id` names

mod requests;
mod responses;

use std::collections::{HashMap, VecDeque};

use pwp_proto::Framing;

use crate::history::{Event, Timed};
use crate::oracle::WorkerViolation;

use super::{CallId, Lines, Message, Reading, Unfinished, Wire};
use requests::Requests;
use responses::Responses;

#[derive(Debug)]
pub(crate) struct Stdio {
    names: Names,
    requests: Requests,
    responses: Responses,
    /// What was taken last came from the client.
    is_from_client: bool,
}

impl Stdio {
    pub(crate) fn new(framing: Framing, reading: Reading) -> Self {
        Self {
            names: Names::default(),
            requests: Requests::new(framing, reading),
            responses: Responses::new(framing, reading),
            is_from_client: true,
        }
    }
}

impl Wire for Stdio {
    fn take(&mut self, timed: &Timed) {
        match &timed.event {
            Event::Sent(bytes) => {
                self.is_from_client = true;
                self.requests.push(bytes, timed.at);
            }
            Event::Received(bytes) => {
                self.is_from_client = false;
                self.responses.push(bytes, &self.names);
            }
            _ => {}
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        if self.is_from_client {
            self.requests.next_message(&mut self.names)
        } else {
            self.responses.next_message(&mut self.names)
        }
    }

    fn close(&mut self, call: CallId, id: i32) {
        self.names.close(call, id);
    }

    fn give_up(&mut self) {
        self.responses.is_desynchronised = true;
    }

    fn is_desynchronised(&self) -> bool {
        self.responses.is_desynchronised
    }

    fn unfinished(&self) -> Unfinished {
        self.requests.unfinished()
    }

    fn leave_off(&mut self) -> Option<WorkerViolation> {
        self.responses.leave_off()
    }

    fn between_responses(&self) -> Option<&'static str> {
        self.responses.between()
    }

    fn is_clean(&self) -> bool {
        self.responses.is_clean()
    }

    fn lines(&self) -> Option<Lines> {
        self.requests.lines()
    }

    fn speaks_another(&self) -> bool {
        self.requests.speaks_another()
    }
}

/// Answered calls that are remembered, to tell a second answer from a wrong id.
pub(crate) const REMEMBERED: usize = 1024;

/// Which call a `request_id` names: the oldest open one with that id, or else the last one that was answered.
#[derive(Debug, Default)]
pub(super) struct Names {
    next: u64,
    open: HashMap<i32, VecDeque<CallId>>,
    open_count: usize,
    answered: VecDeque<(i32, CallId)>,
}

impl Names {
    /// A new call with this id, and the oldest open one that has it.
    pub(super) fn begin(&mut self, id: i32) -> (CallId, Option<CallId>) {
        let call = CallId(self.next);
        self.next += 1;
        let queue = self.open.entry(id).or_default();
        let twin = queue.front().copied();
        queue.push_back(call);
        self.open_count += 1;
        (call, twin)
    }

    /// The call that this id names.
    pub(super) fn find(&self, id: i32) -> Option<CallId> {
        let open = self.open.get(&id).and_then(|queue| queue.front().copied());
        open.or_else(|| self.answered(id))
    }

    /// The last answered call that is remembered and has this id.
    pub(super) fn answered(&self, id: i32) -> Option<CallId> {
        self.answered.iter().rev().find(|(old, _)| *old == id).map(|(_, call)| *call)
    }

    /// The call that a response with this id answers, or has answered before.
    pub(super) fn answer(&mut self, id: i32) -> Option<CallId> {
        let call = self.find(id)?;
        self.close(call, id);
        Some(call)
    }

    /// This call, which has this id, is answered.
    pub(super) fn close(&mut self, call: CallId, id: i32) {
        let Some(queue) = self.open.get_mut(&id) else { return };
        let Some(at) = queue.iter().position(|open| *open == call) else { return };
        queue.remove(at);
        if queue.is_empty() {
            self.open.remove(&id);
        }
        self.open_count -= 1;
        self.answered.push_back((id, call));
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
    }

    pub(super) fn open_count(&self) -> usize {
        self.open_count
    }
}
