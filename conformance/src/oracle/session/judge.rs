//! The judge: the history of one process, event by event.

use crate::history::{Event, Start, Timed};
use crate::oracle::finding::{Fate, Finding, Findings};
use crate::oracle::wire::{self, CallId, Message, NoWire, Reading, Wire};

use super::calls::{Call, Calls};
use super::{Declarations, client, worker};

/// Largest request that is read where nobody says how large requests are, in bytes.
const LARGEST: usize = 256 << 20;

/// Opens the wire of a process that was started like this.
pub(crate) type OpenWire = fn(&Start, Reading) -> Result<Box<dyn Wire>, NoWire>;

/// Judges one history after the other: the worker, the client, or both.
#[derive(Debug)]
pub struct Oracle {
    open_wire: OpenWire,
    reading: Reading,
    client: Option<client::Rules>,
    session: Option<SessionJudge>,
    unreadable: Option<NoWire>,
    findings: Findings,
    events: usize,
}

/// What is known of a process since it was started.
#[derive(Debug)]
struct SessionJudge {
    wire: Box<dyn Wire>,
    calls: Calls,
    worker: Option<worker::Rules>,
    client: Option<client::Rules>,
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// A judge of the worker, for a history that begins with [`Event::Started`]. What comes before it is not judged.
    pub fn new() -> Self {
        Self::with(true, None)
    }

    /// A judge of the client, of whose calls this is declared.
    pub fn of_client(declared: Box<dyn Declarations>) -> Self {
        Self::with(false, Some(declared))
    }

    /// A judge of both.
    pub fn of_both(declared: Box<dyn Declarations>) -> Self {
        Self::with(true, Some(declared))
    }

    fn with(worker: bool, declared: Option<Box<dyn Declarations>>) -> Self {
        let largest = declared.as_ref().and_then(|declared| declared.largest_request()).unwrap_or(LARGEST);
        Self {
            open_wire: wire::open,
            reading: Reading { worker, client: declared.is_some(), largest },
            client: declared.map(client::Rules::new),
            session: None,
            unreadable: None,
            findings: Findings::default(),
            events: 0,
        }
    }

    /// Reads histories with another wire than that of their dialect.
    #[cfg(test)]
    pub(in crate::oracle) fn over(mut self, open_wire: OpenWire) -> Self {
        self.open_wire = open_wire;
        self
    }

    /// Takes the next event; returns what it shows.
    pub fn observe(&mut self, timed: &Timed) -> Vec<Finding> {
        self.findings.event = Some(self.events);
        self.events += 1;
        if let Event::Started(start) = &timed.event {
            self.start(start);
        } else if let Some(session) = &mut self.session {
            session.observe(timed, &mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }

    /// Begins the history of a process of a case, whose events are counted without the start.
    pub(crate) fn begin(&mut self, start: &Start, session: usize) {
        self.findings.session = Some(session);
        self.start(start);
    }

    fn start(&mut self, start: &Start) {
        (self.session, self.unreadable) = match (self.open_wire)(start, self.reading) {
            Ok(wire) => (Some(SessionJudge::new(start, wire, self.reading, self.client.clone())), None),
            Err(error) => (None, Some(error)),
        };
    }

    /// Why nothing of the history can be judged.
    pub fn unreadable(&self) -> Option<NoWire> {
        self.unreadable
    }

    /// The history is complete.
    pub fn finish(&mut self) -> Vec<Finding> {
        self.findings.event = Some(self.events.saturating_sub(1));
        if let Some(session) = &mut self.session {
            session.finish(&mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }

    /// Requests that were sent in full, cancels not counted.
    pub fn sent_requests(&self) -> u64 {
        self.session.as_ref().map_or(0, |session| session.calls.sent())
    }

    /// Requests that have no answer yet.
    pub fn open_requests(&self) -> usize {
        self.session.as_ref().map_or(0, |session| session.calls.open_count())
    }

    /// Whether the request with this position among the requests of the history was sent in full and has its answer.
    pub fn is_answered(&self, ordinal: u64) -> bool {
        self.session.as_ref().is_some_and(|session| {
            ordinal < session.calls.sent() && session.calls.get(CallId(ordinal)).is_none()
        })
    }

    /// What became of the work of an answered request.
    pub fn fate(&self, ordinal: u64) -> Fate {
        self.worker().map_or(Fate::Done, |worker| worker.fate(CallId(ordinal)))
    }

    /// The answer to the first request of the history.
    pub fn first_answer(&self) -> Option<&pwp_proto::WorkResponse> {
        self.worker().and_then(worker::Rules::first_answer)
    }

    /// Whether one of the open requests is slow by its workload's word.
    pub fn awaits_slow_work(&self) -> bool {
        let is_slow = |call: &Call| call.expected.as_ref().is_some_and(|outcome| outcome.slow);
        self.session.as_ref().is_some_and(|session| session.calls.open().any(is_slow))
    }

    /// The shortest time that slow work took by itself.
    pub fn slow_work_took(&self) -> Option<std::time::Duration> {
        self.worker().and_then(worker::Rules::slow_work_took)
    }

    /// The worker's stdout can't be read as responses any more: whatever the client waits for will not come.
    pub fn is_desynchronised(&self) -> bool {
        self.session.as_ref().is_some_and(|session| match &session.worker {
            Some(worker) => worker.is_lost(&*session.wire),
            None => session.wire.is_desynchronised(),
        })
    }

    fn worker(&self) -> Option<&worker::Rules> {
        self.session.as_ref().and_then(|session| session.worker.as_ref())
    }
}

impl SessionJudge {
    fn new(start: &Start, wire: Box<dyn Wire>, reading: Reading, client: Option<client::Rules>) -> Self {
        let client = client.map(|rules| rules.of(start));
        let worker = reading.worker.then(|| worker::Rules::new(start));
        Self { wire, calls: Calls::new(start), worker, client }
    }

    fn observe(&mut self, timed: &Timed, out: &mut Findings) {
        if self.worker.is_none() && self.client.as_ref().is_none_or(client::Rules::is_over) {
            return;
        }
        if timed.event.is_from_client() && !self.calls.is_malformed {
            self.calls.goes_on();
        }
        if let Event::Expected(outcome) = &timed.event {
            self.calls.expect(outcome.clone());
        }
        if let Event::StdinClosed = &timed.event {
            self.calls.truncated = self.calls.unfinished.bytes > 0;
            self.calls.goes_on();
        }
        if let Some(worker) = &mut self.worker {
            worker.read_begins();
        }
        self.wire.take(timed);
        while let Some(message) = self.wire.next_message() {
            self.message(message, timed, out);
        }
        self.calls.unfinished = self.wire.unfinished();
        out.excerpt = None;
        if let Some(worker) = &mut self.worker {
            worker.observe(timed, &mut *self.wire, &mut self.calls, out);
        }
        if let Some(client) = &mut self.client {
            client.observe(timed, &*self.wire, &self.calls, out);
        }
    }

    fn message(&mut self, message: Message, timed: &Timed, out: &mut Findings) {
        let Self { wire, calls, worker, client } = self;
        let here = out.here();
        match message {
            Message::Request(request) => {
                if let Some(client) = client {
                    client.request(&request, &**wire, calls, out);
                }
                let call = calls.begin(*request, here, timed.at);
                if let Some(worker) = worker {
                    worker.request(call);
                }
            }
            Message::Cancel(cancel) => {
                if let Some(client) = client {
                    client.cancel(&cancel, calls, out);
                }
                calls.cancel(&cancel, here, timed.at);
            }
            Message::Unreadable(what) => {
                if let Some(client) = client {
                    client.unreadable(what, &**wire, calls, out);
                }
                calls.is_malformed = true;
                if let Some(worker) = worker {
                    worker.malformed();
                }
            }
            Message::Response(response) => {
                if let Some(client) = client {
                    client.response(&response, calls, out);
                }
                match (worker, response.call) {
                    (Some(worker), _) => worker.response(&response, timed.at, &mut **wire, calls, out),
                    (None, Some(call)) => {
                        if let Some(call) = calls.answer(call) {
                            calls.retire(&call, here, timed.at, response.message.exit_code != 0);
                        }
                    }
                    (None, None) => {}
                }
            }
            Message::Broken(violation) => {
                if let Some(client) = client {
                    client.fault(client::FaultKind::Malformed, calls, out);
                }
                if let Some(worker) = worker {
                    worker.broken(violation, calls, out);
                }
            }
            Message::Unasked => {
                if let Some(client) = client {
                    client.fault(client::FaultKind::Unasked, calls, out);
                }
            }
        }
    }

    fn finish(&mut self, out: &mut Findings) {
        if let Some(worker) = &mut self.worker {
            worker.finish(&*self.wire, &mut self.calls, out);
        }
        if let Some(client) = &mut self.client {
            client.finish(&*self.wire, out);
        }
    }
}
