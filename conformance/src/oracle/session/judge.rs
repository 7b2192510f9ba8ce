//! The judge: the history of one process, event by event.

use crate::history::{Event, Start, Timed};
use crate::oracle::finding::{Fate, Finding, Findings};
use crate::oracle::wire::{self, CallId, Message, NoWire, Reading, Wire};

use super::calls::Calls;
use super::client::{CaseDeclarations, Declarations};
use super::{Declaration, client, worker};

/// Requests that may be open. Each takes some hundred bytes, so a client that waits for no answer could fill the memory with them. Behind
/// them nothing more is judged.
const OPEN: usize = 50_000;

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
    pub fn of_client(declared: Declaration) -> Self {
        Self::with(false, Some(Declarations { worker: declared, case: None }))
    }

    /// A judge of the client, of whose case this is known.
    pub(crate) fn of_case(case: CaseDeclarations) -> Self {
        Self::with(false, Some(Declarations { case: Some(case), ..Declarations::default() }))
    }

    /// A judge of both.
    pub fn of_both(declared: Declaration) -> Self {
        Self::with(true, Some(Declarations { worker: declared, case: None }))
    }

    fn with(worker: bool, declared: Option<Declarations>) -> Self {
        Self {
            open_wire: wire::open,
            reading: Reading { worker, client: declared.is_some() },
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
        (self.findings.event, self.findings.at) = (Some(self.events), timed.at);
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
        self.calls().map_or(0, |calls| calls.sent)
    }

    /// Requests that have no answer yet.
    pub fn open_requests(&self) -> usize {
        self.calls().map_or(0, |calls| calls.open.len())
    }

    /// Whether the request with this position among the requests of the history was sent in full and has its answer.
    pub fn is_answered(&self, ordinal: u64) -> bool {
        let is = |calls: &Calls| ordinal < calls.sent && !calls.open.contains_key(&CallId(ordinal));
        self.calls().is_some_and(is)
    }

    /// What became of the work of an answered request.
    pub fn fate(&self, ordinal: u64) -> Fate {
        self.worker().map_or(Fate::Done, |worker| worker.answers.fate(CallId(ordinal)))
    }

    /// The exit code of the answer to the first request of the history, and its output, [abridged](crate::history::abridged) if it is long.
    pub fn first_answer(&self) -> Option<&(i32, String)> {
        self.worker().and_then(|worker| worker.answers.first.as_ref())
    }

    /// Bytes of messages that are not complete, and are kept until they are.
    pub fn held(&self) -> usize {
        self.session.as_ref().map_or(0, |session| session.wire.held())
    }

    /// Whether one of the open requests is slow by its workload's word.
    pub fn awaits_slow_work(&self) -> bool {
        self.calls().is_some_and(|calls| calls.open.values().any(|call| call.is(|outcome| outcome.slow)))
    }

    /// The shortest time that slow work took by itself.
    pub fn slow_work_took(&self) -> Option<std::time::Duration> {
        self.worker().and_then(|worker| worker.answers.slow)
    }

    /// Whether the worker has begun a response and not completed it.
    pub fn has_begun_response(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.wire.has_begun_response())
    }

    /// The worker's stdout can't be read as responses any more: whatever the client waits for will not come.
    pub fn is_desynchronised(&self) -> bool {
        self.session.as_ref().is_some_and(|session| match &session.worker {
            Some(worker) => worker.is_lost(&*session.wire),
            None => session.wire.is_desynchronised(),
        })
    }

    fn calls(&self) -> Option<&Calls> {
        self.session.as_ref().map(|session| &session.calls)
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
        if self.worker.is_none() && self.client.is_none() {
            return;
        }
        if timed.event.is_from_client() && !self.calls.is_malformed {
            self.calls.goes_on();
        }
        if let Event::Expected(outcome) = &timed.event {
            self.calls.next_expected.push_back(outcome.clone());
        }
        if let Event::StdinClosed = &timed.event {
            self.calls.truncated = self.calls.unfinished.bytes > 0;
            self.calls.goes_on();
        }
        if let Some(worker) = &mut self.worker {
            worker.broken = 0;
        }
        self.wire.take(timed);
        while let Some(message) = self.wire.next_message() {
            self.message(message, out);
            if self.calls.open.len() > OPEN {
                (self.worker, self.client) = (None, None);
                return;
            }
        }
        self.calls.unfinished = self.wire.unfinished();
        out.excerpt = None;
        if let Some(worker) = &mut self.worker {
            worker.observe(timed, &mut *self.wire, &mut self.calls, out);
        }
        if let Some(client) = &mut self.client {
            client.observe(timed, &*self.wire, &self.calls, out);
        }
        self.client.take_if(|client| client.over);
    }

    fn message(&mut self, message: Message, out: &mut Findings) {
        let Self { wire, calls, worker, client } = self;
        if let Some(client) = client {
            client.message(&message, &**wire, calls, out);
        }
        client.take_if(|client| client.over);
        match message {
            Message::Request(request) => {
                let call = calls.begin(*request, out);
                if let Some(worker) = worker {
                    worker.logs.request(call.verbosity);
                }
            }
            Message::Cancel(cancel) => calls.cancel(&cancel, out),
            // Another reader may take it, so what the worker does now may be right.
            Message::Unreadable(what) if what.is_too_large => *worker = None,
            Message::Unreadable(_) => {
                calls.is_malformed = true;
                if let Some(worker) = worker {
                    worker.logs.malformed();
                }
            }
            Message::Response(response) => match worker {
                Some(worker) => worker.response(&response, &mut **wire, calls, out),
                None => {
                    if let Some(call) = response.call.and_then(|call| calls.answer(call)) {
                        calls.retire(&call, response.message.exit_code != 0, out);
                    }
                }
            },
            Message::Broken(violation) => {
                if let Some(worker) = worker {
                    worker.broken(violation, calls, out);
                }
            }
            Message::Unasked => {}
        }
    }

    fn finish(&mut self, out: &mut Findings) {
        if let Some(worker) = &mut self.worker {
            worker.finish(&*self.wire, &self.calls, out);
        }
        if let Some(client) = &mut self.client {
            client.finish(&*self.wire, out);
        }
    }
}
