//! One process's conversation, whole: requests, answers, and what the probe did wrong on purpose.

use std::time::Duration;

use pwp_proto::{Framing, Note, WorkRequest, WorkResponse};

use crate::history::{Event, ProcessHistory, Timed};

use super::conversation::{Conversation, Heard, Lines, Question};
use super::observation::Observation;

pub(super) use super::conversation::FaultKind;

/// Largest message that is looked at, in bytes.
const LARGEST: usize = 64 << 20;

/// What was said between a client and one process.
#[derive(Debug)]
pub(super) struct Talk {
    /// The dialect that the client speaks.
    pub(super) dialect: Framing,
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
    /// How the requests stand on lines.
    pub(super) lines: Lines,
}

/// A request.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) event: usize,
    pub(super) at: Duration,
    pub(super) request: WorkRequest,
    pub(super) notes: Vec<Note>,
    /// The name of its action, if it says one.
    pub(super) name: String,
    /// Its first answer.
    pub(super) answer: Option<Answered>,
    /// When a cancel came for it.
    pub(super) cancelled: Option<Duration>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) event: usize,
    pub(super) at: Duration,
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
    pub(super) at: Duration,
    pub(super) kind: FaultKind,
}

impl Asked {
    /// When it had ended for the process.
    pub(super) fn ended(&self) -> Duration {
        self.answer.as_ref().map_or(Duration::MAX, |answer| answer.at)
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
    fn of(seen: &Observation, session: &ProcessHistory) -> Self {
        let dialect = session.framing().unwrap_or(seen.dialect);
        let mut talk = Self {
            dialect,
            asked: Vec::new(),
            cancels: Vec::new(),
            unreadable: None,
            left_over: 0,
            torn: None,
            faults: Vec::new(),
            lines: Lines::default(),
        };
        let mut conversation = Conversation::new(dialect, LARGEST);
        for (event, Timed { at, event: what }) in session.events.iter().enumerate() {
            match what {
                Event::Sent(bytes) => {
                    conversation.sent(bytes);
                    while let Some(heard) = conversation.next_sent() {
                        talk.hear(heard, event, *at);
                    }
                }
                Event::Received(bytes) => {
                    conversation.received(bytes);
                    while let Some(heard) = conversation.next_received() {
                        talk.hear(heard, event, *at);
                    }
                }
                _ => {}
            }
        }
        talk.left_over = conversation.left_over();
        if talk.unreadable.is_some() || talk.left_over > 0 {
            talk.torn = talk.torn(session);
        }
        talk.lines = conversation.lines();
        talk
    }

    /// Whether what was sent behind the last whole request names two actions. That is so where the rest of the first one was dropped.
    fn torn(&self, session: &ProcessHistory) -> Option<(String, String)> {
        let requests = self.asked.iter().map(|asked| &asked.request);
        let requests = requests.chain(self.cancels.iter().map(|cancel| &cancel.request));
        let names = requests.flat_map(|request| &request.arguments);
        let whole = names.filter(|argument| argument.starts_with("--name=")).count();
        let bytes: Vec<u8> = session
            .events
            .iter()
            .filter_map(|Timed { event, .. }| match event {
                Event::Sent(bytes) => Some(bytes.as_slice()),
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

    fn hear(&mut self, heard: Heard, event: usize, at: Duration) {
        match heard {
            Heard::Asked(question) => {
                let Question { request, notes, .. } = *question;
                let name = name_of(&request.arguments);
                let (answer, cancelled) = (None, None);
                self.asked.push(Asked { event, at, request, notes, name, answer, cancelled });
            }
            Heard::Cancel { request, of, .. } => {
                if let Some(asked) = of.and_then(|place| self.asked.get_mut(place)) {
                    asked.cancelled.get_or_insert(at);
                }
                self.cancels.push(Cancel { event, request: *request, of });
            }
            Heard::Unreadable(what) => self.unreadable = Some((event, what.error)),
            Heard::Answered { of, response, cancelled } => {
                if response.was_cancelled && !cancelled {
                    self.faults.push(Fault { event, at, kind: FaultKind::WasCancelled });
                }
                if let Some(asked) = self.asked.get_mut(of) {
                    asked.answer = Some(Answered { event, at, response: *response });
                }
            }
            Heard::Fault(kind) => self.faults.push(Fault { event, at, kind }),
        }
    }
}
