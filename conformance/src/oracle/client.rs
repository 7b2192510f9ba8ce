//! The client's side of a history: which requests are open, which were answered, what was cancelled.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use pwp_proto::frame::FrameReader;
use pwp_proto::{Framing, WorkRequest};

use crate::history::{ExpectedOutcome, Start};
use pwp_spec::{Feature, Features, RequirementId};

use super::circumstances::Tracker;
use super::ids;
use super::traits::{self, Trait};

/// Largest request that a history may contain, in bytes.
const LIMIT: usize = 256 << 20;
/// Answered requests that are remembered, to tell a second answer from a wrong id.
const REMEMBERED: usize = 1024;
/// Cancels of one request that are remembered.
const CANCELS: usize = 16;
/// How soon behind a response a request is [`Trait::Immediate`].
const AT_ONCE: Duration = Duration::from_millis(2);

/// A request whose `cancel` is false.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Position among the requests of the history.
    pub(super) ordinal: u64,
    pub(super) id: i32,
    pub(super) traits: Vec<Trait>,
    pub(super) expected: Option<ExpectedOutcome>,
    pub(super) verbosity: i32,
    /// The event with which its frame was complete.
    pub(super) event: usize,
    pub(super) sent_at: Duration,
    /// Cancels for it that were sent before its answer.
    pub(super) cancels: Vec<Cancel>,
    /// The client's limit passed while it was open, and since then it sent nothing.
    pub(super) overdue: Option<Overdue>,
    /// The client gave up waiting, and sent more or closed stdin.
    pub(super) given_up: bool,
    /// It was sent while another singleplex request was open.
    pub(super) pipelined: bool,
    /// Its id was open when it was sent.
    pub(super) duplicate: bool,
    /// Why its result may differ from what it is alone in a fresh worker.
    pub(super) circumstances: Vec<RequirementId>,
    pub(super) sandbox_dir: String,
}

/// The client waited for an answer, and it did not come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Overdue {
    pub(super) limit: Duration,
    /// The event at which the limit had passed.
    pub(super) event: usize,
}

/// A request whose `cancel` is true.
#[derive(Debug, Clone)]
pub(super) struct Cancel {
    pub(super) id: i32,
    pub(super) event: usize,
    pub(super) at: Duration,
    pub(super) kind: CancelKind,
    pub(super) with_fields: bool,
}

impl Cancel {
    /// The requirements that this cancel exercises when nothing comes of it.
    fn exercises(&self, declared: bool) -> Vec<RequirementId> {
        if !declared {
            return vec![ids::CANCEL_UNDECLARED];
        }
        let mut exercised = vec![match self.kind {
            CancelKind::Open => ids::CANCEL_IS_NO_WORK,
            CancelKind::Again => ids::CANCEL_TWICE,
            CancelKind::Late => ids::CANCEL_LATE,
            CancelKind::Unknown => ids::CANCEL_UNKNOWN,
        }];
        if self.with_fields {
            exercised.push(ids::CANCEL_FIELDS);
        }
        exercised
    }
}

/// What a cancel refers to, as far as the client can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelKind {
    Open,
    Again,
    Late,
    Unknown,
}

/// An answered request, for as long as it is remembered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) id: i32,
    pub(super) event: usize,
    pub(super) cancels: Vec<Cancel>,
}

/// The last complete thing that the client sent.
#[derive(Debug, Clone)]
pub(super) enum LastSent {
    Request { traits: Vec<Trait> },
    Cancel { traits: Vec<Trait> },
}

#[derive(Debug)]
pub(super) struct Client {
    reader: FrameReader,
    dialect: Framing,
    features: Features,
    session: Vec<Trait>,
    next_expected: VecDeque<ExpectedOutcome>,
    next_ordinal: u64,
    circumstances: Tracker,
    open: BTreeMap<u64, Request>,
    by_id: HashMap<i32, VecDeque<u64>>,
    answered: VecDeque<Answered>,
    stray_cancels: VecDeque<Cancel>,
    cancels_seen: BTreeSet<RequirementId>,
    /// The frame that is being sent began in the write in which another one ended.
    began_behind: bool,
    /// An earlier message came in pieces: a worker that misread one of them is out of step.
    pub(super) ever_split: bool,
    /// The event at which the client sent something that is no request.
    pub(super) malformed: Option<usize>,
    /// Stdin ended inside a frame.
    pub(super) truncated: bool,
    pub(super) last: Option<LastSent>,
    last_response: Option<Duration>,
    last_sent: Option<Duration>,
    last_failed: bool,
    /// A known field with another wire type was sent.
    pub(super) wrong_wire_type: bool,
    /// Bytes that are no request were answered.
    pub(super) no_request_answered: bool,
}

impl Client {
    pub(super) fn new(start: &Start) -> Self {
        use crate::history::StartupFlag;
        let session = match start.flag {
            None => Vec::new(),
            Some(StartupFlag::Known) => vec![Trait::KnownFlag],
            Some(StartupFlag::Unknown) => vec![Trait::UnknownFlag],
        };
        Self {
            reader: FrameReader::new(start.dialect, LIMIT),
            dialect: start.dialect,
            features: start.features.clone(),
            session,
            next_expected: VecDeque::new(),
            next_ordinal: 0,
            circumstances: Tracker::new(start),
            open: BTreeMap::new(),
            by_id: HashMap::new(),
            answered: VecDeque::new(),
            stray_cancels: VecDeque::new(),
            cancels_seen: BTreeSet::new(),
            began_behind: false,
            ever_split: false,
            malformed: None,
            truncated: false,
            last: None,
            last_response: None,
            last_sent: None,
            last_failed: false,
            wrong_wire_type: false,
            no_request_answered: false,
        }
    }

    pub(super) fn expect(&mut self, outcome: ExpectedOutcome) {
        self.next_expected.push_back(outcome);
    }

    /// One write of the client.
    pub(super) fn sent(&mut self, bytes: &[u8], event: usize, at: Duration) {
        if self.malformed.is_some() {
            return;
        }
        for request in self.open.values_mut() {
            request.given_up |= request.overdue.is_some();
        }
        let began_before = !self.pending().is_empty();
        self.reader.push(bytes);
        let mut frames = 0;
        loop {
            match self.reader.next_frame() {
                Ok(Some(frame)) => {
                    let split = frames == 0 && began_before;
                    let back_to_back =
                        self.last_sent.is_some_and(|before| at.saturating_sub(before) < AT_ONCE);
                    let coalesced =
                        frames > 0 || self.began_behind || (back_to_back && !self.open.is_empty());
                    self.began_behind = false;
                    self.ever_split |= split;
                    frames += 1;
                    let newline = self.reader.pending().first().is_some_and(u8::is_ascii_whitespace);
                    self.frame(&frame.body, split, coalesced, newline, event, at);
                    if self.malformed.is_some() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    self.malformed = Some(event);
                    break;
                }
            }
        }
        self.began_behind |= frames > 0 && !self.pending().is_empty();
        self.last_sent = Some(at);
    }

    fn frame(
        &mut self,
        body: &[u8],
        split: bool,
        coalesced: bool,
        newline: bool,
        event: usize,
        at: Duration,
    ) {
        let decoded = match pwp_proto::decode::<WorkRequest>(self.dialect, body) {
            Ok(decoded) => decoded,
            Err(_) => {
                self.malformed = Some(event);
                return;
            }
        };
        if decoded.notes.iter().any(|note| note.kind == pwp_proto::NoteKind::WrongWireType) {
            self.wrong_wire_type = true;
        }
        if decoded.message.cancel {
            self.cancel(&decoded.message, event, at);
            return;
        }
        let id = decoded.message.request_id;
        let multiplex = self.features.contains(&Feature::Multiplex);
        let mut traits = traits::of_message(self.dialect, body.len(), &decoded, &self.features);
        traits.extend(self.session.iter().copied());
        let mut add = |present: bool, what: Trait| {
            if present {
                traits.push(what);
            }
        };
        let expected = self.next_expected.pop_front();
        let immediate = self.last_response.is_some_and(|before| at.saturating_sub(before) < AT_ONCE);
        add(split, Trait::Split);
        add(coalesced, Trait::Coalesced);
        add(self.dialect == Framing::Json && !newline, Trait::NoNewline);
        add(multiplex && self.answered.iter().any(|old| old.id == id && id != 0), Trait::ReusedId);
        add(self.open.len() >= 2, Trait::Parallel);
        add(immediate, Trait::Immediate);
        add(self.last_failed, Trait::AfterFailure);
        if let Some(outcome) = &expected {
            add(outcome.argfile, Trait::Argfile);
            add(outcome.crashes, Trait::Crash);
            add(outcome.reads_stdin, Trait::ReadsStdin);
        }
        let mut circumstances = self.circumstances.next(expected.as_ref());
        if multiplex && !self.open.is_empty() {
            let alone = |other: &&mut Request| !other.circumstances.contains(&ids::BESIDE);
            self.open.values_mut().filter(alone).for_each(|other| other.circumstances.push(ids::BESIDE));
            circumstances.push(ids::BESIDE);
        }
        let ordinal = self.next_ordinal;
        self.next_ordinal += 1;
        self.last = Some(LastSent::Request { traits: traits.clone() });
        let queue = self.by_id.entry(id).or_default();
        let duplicate = !queue.is_empty() && id != 0;
        let pipelined = !queue.is_empty() && id == 0;
        queue.push_back(ordinal);
        self.open.insert(
            ordinal,
            Request {
                ordinal,
                id,
                traits,
                expected,
                verbosity: decoded.message.verbosity,
                event,
                sent_at: at,
                cancels: Vec::new(),
                overdue: None,
                given_up: false,
                pipelined,
                duplicate,
                circumstances,
                sandbox_dir: decoded.message.sandbox_dir,
            },
        );
    }

    fn cancel(&mut self, message: &WorkRequest, event: usize, at: Duration) {
        let id = message.request_id;
        let open = self
            .by_id
            .get(&id)
            .and_then(|queue| queue.front())
            .and_then(|ordinal| self.open.get_mut(ordinal));
        let remembered = self.answered.iter_mut().rev().find(|old| old.id == id);
        let with_fields = traits::cancel_has_fields(message);
        let kind = match (&open, &remembered) {
            (Some(request), _) if request.cancels.is_empty() => CancelKind::Open,
            (Some(_), _) => CancelKind::Again,
            (None, Some(_)) => CancelKind::Late,
            (None, None) => CancelKind::Unknown,
        };
        let cancel = Cancel { id, event, at, kind, with_fields };
        let declared = self.features.contains(&Feature::Cancellation);
        self.cancels_seen.extend(cancel.exercises(declared));
        let mut traits = self.session.clone();
        if with_fields {
            traits.push(Trait::CancelFields);
        }
        if declared {
            traits.extend(match kind {
                CancelKind::Open => Some(Trait::Cancelled),
                CancelKind::Again => Some(Trait::CancelTwice),
                CancelKind::Late => Some(Trait::CancelLate),
                CancelKind::Unknown => Some(Trait::CancelUnknown),
            });
        } else {
            traits.push(Trait::CancelUndeclared);
        }
        self.last = Some(LastSent::Cancel { traits });
        match (open, remembered) {
            (Some(request), _) => {
                if request.cancels.is_empty() {
                    request.traits.push(if declared { Trait::Cancelled } else { Trait::CancelUndeclared });
                }
                remember(&mut request.cancels, cancel);
            }
            (None, Some(old)) => remember(&mut old.cancels, cancel),
            (None, None) => {
                self.stray_cancels.push_back(cancel);
                if self.stray_cancels.len() > REMEMBERED {
                    self.stray_cancels.pop_front();
                }
            }
        }
    }

    /// Takes the open request that a response with `id` answers.
    pub(super) fn answer(&mut self, id: i32) -> Option<Request> {
        let queue = self.by_id.get_mut(&id)?;
        let ordinal = queue.pop_front()?;
        if queue.is_empty() {
            self.by_id.remove(&id);
        }
        self.open.remove(&ordinal)
    }

    /// Takes the oldest open request, for a response whose id fits none.
    pub(super) fn answer_oldest(&mut self) -> Option<Request> {
        let id = self.open.first_key_value().map(|(_, request)| request.id)?;
        self.answer(id)
    }

    /// Remembers an answer.
    pub(super) fn retire(&mut self, request: &Request, event: usize, at: Duration, failed: bool) {
        self.last_response = Some(at);
        if matches!(&self.last, Some(LastSent::Cancel { traits }) if traits.contains(&Trait::Cancelled)) {
            self.last = None;
        }
        self.last_failed = failed;
        self.answered.push_back(Answered { id: request.id, event, cancels: request.cancels.clone() });
        if self.answered.len() > REMEMBERED {
            self.answered.pop_front();
        }
    }

    /// The remembered answer to the last request with `id`.
    pub(super) fn answered(&self, id: i32) -> Option<&Answered> {
        self.answered.iter().rev().find(|old| old.id == id)
    }

    /// The last cancel that was sent for an id without request.
    pub(super) fn stray_cancel(&self, id: i32) -> Option<&Cancel> {
        self.stray_cancels.iter().rev().find(|cancel| cancel.id == id)
    }

    pub(super) fn open(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.open.values()
    }

    pub(super) fn open_mut(&mut self) -> impl Iterator<Item = &mut Request> {
        self.open.values_mut()
    }

    pub(super) fn open_count(&self) -> usize {
        self.open.len()
    }

    pub(super) fn open_ids(&self) -> Vec<i32> {
        self.open.values().map(|request| request.id).collect()
    }

    pub(super) fn sent_requests(&self) -> u64 {
        self.next_ordinal
    }

    /// Nothing that was sent asks for an answer with `id`.
    pub(super) fn answer_is_unasked(&self, id: i32) -> bool {
        !self.by_id.contains_key(&id)
    }

    /// The requirements that the cancels of this history exercise.
    pub(super) fn cancels_seen(&self) -> Vec<RequirementId> {
        self.cancels_seen.iter().copied().collect()
    }

    /// Another request was cancelled while this one was open.
    pub(super) fn cancelled_another(&self, request: &Request) -> bool {
        let during = |cancels: &[Cancel]| cancels.iter().any(|cancel| cancel.event > request.event);
        self.open.values().any(|other| during(&other.cancels))
            || self.answered.iter().rev().take(8).any(|old| during(&old.cancels))
    }

    /// Bytes of a frame that is not complete.
    pub(super) fn pending(&self) -> &[u8] {
        if self.malformed.is_some() {
            return &[];
        }
        match self.dialect {
            Framing::Json => self.reader.pending().trim_ascii_start(),
            _ => self.reader.pending(),
        }
    }

    /// The traits of a frame that is being sent.
    pub(super) fn pending_traits(&self) -> Vec<Trait> {
        let mut traits = self.session.clone();
        if !self.pending().is_empty() {
            traits.push(Trait::Split);
        }
        traits
    }

    pub(super) fn declares(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

/// Keeps the first cancels of a request; further ones tell nothing new.
fn remember(cancels: &mut Vec<Cancel>, cancel: Cancel) {
    if cancels.len() < CANCELS {
        cancels.push(cancel);
    }
}
