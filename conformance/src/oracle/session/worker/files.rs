//! What the work leaves on disk: outputs complete before the response, in their place, as they are alone, and nothing
//! written after it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::history::{ExitStatus, ExpectedOutcome, FileState, Reference};
use crate::oracle::finding::{Deferred, Findings};
use crate::oracle::session::calls::{Call, Calls, remember_last};
use crate::oracle::session::circumstances;
use crate::oracle::{CallId, Fate, Trait, WorkerViolation, ids};
use pwp_spec::{Feature, RequirementId};

/// Output files, and answered requests, that are remembered until the end of the run.
const REMEMBERED: usize = 4096;

/// The output files of the answered requests, as they were when the response came.
#[derive(Debug, Default)]
pub(super) struct Files {
    answered: VecDeque<Answered>,
    /// The successful work of one-shot mode, if it succeeds in worker mode, too.
    one_shot: Option<(String, Arc<Reference>)>,
    at_response: HashMap<String, (FileState, usize)>,
    /// What counts at the end, if the answers were paired with the right requests.
    pub(super) deferred: Deferred<REMEMBERED>,
}

/// An answered request of which the workload says something.
#[derive(Debug)]
struct Answered {
    request: Call,
    expected: ExpectedOutcome,
    fate: Fate,
}

impl Answered {
    /// Why its files may differ from those of the request alone in a fresh worker, if it was tried there.
    fn suspects(&self) -> Vec<RequirementId> {
        if self.expected.reference.is_none() {
            return Vec::new();
        }
        let is_suspect = |what: &&Trait| !matches!(what, Trait::Parallel | Trait::AfterFailure);
        let traits = self.request.traits.iter().filter(is_suspect).map(|what| what.outcome_requirement());
        traits.chain(circumstances::suspects(&self.request.circumstances)).collect()
    }
}

impl Files {
    /// One-shot work has ended; its files are looked at next.
    pub(super) fn one_shot_ended(
        &mut self,
        expected: &ExpectedOutcome,
        status: ExitStatus,
        out: &mut Findings,
    ) {
        let (Some(reference), ExitStatus::Code(code)) = (&expected.reference, status) else { return };
        if (code == 0) != (reference.exit_code == 0) {
            // That success and failure are mixed up is another matter.
            return;
        }
        let (name, wanted) = (expected.name.clone(), reference.exit_code & 0xff);
        // W-009: "A tool gives the same exit status and the same output files in one-shot mode and in worker mode."
        if code == wanted || wanted == 0 {
            if reference.files.is_empty() {
                out.uphold(ids::ONE_SHOT_SAME);
            }
            // What failed work leaves is nowhere looked at.
            self.one_shot = (code == 0).then(|| (name, Arc::clone(reference)));
        } else {
            let what = format!("exit status {code} instead of exit_code {wanted}");
            out.violate(WorkerViolation::OneShotDiffers { name, what });
        }
    }

    /// A file of one-shot work, of which only one thing can be said: whether it is the same in worker mode.
    pub(super) fn one_shot_seen(&self, path: &str, state: &FileState, out: &mut Findings) {
        let Some((name, reference)) = &self.one_shot else { return };
        if !reference.files.contains_key(path) {
            // Worker mode does not give it either, or not the same each time.
            return;
        }
        let what = match state {
            FileState::Good(_) => return out.uphold(ids::ONE_SHOT_SAME),
            FileState::Different(_, content) | FileState::Unlike(_, content) => {
                format!("{path} has other bytes: {content:?}")
            }
            FileState::Missing | FileState::Elsewhere(_) => format!("{path} is missing"),
            FileState::Unseen(_) => return,
        };
        out.violate(WorkerViolation::OneShotDiffers { name: name.clone(), what });
    }

    /// A request was answered; its files are looked at next.
    pub(super) fn answered(&mut self, mut request: Call, fate: Fate) {
        if let Some(expected) = request.expected.take() {
            remember_last(&mut self.answered, Answered { request, expected, fate }, REMEMBERED);
        }
    }

    fn find(&self, request: u64) -> Option<&Answered> {
        self.answered.iter().rev().find(|answered| answered.request.call == CallId(request))
    }

    /// A file is seen right behind the response of its request.
    pub(super) fn seen(
        &mut self,
        request: u64,
        path: &str,
        state: &FileState,
        calls: &Calls,
        out: &mut Findings,
    ) {
        if matches!(state, FileState::Unseen(_)) {
            return;
        }
        if self.at_response.len() < REMEMBERED || self.at_response.contains_key(path) {
            self.at_response.insert(path.to_owned(), (state.clone(), out.here()));
        }
        let answered = self.find(request);
        if answered.is_some_and(|answered| answered.fate != Fate::Done) {
            return;
        }
        let name = answered.map_or_else(|| format!("#{request}"), |answered| answered.expected.name.clone());
        let events =
            answered.map(|answered| answered.request.event).into_iter().chain([out.here()]).collect();
        let sandboxed = answered.is_some_and(|answered| answered.expected.place.sandboxed);
        let path = path.to_owned();
        if sandboxed && !calls.declares(Feature::MultiplexSandboxing) {
            let found = match state {
                FileState::Good(_) => return out.uphold(ids::SANDBOX_REFUSED),
                // It is there; that its bytes are others can have many causes.
                FileState::Unlike(..) => return,
                FileState::Elsewhere(_) => format!("exit code 0, and {path} was written outside of it"),
                _ => format!("exit code 0, and {path} is not as it has to be"),
            };
            return self.deferred.add(WorkerViolation::SandboxIgnored { name, found }, Vec::new(), events);
        }
        // W-054: "When a worker writes the response of a successful request, the declared outputs exist and are
        // complete."
        let violation = match state {
            FileState::Good(_) => {
                out.uphold(ids::OUTPUTS);
                if sandboxed {
                    out.uphold(ids::SANDBOX_WRITE);
                }
                let tried_alone = answered.filter(|answered| answered.expected.reference.is_some());
                let upheld = tried_alone.into_iter().flat_map(|answered| &answered.request.circumstances);
                upheld.for_each(|id| out.uphold(*id));
                return;
            }
            // W-101: "A worker writes every relative path of a request under its `sandbox_dir`, and writes no file of
            // that request outside of it."
            FileState::Elsewhere(_) => {
                return self.deferred.add(WorkerViolation::OutsideSandbox { name, path }, Vec::new(), events);
            }
            FileState::Unseen(_) => return,
            FileState::Missing => WorkerViolation::OutputFile { name, path, found: "missing".into() },
            FileState::Different(_, content) => {
                WorkerViolation::OutputFile { name, path, found: format!("different: {content:?}") }
            }
            FileState::Unlike(_, content) => {
                let what = format!("{path} has other bytes: {content:?}");
                WorkerViolation::Differs { name, what, text: false }
            }
        };
        let suspects = answered.map(Answered::suspects).unwrap_or_default();
        self.deferred.add(violation, suspects, events);
    }

    /// Two requests may write the same file; only the last response counts for it.
    pub(super) fn at_end(&mut self, request: u64, path: &str, state: &FileState, out: &mut Findings) {
        let cancelled = self.find(request).is_some_and(|answered| answered.fate == Fate::Cancelled);
        // W-055: "After the response a worker writes to no file of that request any more."
        // W-090: "After a response with `was_cancelled` a worker writes to no file of that request."
        match self.at_response.get(path) {
            Some((before, _)) if before == state => {
                out.uphold(if cancelled { ids::CANCELLED_WRITES } else { ids::WRITES_LATER });
            }
            Some((_, event)) => {
                let events = vec![*event, out.here()];
                let path = path.to_owned();
                let violation = if cancelled {
                    WorkerViolation::CancelledWrites { path }
                } else {
                    WorkerViolation::WrittenLater { path }
                };
                self.deferred.add(violation, Vec::new(), events);
            }
            None => {}
        }
    }
}
