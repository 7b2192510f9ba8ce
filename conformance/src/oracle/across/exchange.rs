//! What passed between a client and one process: requests, answers, and what the probe did wrong on purpose.

use std::time::Duration;

use pwp_proto::{Framing, MAX_ELEMENTS, WorkRequest, WorkResponse};

use crate::history::{Event, ProcessHistory, Timed};
use crate::oracle::session::FaultKind;
use crate::oracle::wire::stdio::Stdio;
use crate::oracle::wire::{CallId, Message, Reading, Response, Unfinished, Wire as _};

/// How the argument begins that says the name of an action.
const NAME: &[u8] = b"--name=";
/// Requests to one process that are looked at.
const REQUESTS: usize = 20_000;

#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) framing: Framing,
    pub(super) requests: Vec<Request>,
    pub(super) cancels: Vec<Cancel>,
    /// The client's bytes can't be read from some point on.
    pub(super) is_unreadable: bool,
    /// What of a message was begun and not completed.
    pub(super) unfinished: Unfinished,
    /// A request that begins inside another one: its action, and that of the other one.
    pub(super) torn: Option<(String, String)>,
    /// What the probe did wrong on purpose, in order.
    pub(super) faults: Vec<Fault>,
    /// Arguments and inputs of all requests together.
    elements: usize,
}

/// A request that is no cancel, with the first response to it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) event: usize,
    pub(super) at: Duration,
    pub(super) message: WorkRequest,
    /// The name of its action, if it says one.
    pub(super) name: String,
    pub(super) answer: Option<Answer>,
    /// When a cancel came for it.
    pub(super) cancelled: Option<Duration>,
}

/// The first response to a request, with the event and the time at which it was complete.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) event: usize,
    pub(super) at: Duration,
    pub(super) message: WorkResponse,
}

#[derive(Debug)]
pub(super) struct Cancel {
    pub(super) event: usize,
    pub(super) message: WorkRequest,
    /// Its request, by place, and whether that was open.
    pub(super) of: Option<(usize, bool)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) event: usize,
    pub(super) at: Duration,
    pub(super) kind: FaultKind,
}

impl Request {
    /// When it had ended for the process.
    pub(super) fn ended(&self) -> Duration {
        self.answer.as_ref().map_or(Duration::MAX, |answer| answer.at)
    }

    pub(super) fn succeeded(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            answer.message.exit_code == 0 && !(answer.message.was_cancelled && self.cancelled.is_none())
        })
    }
}

/// The name of the action, as its argfile says it. Where the client has not opened that, its own name says it.
fn name_of(arguments: &[String]) -> String {
    let said = arguments.iter().find_map(|argument| argument.strip_prefix("--name="));
    let of_file = |argument: &String| {
        let file = argument.strip_prefix('@')?.rsplit('/').next()?.strip_suffix(".params")?;
        Some(file.to_owned())
    };
    said.map(str::to_owned).or_else(|| arguments.iter().find_map(of_file)).unwrap_or_default()
}

impl Exchange {
    /// What passed between a client and this process. `framing`: that of the case, where the client's bytes do not tell it.
    pub(super) fn of(framing: Framing, process: &ProcessHistory) -> Self {
        let framing = process.framing().unwrap_or(framing);
        let mut exchange = Self {
            framing,
            requests: Vec::new(),
            cancels: Vec::new(),
            is_unreadable: false,
            unfinished: Unfinished::default(),
            torn: None,
            faults: Vec::new(),
            elements: 0,
        };
        let mut wire = Stdio::new(framing, Reading { worker: false, client: true });
        for (event, timed) in process.events.iter().enumerate() {
            wire.take(timed);
            while let Some(message) = wire.next_message() {
                exchange.take(message, event, timed.at);
            }
            if exchange.requests.len() > REQUESTS || exchange.elements > MAX_ELEMENTS {
                // A client that floods a process would only fill memory: what it wrote up to here says enough.
                exchange.is_unreadable = true;
                break;
            }
        }
        exchange.unfinished = wire.unfinished();
        if exchange.is_unreadable || exchange.unfinished.visible > 0 {
            exchange.torn = exchange.torn(process);
        }
        exchange
    }

    /// Whether what was sent behind the last whole request names two actions. That is so where the rest of the first one was dropped.
    fn torn(&self, process: &ProcessHistory) -> Option<(String, String)> {
        let requests = self.requests.iter().map(|request| &request.message);
        let requests = requests.chain(self.cancels.iter().map(|cancel| &cancel.message));
        let names = requests.flat_map(|request| &request.arguments);
        let whole = names.filter(|argument| argument.starts_with("--name=")).count();
        let sent = process.events.iter().filter_map(|Timed { event, .. }| match event {
            Event::Sent(bytes) => Some(bytes.as_slice()),
            _ => None,
        });
        let bytes = sent.collect::<Vec<_>>().concat();
        let is_of_a_name = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let places = bytes.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
        let rests = places.map(|(place, _)| &bytes[place + NAME.len()..]).skip(whole);
        let mut names = rests
            .map(|rest| rest.iter().copied().take_while(is_of_a_name).map(char::from).collect::<String>());
        let (inside, begun) = (names.next()?, names.next()?);
        (inside != begun).then_some((begun, inside))
    }

    fn take(&mut self, message: Message, event: usize, at: Duration) {
        match message {
            Message::Request(request) => {
                self.elements += request.message.arguments.len() + request.message.inputs.len();
                let name = name_of(&request.message.arguments);
                let (message, answer, cancelled) = (request.message, None, None);
                self.requests.push(Request { event, at, message, name, answer, cancelled });
            }
            Message::Cancel(cancel) => {
                let mut of = None;
                if let Some((place, request)) = cancel.call.and_then(|call| self.request_mut(call)) {
                    of = Some((place, request.answer.is_none()));
                    if request.answer.is_none() {
                        request.cancelled.get_or_insert(at);
                    }
                }
                self.cancels.push(Cancel { event, message: cancel.message, of });
            }
            Message::Unreadable(_) => self.is_unreadable = true,
            Message::Response(response) => self.response(*response, event, at),
            Message::Broken(_) => self.faults.push(Fault { event, at, kind: FaultKind::Malformed }),
            Message::Unasked => self.faults.push(Fault { event, at, kind: FaultKind::Unasked }),
        }
    }

    fn response(&mut self, response: Response, event: usize, at: Duration) {
        let open = self.requests.iter().filter(|request| request.answer.is_none()).count();
        let request = response.call.and_then(|call| self.request_mut(call)).map(|(_, request)| request);
        let request = request.filter(|request| request.answer.is_none());
        let is_cancelled = request.as_ref().map(|request| request.cancelled.is_some());
        let fault = FaultKind::of(&response, is_cancelled, open);
        if let Some(request) = request {
            request.answer = Some(Answer { event, at, message: response.message });
        }
        self.faults.extend(fault.map(|kind| Fault { event, at, kind }));
    }

    /// The request with this number, from 1, as the process counts them.
    pub(super) fn numbered(&self, number: u32) -> Option<&Request> {
        self.requests.get((number as usize).checked_sub(1)?)
    }

    fn request_mut(&mut self, call: CallId) -> Option<(usize, &mut Request)> {
        let place = usize::try_from(call.0).ok()?;
        Some((place, self.requests.get_mut(place)?))
    }
}
