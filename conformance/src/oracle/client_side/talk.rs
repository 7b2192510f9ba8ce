//! One process's conversation, decoded: requests, answers, and what the probe did wrong on purpose.

use pwp_proto::{Dialect, FrameReader, Note, WorkRequest, WorkResponse, decode};

use super::observation::{Observation, Session, SessionEvent};

/// Largest message that is looked at, in bytes.
const LARGEST: usize = 64 << 20;

/// What was said between a client and one process.
#[derive(Debug)]
pub(super) struct Talk {
    /// The dialect that the client speaks.
    pub(super) dialect: Dialect,
    /// The requests that are no cancel.
    pub(super) asked: Vec<Asked>,
    /// The cancel requests.
    pub(super) cancels: Vec<Cancel>,
    /// Why the bytes of the client can't be read, and where.
    pub(super) unreadable: Option<(usize, String)>,
    /// Bytes of a message that was begun and not completed.
    pub(super) left_over: usize,
    /// A request that begins inside another one: its action, and that of the other one.
    pub(super) torn: Option<(String, String)>,
    /// What the probe did wrong on purpose, in order.
    pub(super) faults: Vec<Fault>,
}

/// A request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) event: usize,
    pub(super) at: u64,
    pub(super) request: WorkRequest,
    pub(super) notes: Vec<Note>,
    /// The white space before it.
    pub(super) before: usize,
    /// The name of its action, if it says one.
    pub(super) name: String,
    /// Its first answer.
    pub(super) answer: Option<Answered>,
    /// When a cancel came for it.
    pub(super) cancelled: Option<u64>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) event: usize,
    pub(super) at: u64,
    pub(super) response: WorkResponse,
}

/// A cancel request.
#[derive(Debug)]
pub(super) struct Cancel {
    pub(super) event: usize,
    pub(super) request: WorkRequest,
    /// Its request, by place, if one with this id is open.
    pub(super) of: Option<usize>,
}

/// Something that the probe did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) event: usize,
    pub(super) at: u64,
    pub(super) kind: FaultKind,
}

/// What the probe did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// A response that nobody waits for, while a request is open.
    UnknownId,
    /// Something while no request is open.
    Unasked,
    /// `was_cancelled` without a cancel.
    WasCancelled,
    /// What can't be read.
    Malformed,
}

impl Asked {
    /// When it had ended for the process.
    pub(super) fn ended(&self) -> u64 {
        self.answer.as_ref().map_or(u64::MAX, |answer| answer.at)
    }

    /// The answer says that the action succeeded.
    pub(super) fn succeeded(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| {
            answer.response.exit_code == 0 && !(answer.response.was_cancelled && self.cancelled.is_none())
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

/// What is said in each session.
pub(super) fn talks(seen: &Observation) -> Vec<Talk> {
    seen.sessions.iter().map(|session| Talk::of(seen, session)).collect()
}

impl Talk {
    fn of(seen: &Observation, session: &Session) -> Self {
        let dialect = session.dialect.unwrap_or(seen.dialect);
        let mut talk = Self {
            dialect,
            asked: Vec::new(),
            cancels: Vec::new(),
            unreadable: None,
            left_over: 0,
            torn: None,
            faults: Vec::new(),
        };
        let mut requests = FrameReader::new(dialect, LARGEST);
        let mut responses = FrameReader::new(dialect, LARGEST);
        let mut is_readable = true;
        for (event, (at, what)) in session.events.iter().enumerate() {
            match what {
                SessionEvent::Sent(bytes) if talk.unreadable.is_none() => {
                    requests.push(bytes);
                    talk.take_requests(&mut requests, event, *at);
                }
                SessionEvent::Received(bytes) if is_readable => {
                    let idle = talk.open().next().is_none();
                    responses.push(bytes);
                    is_readable = talk.take_responses(&mut responses, event, *at);
                    if idle && !talk.faults.iter().any(|fault| fault.event == event) {
                        talk.faults.push(Fault { event, at: *at, kind: FaultKind::Unasked });
                    }
                }
                _ => {}
            }
        }
        if talk.unreadable.is_some() || !requests.pending().is_empty() {
            talk.torn = talk.torn(session);
        }
        if talk.unreadable.is_none() {
            talk.left_over = requests.pending().iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        }
        talk
    }

    /// Whether what was sent behind the last whole request names two actions. That is so where the rest of the first one was dropped.
    fn torn(&self, session: &Session) -> Option<(String, String)> {
        let requests = self.asked.iter().map(|asked| &asked.request);
        let requests = requests.chain(self.cancels.iter().map(|cancel| &cancel.request));
        let names = requests.flat_map(|request| &request.arguments);
        let whole = names.filter(|argument| argument.starts_with("--name=")).count();
        let bytes: Vec<u8> = session
            .events
            .iter()
            .filter_map(|(_, event)| match event {
                SessionEvent::Sent(bytes) => Some(bytes.as_slice()),
                _ => None,
            })
            .collect::<Vec<_>>()
            .concat();
        let text = String::from_utf8_lossy(&bytes);
        let mut names = text.split("--name=").skip(1 + whole).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_lowercase() || c.is_ascii_digit()).collect::<String>()
        });
        let (inside, begun) = (names.next()?, names.next()?);
        (inside != begun).then_some((begun, inside))
    }

    /// The requests that have no answer yet, by place.
    fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.asked.len()).filter(|place| self.asked[*place].answer.is_none())
    }

    fn take_requests(&mut self, reader: &mut FrameReader, event: usize, at: u64) {
        loop {
            let frame = match reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return,
                Err(error) => {
                    self.unreadable = Some((event, error.to_string()));
                    return;
                }
            };
            let decoded = match decode::<WorkRequest>(self.dialect, &frame.body) {
                Ok(decoded) => decoded,
                Err(error) => {
                    self.unreadable = Some((event, error.to_string()));
                    return;
                }
            };
            let request = decoded.message;
            if request.cancel {
                let of =
                    self.open().find(|place| self.asked[*place].request.request_id == request.request_id);
                if let Some(place) = of {
                    self.asked[place].cancelled.get_or_insert(at);
                }
                self.cancels.push(Cancel { event, request, of });
                continue;
            }
            let name = name_of(&request.arguments);
            self.asked.push(Asked {
                event,
                at,
                request,
                notes: decoded.notes,
                before: frame.before,
                name,
                answer: None,
                cancelled: None,
            });
        }
    }

    /// False when nothing can be read any more.
    fn take_responses(&mut self, reader: &mut FrameReader, event: usize, at: u64) -> bool {
        loop {
            let frame = match reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => return true,
                Err(_) => {
                    self.faults.push(Fault { event, at, kind: FaultKind::Malformed });
                    return false;
                }
            };
            let Ok(decoded) = decode::<WorkResponse>(self.dialect, &frame.body) else {
                self.faults.push(Fault { event, at, kind: FaultKind::Malformed });
                return false;
            };
            let response = decoded.message;
            let of = self.open().find(|place| self.asked[*place].request.request_id == response.request_id);
            let Some(place) = of else {
                let kind = match self.open().next() {
                    Some(_) => FaultKind::UnknownId,
                    None => FaultKind::Unasked,
                };
                self.faults.push(Fault { event, at, kind });
                continue;
            };
            if response.was_cancelled && self.asked[place].cancelled.is_none() {
                self.faults.push(Fault { event, at, kind: FaultKind::WasCancelled });
            }
            self.asked[place].answer = Some(Answered { event, at, response });
        }
    }
}
