//! Which requests are open, and in which order they may run.
//!
//! Requests in one lane run one after the other and are answered in the order in which they came. Without
//! multiplexing there is one lane. With it, every id has its own: a client that sends an id again before its
//! first use is answered breaks the protocol (bazelbuild/bazel#26251 did), and to take the two
//! in turn is the one way in which each of them still gets a response that it can understand.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
};

use pwp_proto::WorkRequest;

use crate::cancellation::Cancellation;

/// A request that may run now. Its lane is closed to others until [`Lanes::retire`].
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) lane: i32,
    pub(crate) request: WorkRequest,
    pub(crate) cancellation: Cancellation,
}

/// What became of a request that is being answered, and who follows it.
#[derive(Debug)]
pub(crate) struct Retired {
    pub(crate) cancelled: bool,
    pub(crate) next: Option<Job>,
}

/// What a cancel request meets.
#[derive(Debug, Default)]
pub(crate) struct Target {
    /// A request with this id is open.
    pub(crate) open: bool,
    /// And was cancelled before.
    pub(crate) repeated: bool,
}

#[derive(Debug)]
struct Open {
    id: i32,
    cancelled: bool,
    cancellation: Cancellation,
}

#[derive(Debug)]
struct Lane {
    current: Open,
    waiting: VecDeque<(Open, WorkRequest)>,
}

/// Spreads ids over the table with one multiplication. What the standard library takes instead withstands an enemy who chooses
/// the ids; here they come from the client, which can end the worker anyway.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_i32(i32::from(byte));
        }
    }

    fn write_i32(&mut self, id: i32) {
        // The golden ratio in 64 bits: neighbours end up far apart, in the high bits too, which the table uses first.
        self.0 = (self.0 ^ u64::from(id.cast_unsigned())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// The open requests of a session.
#[derive(Debug)]
pub(crate) struct Lanes {
    multiplex: bool,
    lanes: HashMap<i32, Lane, BuildHasherDefault<IdHasher>>,
    open: usize,
}

impl Lanes {
    pub(crate) fn new(multiplex: bool) -> Self {
        Self { multiplex, lanes: HashMap::default(), open: 0 }
    }

    /// How many requests are open: received and not answered.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// Takes a request; gives it back as a job if nothing in its lane is ahead of it.
    pub(crate) fn admit(&mut self, request: WorkRequest) -> Option<Job> {
        let lane = self.lane_of(request.request_id);
        let cancellation = Cancellation::default();
        let open = Open { id: request.request_id, cancelled: false, cancellation: cancellation.clone() };
        self.open += 1;
        match self.lanes.get_mut(&lane) {
            Some(busy) => {
                busy.waiting.push_back((open, request));
                None
            }
            None => {
                self.lanes.insert(lane, Lane { current: open, waiting: VecDeque::new() });
                Some(Job { lane, request, cancellation })
            }
        }
    }

    /// The current request of `lane` is about to be answered: a cancel that comes from now on is too late, and the
    /// client may use the id again as soon as it has the response.
    pub(crate) fn retire(&mut self, lane: i32) -> Retired {
        let Some(busy) = self.lanes.get_mut(&lane) else { return Retired { cancelled: false, next: None } };
        self.open -= 1;
        let cancelled = busy.current.cancelled;
        let next = match busy.waiting.pop_front() {
            Some((open, request)) => {
                let cancellation = open.cancellation.clone();
                busy.current = open;
                Some(Job { lane, request, cancellation })
            }
            None => {
                self.lanes.remove(&lane);
                None
            }
        };
        Retired { cancelled, next }
    }

    /// What a cancel request for `id` would meet.
    pub(crate) fn target(&self, id: i32) -> Target {
        let mut target = Target::default();
        if let Some(lane) = self.lanes.get(&self.lane_of(id)) {
            for open in lane.all().filter(|open| open.id == id) {
                target.open = true;
                target.repeated |= open.cancelled;
            }
        }
        target
    }

    /// Marks what is open with this id, or everything, as cancelled, and returns the signals to raise. Two open requests with one id
    /// cannot be told apart, so both are cancelled; one that has not begun is answered without being run.
    pub(crate) fn cancel(&mut self, id: Option<i32>) -> Vec<Cancellation> {
        let lane = id.map(|id| self.lane_of(id));
        let mut raised = Vec::new();
        for (key, busy) in &mut self.lanes {
            if lane.is_some_and(|lane| lane != *key) {
                continue;
            }
            for open in busy.all_mut().filter(|open| id.is_none_or(|id| open.id == id)) {
                open.cancelled = true;
                raised.push(open.cancellation.clone());
            }
        }
        raised
    }

    fn lane_of(&self, id: i32) -> i32 {
        if self.multiplex { id } else { 0 }
    }
}

impl Lane {
    fn all(&self) -> impl Iterator<Item = &Open> {
        std::iter::once(&self.current).chain(self.waiting.iter().map(|(open, _)| open))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = &mut Open> {
        std::iter::once(&mut self.current).chain(self.waiting.iter_mut().map(|(open, _)| open))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(id: i32) -> WorkRequest {
        WorkRequest { request_id: id, ..WorkRequest::default() }
    }

    #[test]
    fn without_multiplexing_there_is_one_lane() {
        let mut lanes = Lanes::new(false);
        let first = lanes.admit(request(3)).unwrap();
        assert!(lanes.admit(request(4)).is_none());
        assert_eq!(lanes.open(), 2);
        let next = lanes.retire(first.lane).next.unwrap();
        assert_eq!(next.request.request_id, 4);
        assert!(lanes.retire(next.lane).next.is_none());
        assert_eq!(lanes.open(), 0);
    }

    #[test]
    fn with_multiplexing_only_an_id_that_is_still_open_waits() {
        let mut lanes = Lanes::new(true);
        let first = lanes.admit(request(3)).unwrap();
        assert!(lanes.admit(request(4)).is_some());
        assert!(lanes.admit(request(3)).is_none());
        assert_eq!(lanes.retire(first.lane).next.unwrap().request.request_id, 3);
    }

    #[test]
    fn a_cancel_meets_open_requests_only() {
        let mut lanes = Lanes::new(true);
        assert!(!lanes.target(5).open);
        let job = lanes.admit(request(5)).unwrap();
        lanes.admit(request(6)).unwrap();
        assert!(lanes.target(5).open && !lanes.target(5).repeated);
        assert_eq!(lanes.cancel(Some(5)).len(), 1);
        assert!(lanes.target(5).repeated && !lanes.target(6).repeated);
        assert!(lanes.retire(job.lane).cancelled);
        assert!(!lanes.target(5).open);
    }

    #[test]
    fn one_lane_tells_ids_apart_when_cancelling() {
        let mut lanes = Lanes::new(false);
        let first = lanes.admit(request(1)).unwrap();
        lanes.admit(request(2));
        lanes.cancel(Some(2));
        let retired = lanes.retire(first.lane);
        assert!(!retired.cancelled);
        assert!(lanes.retire(retired.next.unwrap().lane).cancelled);
    }
}
