//! Which response answers what, and with which result.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use pwp_proto::WorkResponse;

use crate::history::{ExpectedOutcome, Reference, abridged};
use crate::oracle::finding::{Deferred, Findings};
use crate::oracle::session::calls::{Call, Calls, remember_last};
use crate::oracle::session::circumstances;
use crate::oracle::wire::{CallId, Response};
use crate::oracle::{Fate, Trait, WorkerViolation, ids};
use pwp_spec::{Feature, RequirementId};

use super::life::Life;
use super::outcome::{differs, mismatch};
use super::surplus::{self, Taken};

/// A quick request counts as held up only if it had been sent this long before.
const HELD_UP: Duration = Duration::from_millis(20);

/// Requests without result that are remembered.
const REMEMBERED: usize = 256;

/// What a response was taken for.
#[derive(Debug)]
pub(super) enum Answer {
    /// The answer to the call that it names.
    To(Call),
    /// The answer to this call, which it does not name.
    WrongId(Call),
    /// No answer to an open call.
    Nothing,
}

#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Shortest time that a slow request took without a cancel.
    pub(crate) slow: Option<Duration>,
    cancel_answered: bool,
    /// The last requests that were answered as cancelled or failed.
    undone: VecDeque<(CallId, Fate)>,
    /// The answer to the first request of the history: `exit_code`, and `output`, abridged if it is long.
    pub(crate) first: Option<(i32, String)>,
    /// A response came that belongs to no open request, so some answers may be those of other requests.
    pub(super) mispaired: bool,
    /// A quick request that was open when a slow one, sent before it, was answered: its call, the slow
    /// one's id, the evidence. It was held up if its answer still comes, and lost if not.
    held_up: Option<(CallId, i32, Vec<usize>)>,
    /// A cancelled request was answered promptly, and a quick one was answered before a slow one.
    prompt: bool,
    concurrent: bool,
    /// What counts at the end, if the answers were paired right.
    deferred: Deferred<REMEMBERED>,
}

impl Answers {
    /// What became of the work of an answered request.
    pub(crate) fn fate(&self, call: CallId) -> Fate {
        let undone = self.undone.iter().find(|(undone, _)| *undone == call);
        undone.map_or(Fate::Done, |(_, fate)| *fate)
    }

    /// One response. Returns the call that it answers.
    pub(super) fn response(&mut self, response: &Response, calls: &mut Calls, out: &mut Findings) -> Answer {
        let (named, response) = (response.call, &response.message);
        let id = response.request_id;
        let parallel = calls.open.len() >= 2;
        let is_unasked = named.is_none_or(|call| !calls.open.contains_key(&call));
        if is_unasked && (calls.is_malformed || calls.truncated) {
            calls.no_request_answered = true;
            let violation = if calls.is_malformed {
                // W-025: "A worker writes no response to bytes that are not a request."
                WorkerViolation::MalformedAnswered { id }
            } else {
                // W-027: "A worker neither runs nor answers a request that the end of its standard input cuts short."
                WorkerViolation::TruncatedAnswered { id }
            };
            out.violate_at(violation, surplus::left_over(calls), &[]);
            return Answer::Nothing;
        }
        let named_call = named.and_then(|call| calls.answer(call));
        let right_id = named_call.is_some();
        let answered = named_call.or_else(|| {
            self.mispaired = true;
            let taken = surplus::judge(id, named, calls, out);
            self.cancel_answered |= taken == Taken::Cancel;
            (taken == Taken::WrongId).then(|| calls.answer_oldest()).flatten()
        });
        let Some(request) = answered else { return Answer::Nothing };
        calls.retire(&request, response.exit_code != 0, out);
        if right_id && request.call == CallId(0) {
            self.first = Some((response.exit_code, abridged(&response.output).into_owned()));
        }
        if response.was_cancelled || response.exit_code != 0 || !right_id {
            let cancelled = response.was_cancelled && right_id && !request.cancels.is_empty();
            let fate = if cancelled { Fate::Cancelled } else { Fate::Failed };
            remember_last(&mut self.undone, (request.call, fate), REMEMBERED);
        }
        self.arrival(&request, right_id, parallel, calls, out);
        if !right_id {
            return Answer::WrongId(request);
        }
        self.cancellation(&request, response, calls, out);
        if !response.was_cancelled {
            self.outcome(&request, response, calls, out);
        }
        Answer::To(request)
    }

    /// That it came, when and with which id.
    fn arrival(&mut self, request: &Call, right_id: bool, parallel: bool, calls: &Calls, out: &mut Findings) {
        // W-034: "A worker hands each response to the operating system in full as soon as it is complete. It does not
        // hold one back until the next request, a full buffer or the end of its input."
        if request.given_up {
            let suspects = Trait::requirements(&request.traits);
            out.violate_at(WorkerViolation::HeldBack { id: request.id }, suspects, &[request.event]);
        } else {
            out.uphold(ids::FLUSHED);
            out.uphold(ids::ANSWERED);
            out.uphold(ids::PERSISTENT);
        }
        // W-032: "A worker writes no `WorkResponse` that does not answer an open request: none without a request, and
        // no second one for the same request."
        out.uphold(ids::SURPLUS);
        // W-033: "A response carries the `request_id` of the request that it answers, 0 included."
        if right_id {
            out.uphold(ids::ECHO_ID);
        }
        if let Some(id) = request.unordered() {
            out.observe(id, if id == ids::PIPELINED { "answered" } else { "answered as well" });
        }
        if !calls.declares(Feature::Multiplex) {
            return;
        }
        if parallel {
            out.uphold(ids::WHOLE);
            let overtakes = calls.open.first_key_value().is_some_and(|(oldest, _)| *oldest < request.call);
            out.observe(ids::ANSWER_ORDER, if overtakes { "out of order" } else { "in order" });
        }
        if let Some((_, slow, events)) = self.held_up.take_if(|(quick, ..)| *quick == request.call) {
            let coalesced = request.traits.iter().filter(|what| **what == Trait::Coalesced);
            let violation = WorkerViolation::HeldUp { slow, quick: request.id };
            self.deferred.add(violation, Trait::requirements(coalesced), events);
        }
        // W-074: "A multiplex worker starts requests as they arrive: a quick one is not held up by a slow one."
        let quick = |call: &Call| call.id != 0 && call.is(|outcome| !outcome.slow && !outcome.crashes);
        let slow = |call: &Call| call.id != 0 && call.cancels.is_empty() && call.is(|outcome| outcome.slow);
        if slow(request) {
            let held = calls.open.values().find(|other| {
                quick(other) && other.call > request.call && other.sent_at.saturating_add(HELD_UP) < out.at
            });
            if let Some(other) = held {
                self.held_up = Some((other.call, request.id, vec![request.event, other.event, out.here()]));
            }
        } else if quick(request) && calls.open.values().any(|other| slow(other) && other.call < request.call)
        {
            out.uphold(ids::CONCURRENT);
            self.concurrent = true;
        }
    }

    fn cancellation(&mut self, request: &Call, response: &WorkResponse, calls: &Calls, out: &mut Findings) {
        let slow = request.is(|outcome| outcome.slow);
        let Some(first) = request.cancels.first() else {
            // W-085: "`was_cancelled` is true only in the response to a request for which a cancel request was
            // received."
            // W-091: "Cancelling one request has no effect on the other open ones."
            if response.was_cancelled {
                let neighbour = calls.declares(Feature::Multiplex) && calls.cancelled_another(request);
                let id = request.id;
                let violation = if neighbour {
                    WorkerViolation::NeighbourCancelled { id }
                } else {
                    WorkerViolation::WasCancelledUnasked { id }
                };
                // It may be the answer to a cancel for the same id, or that of another request.
                let mut suspects = surplus::left_over(calls);
                suspects.extend((!calls.open.is_empty()).then_some(ids::ECHO_ID));
                suspects.extend(neighbour.then_some(ids::WAS_CANCELLED));
                out.violate_at(violation, suspects, &[request.event]);
            } else {
                out.uphold(ids::WAS_CANCELLED);
                if calls.declares(Feature::Multiplex) && calls.any_cancelled() {
                    out.uphold(ids::CANCEL_NEIGHBOUR);
                }
            }
            if slow {
                let took = out.at.saturating_sub(request.sent_at);
                self.slow = Some(self.slow.map_or(took, |before| before.min(took)));
            }
            return;
        };
        let result = if response.was_cancelled { "was_cancelled" } else { "an ordinary response" };
        out.observe(ids::CANCEL_RESULT, result);
        let declared = calls.declares(Feature::Cancellation);
        if declared {
            out.uphold(ids::CANCEL_ANSWERED);
        }
        if let (true, Some(uncancelled)) = (slow, self.slow) {
            let took = out.at.saturating_sub(first.at);
            // W-086: "A cancelled request is answered well before its work would have ended."
            if took.saturating_mul(2) < uncancelled {
                out.uphold(ids::CANCEL_PROMPT);
                self.prompt = true;
            } else if declared {
                let violation = WorkerViolation::CancelSlow { id: request.id, took, uncancelled };
                self.deferred.add(violation, Vec::new(), vec![request.event, first.event, out.here()]);
            }
        }
    }

    fn outcome(&mut self, request: &Call, response: &WorkResponse, calls: &Calls, out: &mut Findings) {
        let Some(expected) = &request.expected else { return self.as_expected(request, false, out) };
        if expected.place.sandboxed && !calls.declares(Feature::MultiplexSandboxing) {
            let must_succeed = expected.succeeds == Some(true) && request.cancels.is_empty();
            if must_succeed && response.exit_code != 0 {
                self.undeclared_sandbox(request, response, out);
            }
            return;
        }
        let is_mixed = self.mixed(request, response, calls, out);
        match mismatch(expected, &request.sandbox_dir, response) {
            // The text of another request is the reason why its own is not as it was alone.
            Some(WorkerViolation::Differs { text: true, .. }) if is_mixed => {}
            // Work that was stopped has failed: no `was_cancelled` is needed to say so.
            Some(_) if calls.declares(Feature::Cancellation) && !request.cancels.is_empty() => {}
            Some(violation) => {
                let in_text = matches!(violation, WorkerViolation::Differs { text: true, .. });
                // A worker that lives on after a failure has kept W-052; what it remembers of it is state.
                let traits = request.traits.iter().filter(|what| **what != Trait::AfterFailure);
                let mut suspects: Vec<_> = traits.map(|what| what.outcome_requirement()).collect();
                let unlike = |alone: &Arc<Reference>| {
                    let words_unknown =
                        alone.output.is_none() && !matches!(violation, WorkerViolation::ExitCode { .. });
                    words_unknown || differs(expected, alone, &request.sandbox_dir, response).is_some()
                };
                if expected.reference.as_ref().is_some_and(unlike) {
                    // What is wrong alone as well has nothing to do with where and when it is done.
                    // Words of another request are no old content.
                    let circumstances = circumstances::suspects(&request.circumstances).into_iter();
                    let circumstances = circumstances.filter(|id| !(in_text && *id == ids::STALE));
                    suspects.extend(circumstances.map(|id| match id {
                        ids::BESIDE if in_text => ids::OUTPUT_MIXED,
                        id => id,
                    }));
                }
                self.deferred.add(violation, suspects, vec![request.event, out.here()]);
            }
            None => self.as_expected(request, expected.succeeds.is_some(), out),
        }
    }

    /// The result is as it is to be; `known`: there is an expectation.
    fn as_expected(&mut self, request: &Call, known: bool, out: &mut Findings) {
        if request.given_up {
            // It came too late to show that anything works.
            return;
        }
        // W-068: "`output` holds what the tool says of the request: its diagnostics when the work fails, and its warnings
        // when it succeeds."
        if request.expected.as_ref().and_then(ExpectedOutcome::text).is_some() {
            out.uphold(ids::DIAGNOSTICS);
        }
        if known {
            out.uphold(ids::EXIT_CODE);
            if request.traits.contains(&Trait::Verbosity) {
                out.uphold(ids::VERBOSITY_RESULT);
            }
        }
        for what in request.traits.iter().filter(|what| what.upheld_by_answer(known)) {
            out.uphold(what.requirement());
        }
        // Where it writes files, those say whether it was right.
        let reference = request.expected.as_ref().and_then(|expected| expected.reference.as_ref());
        if reference.is_some_and(|reference| reference.files.is_empty()) {
            request.circumstances.iter().for_each(|id| out.uphold(*id));
        }
    }

    /// A sandboxed request that has failed, to a worker that does not declare that it can do that.
    fn undeclared_sandbox(&mut self, request: &Call, response: &WorkResponse, out: &mut Findings) {
        // W-102: "A worker that cannot honour a non-empty `sandbox_dir` fails the request and says so in `output`."
        if response.output.to_lowercase().contains("sandbox") {
            out.uphold(ids::SANDBOX_REFUSED);
        } else {
            let found = format!("exit code {} without a word of the sandbox", response.exit_code);
            let violation = WorkerViolation::SandboxIgnored { name: request.name(), found };
            self.deferred.add(violation, Vec::new(), vec![request.event, out.here()]);
        }
    }

    /// Whether the output holds the text of a request that was open at the same time.
    fn mixed(&mut self, request: &Call, response: &WorkResponse, calls: &Calls, out: &mut Findings) -> bool {
        let Some(expected) = request.expected.as_ref() else { return false };
        let alone = expected.reference.as_ref().and_then(|alone| alone.output.as_deref());
        let own: Vec<&str> = expected.output.as_deref().into_iter().chain(alone).collect();
        let others = calls.beside(request).filter_map(|(other, event)| Some((other, other.text()?, event)));
        // What it says alone as well is its own, as is what it has to say.
        let others: Vec<_> =
            others.filter(|(_, text, _)| !own.iter().any(|own| own.contains(text))).collect();
        if !calls.declares(Feature::Multiplex) || own.is_empty() || others.is_empty() {
            return false;
        }
        // W-062: "`output` holds messages about its own request only."
        let Some((other, _, event)) = others.iter().find(|(_, text, _)| response.output.contains(text))
        else {
            out.uphold(ids::OUTPUT_MIXED);
            return false;
        };
        let violation = WorkerViolation::OutputMixed { name: request.name(), other: other.name.clone() };
        self.deferred.add(violation, Vec::new(), vec![request.event, *event, out.here()]);
        true
    }

    /// Requests that stayed open although the client waited for them, and cancels that went as they should.
    pub(super) fn finish(&mut self, calls: &Calls, life: &Life, desynchronised: bool, out: &mut Findings) {
        // What was quick enough once was slow for another reason: a machine that was busy.
        let (prompt, concurrent) = (self.prompt, self.concurrent);
        self.deferred.list.retain(|(violation, ..)| match violation {
            WorkerViolation::CancelSlow { .. } => !prompt,
            WorkerViolation::HeldUp { .. } => !concurrent,
            _ => true,
        });
        self.deferred.finish(self.mispaired || desynchronised, out);
        // W-031: "A worker writes one `WorkResponse` for each `WorkRequest` whose `cancel` is false, unless its
        // standard input or the process ends first."
        // That it reads no more is the cause, and is reported.
        let is_explained = desynchronised || life.stdin_reported;
        let is_left = |request: &&Call| !is_explained && !life.died_on.contains(&request.call);
        for request in calls.open.values().filter(is_left) {
            let Some(overdue) = request.overdue else { continue };
            if let Some(id) = request.unordered() {
                out.observe(id, "not answered");
                continue;
            }
            // A worker that lives on after an error inside the tool or a failure has not died of it: it dropped the answer.
            let traits =
                request.traits.iter().filter(|what| !matches!(what, Trait::Crash | Trait::AfterFailure));
            let mut suspects = Trait::requirements(traits);
            suspects.extend(calls.ever_split.then_some(ids::SPLIT));
            if self.mispaired {
                // Its answer may have come under another id.
                suspects.extend([ids::ECHO_ID, ids::SURPLUS]);
            }
            let violation = WorkerViolation::Unanswered { id: request.id, limit: overdue.limit };
            out.violate_by(violation, suspects, vec![request.event, overdue.event]);
        }
        if life.ended_in_order() && !desynchronised && !self.cancel_answered {
            // A response to nobody may be that to a cancel from a worker that knows none, and writes no id.
            let unclear = |id: &RequirementId| self.mispaired && *id == ids::CANCEL_UNDECLARED;
            calls.cancels_seen.iter().filter(|id| !unclear(id)).for_each(|id| out.uphold(*id));
        }
    }
}
