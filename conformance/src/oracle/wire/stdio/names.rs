//! Which call a `request_id` names.

use std::collections::{HashMap, VecDeque};

use crate::oracle::wire::CallId;

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
