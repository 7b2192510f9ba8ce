//! The calls of one process: which are open, which were answered, what was cancelled.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use pwp_spec::{Feature, Features, RequirementId};

use crate::history::{ExpectedOutcome, Start, StartupFlag};
use crate::oracle::wire::{self, CallId, Unfinished};

use super::circumstances::Tracker;
use crate::oracle::finding::Findings;
use crate::oracle::violation::words::IDS;
use crate::oracle::{Trait, ids};

/// Answered calls, and cancels that name no call, that are remembered: what a late response or cancel can be about.
const REMEMBERED: usize = 1024;
/// Answered calls whose text is remembered: they can have been open beside one that is answered next.
const TEXTS: usize = 64;
/// Cancels of one call that are remembered.
const CANCELS: usize = 16;
/// How soon behind a response a request is [`Trait::Immediate`].
const AT_ONCE: Duration = Duration::from_millis(2);
/// Longest `sandbox_dir` of which it is counted how many open calls have it, in bytes.
pub(super) const DIRECTORY: usize = 1024;

/// A request whose `cancel` is false, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) call: CallId,
    pub(super) id: i32,
    pub(super) traits: Vec<Trait>,
    pub(super) expected: Option<ExpectedOutcome>,
    pub(super) verbosity: i32,
    /// The event with which the request was complete.
    pub(super) event: usize,
    pub(super) sent_at: Duration,
    /// Cancels for it that were sent before its answer.
    pub(super) cancels: Vec<Cancel>,
    /// The client's limit passed while it was open, and since then it sent nothing.
    pub(super) overdue: Option<Overdue>,
    /// The client gave up waiting, and sent more or closed stdin.
    pub(super) given_up: bool,
    /// Its id was open when it was sent.
    is_twin: bool,
    /// Why its result may differ from what it is alone in a fresh worker.
    pub(super) circumstances: Vec<RequirementId>,
    pub(super) sandbox_dir: String,
    /// Another singleplex request came although this one was given up and open.
    pub(super) is_overrun: bool,
}

impl Call {
    /// What is observed instead of judged where its order among the others is not the protocol's: it has the id of an open
    /// call.
    pub(super) fn unordered(&self) -> Option<RequirementId> {
        match self.is_twin {
            false => None,
            true if self.id == 0 => Some(ids::PIPELINED),
            true => Some(ids::DUPLICATE_ID),
        }
    }

    /// What its workload calls it.
    pub(super) fn name(&self) -> String {
        self.expected.as_ref().map(|known| known.name.clone()).unwrap_or_default()
    }

    /// Whether what its workload says of it is true.
    pub(super) fn is(&self, what: fn(&ExpectedOutcome) -> bool) -> bool {
        self.expected.as_ref().is_some_and(what)
    }
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
    /// What it refers to, as far as the client can know.
    pub(super) kind: Trait,
    pub(super) with_fields: bool,
}

/// An answered call, for as long as it is remembered.
#[derive(Debug, Clone)]
pub(super) struct Answered {
    pub(super) call: CallId,
    pub(super) event: usize,
    pub(super) cancels: Vec<Cancel>,
}

/// An answered call whose `output` has to contain a text.
#[derive(Debug)]
struct AnsweredText {
    expected: ExpectedOutcome,
    /// The events of its request and its response.
    request: usize,
    response: usize,
}

/// The last complete thing that the client sent.
#[derive(Debug, Clone)]
pub(super) struct LastSent {
    pub(super) traits: Vec<Trait>,
    pub(super) is_cancel: bool,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    features: Features,
    session: Vec<Trait>,
    pub(super) next_expected: VecDeque<ExpectedOutcome>,
    /// Requests that were sent in full, cancels not counted.
    pub(super) sent: u64,
    circumstances: Tracker,
    pub(super) open: BTreeMap<CallId, Call>,
    /// The open call beside which no other was open so far, if there is one.
    alone: Option<CallId>,
    /// Open calls for which a cancel was sent.
    cancelled: BTreeSet<CallId>,
    /// The client's limit passed while calls were open, and since then it sent nothing.
    pub(super) any_overdue: bool,
    /// How many open calls have a `sandbox_dir`.
    directories: HashMap<String, usize>,
    answered: VecDeque<Answered>,
    answered_texts: VecDeque<AnsweredText>,
    stray_cancels: VecDeque<Cancel>,
    /// The requirements that the cancels of this history exercise.
    pub(super) cancels_seen: BTreeSet<RequirementId>,
    /// What of a request was sent and is not complete.
    pub(super) unfinished: Unfinished,
    /// An earlier message came in pieces: a worker that misread one of them is out of step.
    pub(super) ever_split: bool,
    /// The client sent something that is no request.
    pub(super) is_malformed: bool,
    /// Stdin ended inside a request.
    pub(super) truncated: bool,
    pub(super) last: Option<LastSent>,
    last_response: Option<Duration>,
    last_failed: bool,
    /// A known field with another wire type was sent.
    pub(super) wrong_wire_type: bool,
    /// What is no request was answered.
    pub(super) no_request_answered: bool,
}

impl Calls {
    pub(super) fn new(start: &Start) -> Self {
        let of_flag = |flag: StartupFlag| match flag {
            StartupFlag::Known => Trait::KnownFlag,
            StartupFlag::Unknown => Trait::UnknownFlag,
        };
        Self {
            features: start.features.clone(),
            session: start.flag.into_iter().map(of_flag).collect(),
            circumstances: Tracker::new(start),
            ..Self::default()
        }
    }

    /// The client writes, or closes stdin: it does not wait any more for what is overdue.
    pub(super) fn goes_on(&mut self) {
        // A client may have hundreds of thousands of open calls, and write each in a write of its own.
        if std::mem::take(&mut self.any_overdue) {
            for call in self.open.values_mut() {
                call.given_up |= call.overdue.is_some();
            }
        }
    }

    pub(super) fn begin(&mut self, request: wire::Request, now: &Findings) -> &Call {
        let wire::Request { call, message, mut traits, is_retyped, twin, is_reused, .. } = request;
        let id = message.request_id;
        let multiplex = self.features.contains(&Feature::Multiplex);
        self.ever_split |= traits.contains(&Trait::Split);
        self.wrong_wire_type |= is_retyped;
        traits.extend(self.session.iter().copied());
        let expected = self.next_expected.pop_front();
        let immediate = self.last_response.is_some_and(|before| now.at.saturating_sub(before) < AT_ONCE);
        let outcome = |is: fn(&ExpectedOutcome) -> bool| expected.as_ref().is_some_and(is);
        for (is_so, what) in [
            (multiplex && id == 0, Trait::ZeroId),
            (multiplex && id != 0 && is_reused, Trait::ReusedId),
            (self.open.len() >= 2, Trait::Parallel),
            (immediate, Trait::Immediate),
            (self.last_failed, Trait::AfterFailure),
            (outcome(|outcome| outcome.argfile), Trait::Argfile),
            (outcome(|outcome| outcome.crashes), Trait::Crash),
            (outcome(|outcome| outcome.reads_stdin), Trait::ReadsStdin),
        ] {
            traits.extend(is_so.then_some(what));
        }
        let mut circumstances = self.circumstances.next(expected.as_ref());
        if multiplex && !self.open.is_empty() {
            // All others were sent beside another one.
            let alone = self.alone.take().and_then(|alone| self.open.get_mut(&alone));
            alone.into_iter().for_each(|other| other.circumstances.push(ids::BESIDE));
            circumstances.push(ids::BESIDE);
        } else {
            self.alone = Some(call);
        }
        self.sent += 1;
        self.last = Some(LastSent { traits: traits.clone(), is_cancel: false });
        // A name that no directory can have is not kept for as long as the request is open.
        let is_kept = message.sandbox_dir.len() <= DIRECTORY;
        let sandbox_dir = if is_kept { message.sandbox_dir } else { String::new() };
        if !sandbox_dir.is_empty() {
            *self.directories.entry(sandbox_dir.clone()).or_default() += 1;
        }
        self.open.entry(call).or_insert_with(|| Call {
            call,
            id,
            traits,
            expected,
            verbosity: message.verbosity,
            event: now.here(),
            sent_at: now.at,
            cancels: Vec::new(),
            overdue: None,
            given_up: false,
            is_twin: twin.is_some(),
            circumstances,
            sandbox_dir,
            is_overrun: false,
        })
    }

    pub(super) fn cancel(&mut self, cancel: &wire::Cancel, now: &Findings) {
        let id = cancel.message.request_id;
        self.ever_split |= cancel.is_split;
        self.wrong_wire_type |= cancel.is_retyped;
        let open = cancel.call.and_then(|call| self.open.get_mut(&call));
        let remembered =
            cancel.call.and_then(|call| self.answered.iter_mut().rev().find(|old| old.call == call));
        let plain = pwp_proto::WorkRequest { request_id: id, cancel: true, ..Default::default() };
        let with_fields = cancel.message != plain;
        let kind = match (&open, &remembered) {
            (Some(call), _) if call.cancels.is_empty() => Trait::Cancelled,
            (Some(_), _) => Trait::CancelTwice,
            (None, Some(_)) => Trait::CancelLate,
            (None, None) => Trait::CancelUnknown,
        };
        let cancel = Cancel { id, event: now.here(), at: now.at, kind, with_fields };
        let declared = self.features.contains(&Feature::Cancellation);
        let what = if declared { kind } else { Trait::CancelUndeclared };
        self.cancels_seen.insert(match what {
            // That it is answered is exercised by its answer alone.
            Trait::Cancelled => ids::CANCEL_IS_NO_WORK,
            what => what.requirement(),
        });
        if declared && with_fields {
            self.cancels_seen.insert(ids::CANCEL_FIELDS);
        }
        let mut traits = self.session.clone();
        traits.extend(with_fields.then_some(Trait::CancelFields));
        traits.push(what);
        self.last = Some(LastSent { traits, is_cancel: true });
        match (open, remembered) {
            (Some(call), _) => {
                if call.cancels.is_empty() {
                    call.traits.push(what);
                }
                self.cancelled.insert(call.call);
                remember_first(&mut call.cancels, cancel);
            }
            (None, Some(old)) => remember_first(&mut old.cancels, cancel),
            (None, None) => remember_last(&mut self.stray_cancels, cancel, REMEMBERED),
        }
    }

    /// Takes a call that is open, to answer it.
    pub(super) fn answer(&mut self, call: CallId) -> Option<Call> {
        let call = self.open.remove(&call)?;
        self.alone.take_if(|alone| *alone == call.call);
        self.cancelled.remove(&call.call);
        if let Some(count) = self.directories.get_mut(&call.sandbox_dir) {
            *count -= 1;
            if *count == 0 {
                self.directories.remove(&call.sandbox_dir);
            }
        }
        Some(call)
    }

    /// Takes the oldest open call, for a response that names none.
    pub(super) fn answer_oldest(&mut self) -> Option<Call> {
        let oldest = self.open.first_key_value().map(|(call, _)| *call)?;
        self.answer(oldest)
    }

    pub(super) fn retire(&mut self, call: &Call, failed: bool, now: &Findings) {
        self.last_response = Some(now.at);
        self.last.take_if(|last| last.is_cancel && last.traits.contains(&Trait::Cancelled));
        self.last_failed = failed;
        let answered = Answered { call: call.call, event: now.here(), cancels: call.cancels.clone() };
        remember_last(&mut self.answered, answered, REMEMBERED);
        if let Some(expected) = call.expected.clone().filter(|expected| expected.text().is_some()) {
            let answered = AnsweredText { expected, request: call.event, response: now.here() };
            remember_last(&mut self.answered_texts, answered, TEXTS);
        }
    }

    /// What is expected of the calls that were open while this one was, whether they are answered or not, each with the event of its request.
    pub(super) fn beside(&self, call: &Call) -> impl Iterator<Item = (&ExpectedOutcome, usize)> {
        let open = self.open.values().filter_map(|other| Some((other.expected.as_ref()?, other.event)));
        let sent = call.event;
        let answered = self.answered_texts.iter().filter(move |old| old.response > sent);
        open.chain(answered.map(|old| (&old.expected, old.request)))
    }

    pub(super) fn answered(&self, call: CallId) -> Option<&Answered> {
        self.answered.iter().rev().find(|old| old.call == call)
    }

    /// The last cancel that was sent for an id without request.
    pub(super) fn stray_cancel(&self, id: i32) -> Option<&Cancel> {
        self.stray_cancels.iter().rev().find(|cancel| cancel.id == id)
    }

    /// How many open calls have this `sandbox_dir`; 0 for one that is too long to be counted.
    pub(super) fn open_in(&self, sandbox_dir: &str) -> usize {
        self.directories.get(sandbox_dir).copied().unwrap_or(0)
    }

    /// The ids of the oldest open calls.
    pub(super) fn open_ids(&self) -> Vec<i32> {
        self.open.values().map(|call| call.id).take(IDS).collect()
    }

    /// Whether a cancel was sent for an open call.
    pub(super) fn any_cancelled(&self) -> bool {
        !self.cancelled.is_empty()
    }

    /// Another call was cancelled while this one was open.
    pub(super) fn cancelled_another(&self, call: &Call) -> bool {
        let during = |cancels: &[Cancel]| cancels.iter().any(|cancel| cancel.event > call.event);
        self.cancelled.iter().filter_map(|open| self.open.get(open)).any(|other| during(&other.cancels))
            || self.answered.iter().rev().take(8).any(|old| during(&old.cancels))
    }

    /// The traits of a request that is being sent.
    pub(super) fn pending_traits(&self) -> Vec<Trait> {
        let is_split = (self.unfinished.bytes > 0).then_some(Trait::Split);
        self.session.iter().copied().chain(is_split).collect()
    }

    pub(super) fn declares(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }
}

/// Keeps the last of what is remembered, at most so much.
pub(super) fn remember_last<T>(list: &mut VecDeque<T>, new: T, most: usize) {
    list.push_back(new);
    if list.len() > most {
        list.pop_front();
    }
}

/// Keeps the first cancels of a call; further ones tell nothing new.
fn remember_first(cancels: &mut Vec<Cancel>, cancel: Cancel) {
    if cancels.len() < CANCELS {
        cancels.push(cancel);
    }
}
