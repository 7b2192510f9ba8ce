//! All rules for clients, event by event.

use std::sync::Arc;

use pwp_proto::WorkRequest;
use pwp_spec::Feature;

use crate::history::{Event, Signal, Start, Timed};
use crate::oracle::finding::Findings;
use crate::oracle::session::calls::{Calls, DIRECTORY};
use crate::oracle::wire::{CallId, Cancel, Message, Request, Response, Unreadable, Wire};
use crate::oracle::{ClientViolation, ids};

use super::Declarations;
use super::seen_ids::SeenIds;

pub(crate) const FLAG: &str = "--persistent_worker";
/// Open requests after which nothing more is judged; of a case, whose findings are kept to its end, requests at all.
const OPEN: usize = 20_000;
/// Violations in one write after which nothing more is judged: a client that writes garbage would only fill memory.
const FLOOD: usize = 64;
/// Characters of a path or an argument that a violation names.
const NAMED: usize = 200;

/// What a process did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub(crate) enum FaultKind {
    #[strum(serialize = "a response with the id of no open request")]
    UnknownId,
    #[strum(serialize = "something while no request was open")]
    Unasked,
    #[strum(serialize = "was_cancelled for a request that was not cancelled")]
    WasCancelled,
    #[strum(serialize = "bytes that can't be read")]
    Malformed,
}

impl FaultKind {
    /// What is wrong with a response, if anything is. `is_cancelled`: of the open call that it answers, if there is one.
    pub(crate) fn of(response: &Response, is_cancelled: Option<bool>, open: usize) -> Option<Self> {
        match is_cancelled {
            None if open > 0 => Some(Self::UnknownId),
            None => Some(Self::Unasked),
            Some(false) if response.message.was_cancelled => Some(Self::WasCancelled),
            Some(_) => None,
        }
    }
}

/// What is known of a client by one of its processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    declared: Arc<Declarations>,
    argv: Vec<String>,
    seen: SeenIds,
    /// Requests with id 0, and the last other id.
    zero: bool,
    other: Option<i32>,
    /// The process has done something wrong, so what the client took for an answer may not have been one.
    misled: bool,
    /// Something of the process that the client had to take for a fault, with its event.
    fault: Option<(usize, FaultKind)>,
    asked_to_end: bool,
    /// What is told once.
    told_lines: bool,
    told_mixed: bool,
    /// Nothing more is judged.
    pub(crate) over: bool,
}

impl Rules {
    pub(crate) fn new(declared: Declarations) -> Self {
        Self { declared: Arc::new(declared), ..Self::default() }
    }

    /// The rules for a process that was started like this.
    pub(crate) fn of(self, start: &Start) -> Self {
        Self { argv: start.argv.clone(), ..self }
    }

    /// A message, before it changes which calls are open.
    pub(crate) fn message(
        &mut self,
        message: &Message,
        wire: &dyn Wire,
        calls: &mut Calls,
        out: &mut Findings,
    ) {
        match message {
            Message::Request(request) => self.request(request, calls, out),
            Message::Cancel(cancel) => self.cancel(cancel, calls, out),
            Message::Unreadable(what) => self.unreadable(what, wire, calls, out),
            Message::Response(response) => self.response(response, calls, out),
            Message::Broken(_) => self.fault(FaultKind::Malformed, calls, out),
            Message::Unasked => self.fault(FaultKind::Unasked, calls, out),
        }
    }

    fn request(&mut self, request: &Request, calls: &mut Calls, out: &mut Findings) {
        out.excerpt = request.excerpt.clone();
        let knows_the_case = self.declared.case.is_some();
        if request.call == CallId(0) && !knows_the_case {
            self.first(out);
        }
        if !self.declared.is_torn() {
            // C-057: "Every message that a client writes to a worker is a well-formed `WorkRequest` of the dialect."
            let wrong = request.odd.clone().map(|what| ClientViolation::OddRequest { what });
            out.hold(ids::REQUEST_WELL_FORMED, wrong);
        }
        self.ids(request, out);
        self.twin(request, calls, out);
        if !knows_the_case {
            self.after_fault(request, out);
            self.paths(&request.message, out);
        }
        self.verbosity(request.message.verbosity, out);
        self.sandbox(request, calls, out);
        // Bounds what a flood can cost.
        let broken = out.list.iter().filter(|finding| finding.is_violation()).count();
        self.over |= match knows_the_case {
            true => calls.sent >= OPEN as u64,
            false => broken >= FLOOD || calls.open.len() >= OPEN,
        };
    }

    /// What the first request shows of how the process was started.
    fn first(&self, out: &mut Findings) {
        // C-002: "A client adds the argument `--persistent_worker` to the command line of each process that it starts as a
        // worker, and to no other." Where the flag stands is a matter of what the action declares.
        out.hold(ids::FLAG, flag_count(&self.argv));
        if self.declared.worker.dialect.is_some() {
            out.uphold(ids::DIALECT);
        }
    }

    /// Which ids fit which worker.
    fn ids(&mut self, request: &Request, out: &mut Findings) {
        let id = request.message.request_id;
        self.seen.insert(id);
        match id {
            0 => self.zero = true,
            id => self.other = Some(id),
        }
        if id == 0 {
            // C-045: "A request to a singleplex worker has the `request_id` 0." Every multiplex worker can be used as one.
            out.uphold(ids::SINGLEPLEX_ID);
        } else if self.declared.lacks(request.call, Feature::Multiplex) {
            out.violate(ClientViolation::NotZero { id });
        } else {
            // C-047: "A request to a multiplex worker has a positive `request_id`."
            out.hold(ids::MULTIPLEX_ID, (id < 0).then_some(ClientViolation::NotPositive { id }));
        }
        // C-050: "A worker process gets from its client either only requests with id 0 or only requests with other ids."
        if let (true, Some(id), false) = (self.zero, self.other, self.told_mixed) {
            self.told_mixed = true;
            out.violate(ClientViolation::MixedIds { id });
        }
    }

    /// Requests that have the name of an open one.
    fn twin(&self, request: &Request, calls: &mut Calls, out: &mut Findings) {
        let id = request.message.request_id;
        let twin = request.twin.and_then(|twin| calls.open.get_mut(&twin));
        let Some(twin) = twin else {
            return out.uphold(if id == 0 { ids::ONE_AT_A_TIME } else { ids::UNIQUE_ID });
        };
        let (first, second) = (self.declared.name(twin.call), self.declared.name(request.call));
        let gave_up = self.declared.gave_up(twin.call, request.call, !twin.cancels.is_empty());
        let violation = if id != 0 {
            // C-048: "A client gives a request an id that no open request of the same worker process has."
            ClientViolation::SameId { id }
        } else if self.misled {
            // The bytes that were read may already contain the response to the open request.
            return;
        } else if gave_up {
            // C-098: "A client that gives up a request takes it as open until it has read the response, or else ends the
            // worker: no further request to a singleplex worker, no new use of its id or its place in the pool."
            twin.is_overrun = true;
            ClientViolation::GivenUpReused { given_up: first, next: second }
        } else {
            // C-046: "A client sends a request with id 0 only when no other request of this worker is open."
            ClientViolation::SecondRequest { open: first, second }
        };
        out.violate_at(violation, Vec::new(), &[twin.event]);
    }

    /// C-063: "After a malformed response, or another worker fault, a client takes nothing more from the worker, sends it no
    /// further request, and ends it." A client that sends a second request with id 0 has read what came for the first one.
    fn after_fault(&mut self, request: &Request, out: &mut Findings) {
        if request.message.request_id != 0 || self.other.is_some() {
            return;
        }
        if let Some((event, kind)) = self.fault.take() {
            let (fault, action) = (kind.into(), self.declared.name(request.call));
            out.violate_at(ClientViolation::UsedAfterFault { fault, action }, Vec::new(), &[event]);
        }
    }

    /// What the paths of a request say without a word of its action.
    fn paths(&self, request: &WorkRequest, out: &mut Findings) {
        let (arguments, inputs) = (&request.arguments, &request.inputs);
        // C-032: "In the place of `@path` a client sends the lines of that file as arguments, and in the place of a line
        // `@path` the lines of that file."
        let argfile = arguments.iter().find(|argument| {
            argument.strip_prefix('@').is_some_and(|path| inputs.iter().any(|input| input.path == path))
        });
        if let Some(argument) = argfile {
            out.violate(ClientViolation::ArgfileSent { argument: shortened(argument) });
        }
        // C-052: "A path in `inputs` is written as the action's arguments write it: relative to where the request's paths
        // start, without `sandbox_dir`, or absolute."
        let Some(input) = inputs.iter().find(|input| input.path.starts_with('/')) else { return };
        let relative = |argument: &String| {
            !argument.starts_with('/')
                && argument.contains('/')
                && input.path.strip_suffix(argument.as_str()).is_some_and(|folder| folder.ends_with('/'))
        };
        if arguments.iter().any(relative) {
            out.violate(ClientViolation::AbsolutePath { path: shortened(&input.path) });
        }
    }

    /// C-054: "A client sends `verbosity` 0 unless the user has asked for more."
    fn verbosity(&self, got: i32, out: &mut Findings) {
        match self.declared.case.as_ref().map(|case| case.verbosity) {
            None if got != 0 => out.observe(ids::VERBOSITY_ASKED, format!("verbosity {got}")),
            Some(wanted @ 0) if got != 0 => out.violate(ClientViolation::Verbosity { got, wanted }),
            _ => out.uphold(ids::VERBOSITY_ASKED),
        }
    }

    fn sandbox(&self, request: &Request, calls: &Calls, out: &mut Findings) {
        let sandbox_dir = &request.message.sandbox_dir;
        // C-055: "A client sets `sandbox_dir` only for actions that declare `multiplex-sandboxing`."
        if self.declared.lacks(request.call, Feature::MultiplexSandboxing) {
            let (action, sandbox_dir) = (self.declared.name(request.call), shortened(sandbox_dir));
            let is_set = !sandbox_dir.is_empty();
            let wrong = is_set.then_some(ClientViolation::SandboxDir { action, sandbox_dir });
            out.hold(ids::SANDBOX_DIR, wrong);
        }
        // C-112: "Each open request of a sandboxed multiplex worker has a `sandbox_dir` of its own, relative to the working
        // directory and there before the request is written."
        let is_set = !sandbox_dir.is_empty() && sandbox_dir.len() <= DIRECTORY;
        let is_judged = self.declared.is_sandboxed(request.call).unwrap_or(is_set);
        if is_judged && request.message.request_id != 0 {
            let is_shared = calls.open_in(sandbox_dir) > 0;
            let wrong = (is_shared || sandbox_dir.is_empty() || sandbox_dir.starts_with('/'))
                .then(|| ClientViolation::SharedSandbox { sandbox_dir: sandbox_dir.clone() });
            out.hold(ids::OWN_SANDBOX, wrong);
        }
    }

    fn cancel(&mut self, cancel: &Cancel, calls: &Calls, out: &mut Findings) {
        out.excerpt = cancel.excerpt.clone();
        let open = cancel.call.filter(|call| calls.open.contains_key(call));
        // C-095: "A client sends a cancel request only to a worker whose action declares `cancellation`."
        let last = CallId(calls.sent.saturating_sub(1));
        let of = if self.declared.case.is_some() { cancel.call } else { open.or(Some(last)) };
        if let Some(call) = of.filter(|call| self.declared.features(*call).is_some()) {
            let action = self.declared.name(call);
            let is_lacking = self.declared.lacks(call, Feature::Cancellation);
            let wrong = is_lacking.then_some(ClientViolation::CancelUndeclared { action });
            out.hold(ids::CANCEL_DECLARED, wrong);
        }
        // C-096: "A cancel request has `cancel` true, the `request_id` of the request that it is meant for, and neither
        // arguments nor inputs."
        let known = open.is_some() || self.seen.contains(cancel.message.request_id);
        let wrong = cancel_form(&cancel.message, known).map(|what| ClientViolation::CancelForm { what });
        out.hold(ids::CANCEL_FORM, wrong);
        // C-097: "A client never begins to write a cancel request for a request whose response it has read." That it has read
        // a response does not show here, so a late cancel may have crossed with it.
        if open.is_some() {
            out.uphold(ids::CANCEL_IN_TIME);
        }
    }

    /// C-057: "Every message that a client writes to a worker is a well-formed `WorkRequest` of the dialect."
    fn unreadable(&mut self, what: &Unreadable, wire: &dyn Wire, calls: &Calls, out: &mut Findings) {
        out.excerpt = what.excerpt.clone();
        let violation = ClientViolation::NotARequest { error: what.error.clone() };
        if self.declared.case.is_some() {
            if !self.declared.is_torn() {
                out.violate(violation);
            }
            return;
        }
        self.over = true;
        if what.is_too_large {
            out.observe(ids::REQUEST_WELL_FORMED, "a request is too large to be looked at");
        } else if !self.speaks_another(wire, calls, out) {
            out.violate(violation);
        }
    }

    /// C-008: "A client speaks to a worker the dialect that the action declares, and `proto` if it declares none."
    fn speaks_another(&mut self, wire: &dyn Wire, calls: &Calls, out: &mut Findings) -> bool {
        let declared = self.declared.worker.dialect.filter(|_| calls.sent == 0 && wire.speaks_another());
        if let Some(declared) = declared {
            self.over = true;
            out.violate(ClientViolation::OtherDialect { declared: declared.to_string() });
        }
        declared.is_some()
    }

    fn response(&mut self, response: &Response, calls: &Calls, out: &mut Findings) {
        let call = response.call.and_then(|call| calls.open.get(&call));
        let is_cancelled = call.map(|call| !call.cancels.is_empty());
        if call.is_some_and(|call| !call.cancels.is_empty() && !call.is_overrun) {
            out.uphold(ids::GIVEN_UP);
        }
        if let Some(kind) = FaultKind::of(response, is_cancelled, calls.open.len()) {
            self.fault(kind, calls, out);
        }
    }

    fn fault(&mut self, kind: FaultKind, calls: &Calls, out: &Findings) {
        self.misled = true;
        // What came while nothing was open may cross with the next request.
        let is_certain = match kind {
            FaultKind::Unasked => false,
            FaultKind::WasCancelled => true,
            FaultKind::UnknownId | FaultKind::Malformed => !calls.open.is_empty(),
        };
        if is_certain {
            self.fault.get_or_insert_with(|| (out.here(), kind));
        }
    }

    /// An event, after its messages.
    pub(crate) fn observe(&mut self, timed: &Timed, wire: &dyn Wire, calls: &Calls, out: &mut Findings) {
        if timed.event.is_from_client() {
            self.speaks_another(wire, calls, out);
            self.lines(wire, out);
        }
        let asks_to_end = matches!(timed.event, Event::StdinClosed | Event::Signalled(Signal::Term));
        if self.declared.case.is_some() || !asks_to_end || calls.sent == 0 {
            return;
        }
        // C-131: "To end a worker a client closes the worker's standard input."
        if timed.event == Event::StdinClosed {
            out.uphold(ids::INPUT_CLOSED);
        }
        // C-132: "A client gives an idle worker time to end by itself before it sends SIGKILL."
        if !std::mem::replace(&mut self.asked_to_end, true) {
            out.uphold(ids::GRACE);
        }
    }

    /// C-058: "A client writes each request on one line and ends it with one newline." A newline that is missing may still
    /// come, so this is what shows before the end.
    fn lines(&mut self, wire: &dyn Wire, out: &mut Findings) {
        if self.declared.case.is_none()
            && wire.lines().is_some_and(|lines| !lines.may_become_whole)
            && !std::mem::replace(&mut self.told_lines, true)
        {
            out.violate_by(ClientViolation::NotOneLine, Vec::new(), Vec::new());
        }
    }

    pub(crate) fn finish(&mut self, wire: &dyn Wire, out: &mut Findings) {
        out.excerpt = None;
        if !(self.zero || self.other.is_some()) {
            return;
        }
        if self.asked_to_end && self.fault.is_some() {
            out.uphold(ids::AFTER_FAULT);
        }
        if !self.told_mixed {
            out.uphold(ids::ONE_MODE);
        }
        // The line of a request that was not completed has no end.
        if let Some(lines) = wire.lines()
            && !self.told_lines
            && !self.declared.is_torn()
            && wire.unfinished().visible == 0
        {
            let wrong = (!lines.are_whole).then_some(ClientViolation::NotOneLine);
            out.hold(ids::ONE_LINE, wrong);
        }
    }
}

/// What is wrong with the flags of a process that gets requests.
pub(crate) fn flag_count(argv: &[String]) -> Option<ClientViolation> {
    let count = argv.iter().filter(|argument| *argument == FLAG).count();
    (count != 1).then(|| ClientViolation::FlagCount { count, argv: argv.to_vec() })
}

/// What is wrong with a cancel request. `known`: a request had this id.
fn cancel_form(cancel: &WorkRequest, known: bool) -> Option<&'static str> {
    if !cancel.arguments.is_empty() {
        Some("arguments")
    } else if !cancel.inputs.is_empty() {
        Some("inputs")
    } else {
        (!known).then_some("an id that no request had")
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(NAMED).collect()
}
