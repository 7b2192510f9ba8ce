//! A dialect that is no stream of bytes: calls over a channel that keeps them apart. It shows what a new dialect costs, which
//! is one [`Wire`], and that the same judge has the same rules for it.

use std::time::Duration;

use pwp_proto::{Dialect, WorkRequest};

use super::*;
use crate::oracle::wire::{CallId, Cancel, Message, NoWire, Reading, Request, Response, Wire};

/// The wire of the dialect: each event is a message.
#[derive(Debug, Default)]
struct Channel {
    next: Option<Message>,
    /// The calls that are open, with their ids.
    open: Vec<(CallId, i32)>,
    responses: u64,
}

impl Channel {
    fn open(_: &Start, _: Reading) -> Result<Box<dyn Wire>, NoWire> {
        Ok(Box::new(Self::default()))
    }
}

impl Wire for Channel {
    fn take(&mut self, timed: &Timed) {
        let Event::Call { call, what } = &timed.event else { return };
        let call = CallId(*call);
        self.next = Some(match what {
            CallEvent::Request(message) => {
                let id = message.request_id;
                let twin = self.open.iter().find(|(_, open)| *open == id).map(|(twin, _)| *twin);
                self.open.push((call, id));
                let (message, traits, odd) = ((**message).clone(), Vec::new(), None);
                let (is_retyped, is_reused, excerpt) = (false, false, None);
                let request = Request { call, message, traits, odd, is_retyped, twin, is_reused, excerpt };
                Message::Request(Box::new(request))
            }
            CallEvent::Cancel => {
                let id = self.open.iter().find(|(open, _)| *open == call).map_or(0, |(_, id)| *id);
                let message = WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() };
                let (call, is_split, is_retyped, excerpt) = (Some(call), false, false, None);
                Message::Cancel(Box::new(Cancel { call, message, is_split, is_retyped, excerpt }))
            }
            CallEvent::Response(message) => {
                self.responses += 1;
                self.open.retain(|(open, _)| *open != call);
                let (message, kept, broken) = ((**message).clone(), Vec::new(), Vec::new());
                Message::Response(Box::new(Response { call: Some(call), message, kept, broken }))
            }
        });
    }

    fn next_message(&mut self) -> Option<Message> {
        self.next.take()
    }

    fn close(&mut self, call: CallId, _: i32) {
        self.open.retain(|(open, _)| *open != call);
    }

    fn give_up(&mut self) {}

    fn is_desynchronised(&self) -> bool {
        false
    }

    fn is_clean(&self) -> bool {
        self.responses > 0
    }
}

/// A client and a worker that speak over a channel.
struct Dialogue {
    oracle: Oracle,
    now: Duration,
    found: Vec<Finding>,
}

impl Dialogue {
    /// Both sides are judged. The worker declares these features.
    fn new(features: &[Feature]) -> Self {
        let features: pwp_spec::Features = features.iter().copied().collect();
        let declared = Declaration { dialect: None, features: Some(features.clone()) };
        let oracle = Oracle::of_both(declared).over(Channel::open);
        let mut dialogue = Self { oracle, now: Duration::ZERO, found: Vec::new() };
        let mut run = Run::proto().events().remove(0);
        if let Event::Started(start) = &mut run.event {
            (start.dialect, start.features) = (Dialect::Grpc, features);
        }
        dialogue.oracle.observe(&run);
        dialogue
    }

    fn happens(mut self, event: Event) -> Self {
        self.now += Duration::from_millis(10);
        self.found.extend(self.oracle.observe(&Timed { at: self.now, event }));
        self
    }

    fn calls(self, call: u64, id: i32) -> Self {
        self.happens(Event::Call { call, what: CallEvent::Request(Box::new(request(id))) })
    }

    fn cancels(self, call: u64) -> Self {
        self.happens(Event::Call { call, what: CallEvent::Cancel })
    }

    fn answers(self, call: u64, id: i32) -> Self {
        self.happens(Event::Call { call, what: CallEvent::Response(Box::new(response(id))) })
    }

    fn waits(self) -> Self {
        self.happens(Event::Waited { what: WaitedFor::Response, limit: LIMIT })
    }

    fn ends(mut self) -> Self {
        self = self
            .happens(Event::StdinClosed)
            .happens(Event::StdoutClosed)
            .happens(Event::Exited(ExitStatus::Code(0)))
            .happens(Event::Survivors(Vec::new()));
        self.found.extend(self.oracle.finish());
        self
    }

    /// The requirements that are broken, in the order in which that shows.
    #[track_caller]
    fn breaks(self, expected: &[&str]) {
        let breaches = self.found.iter().filter_map(Finding::breach);
        let found: Vec<String> = breaches.map(|breach| breach.violation.requirement().to_string()).collect();
        assert_eq!(found, expected, "{:#?}", self.found);
    }

    #[track_caller]
    fn upholds(self, ids: &[RequirementId]) {
        for id in ids {
            let is = |finding: &Finding| finding.verdict == Verdict::Upheld(*id);
            assert!(self.found.iter().any(is), "{id} is not upheld");
        }
        self.breaks(&[]);
    }
}

const ALL: &[Feature] = &[Feature::Multiplex, Feature::Cancellation];

#[test]
fn a_dialogue_in_order_upholds_the_rules_of_both_sides() {
    let singleplex = Dialogue::new(&[]).calls(0, 0).answers(0, 0).calls(1, 0).answers(1, 0).ends();
    singleplex.upholds(&[
        ids::ANSWERED,
        ids::SURPLUS,
        ids::ECHO_ID,
        ids::DIES_ANSWERED,
        ids::EOF_IDLE,
        ids::ONE_AT_A_TIME,
        ids::SINGLEPLEX_ID,
        ids::ONE_MODE,
        ids::INPUT_CLOSED,
    ]);
    let multiplex = Dialogue::new(ALL).calls(0, 1).calls(1, 2).cancels(0).answers(1, 2).answers(0, 1).ends();
    multiplex.upholds(&[ids::MULTIPLEX_ID, ids::UNIQUE_ID, ids::CANCEL_ANSWERED, ids::CANCEL_DECLARED]);
}

#[test]
fn what_a_worker_does_wrong_is_seen() {
    Dialogue::new(ALL).calls(0, 1).answers(0, 1).answers(0, 1).ends().breaks(&["W-032"]);
    Dialogue::new(ALL).calls(0, 1).answers(7, 7).ends().breaks(&["W-033"]);
    Dialogue::new(&[])
        .calls(0, 0)
        .waits()
        .happens(Event::Killed { reason: "over".into() })
        .ends()
        .breaks(&["W-031"]);
    Dialogue::new(ALL).calls(0, 1).cancels(0).answers(0, 1).answers(0, 1).ends().breaks(&["W-080"]);
    Dialogue::new(&[]).calls(0, 0).happens(Event::Exited(ExitStatus::Code(1))).breaks(&["W-001"]);
}

#[test]
fn what_a_client_does_wrong_is_seen() {
    Dialogue::new(&[]).calls(0, 0).calls(1, 0).answers(0, 0).answers(1, 0).ends().breaks(&["C-046"]);
    Dialogue::new(&[Feature::Multiplex]).calls(0, 1).cancels(0).answers(0, 1).ends().breaks(&["C-095"]);
    Dialogue::new(ALL).calls(0, 5).calls(1, 5).answers(0, 5).answers(1, 5).ends().breaks(&["C-048"]);
    Dialogue::new(&[]).calls(0, 3).answers(0, 3).ends().breaks(&["C-045"]);
}

/// A dialect that has no wire yet is no reason to panic, and is not judged as another one.
#[test]
fn a_dialect_without_a_wire_says_so() {
    for dialect in [Dialect::Grpc, Dialect::Remote] {
        let mut oracle = Oracle::new();
        let mut start = Run::proto().events().remove(0);
        if let Event::Started(start) = &mut start.event {
            start.dialect = dialect;
        }
        assert!(oracle.observe(&start).is_empty() && oracle.finish().is_empty());
        assert_eq!(oracle.unreadable(), Some(NoWire(dialect)));
    }
}
