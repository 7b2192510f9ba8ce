//! The smallest script that still shows a violation, confirmed by repetition.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::oracle::{Breach, Control, Verdict, Violation, WorkerViolation};
use crate::report::Confirmed;
use crate::runner::{Outcome, RunError, Subject, TimeLimits, run};
use crate::script::{Script, control_of, is_controllable, reductions};
use pwp_spec::RequirementId;

use super::execute::execute;
use super::tally::{Case, related, same_symptom};

/// Runs for one violation at most.
const RUNS: u32 = 160;
/// The same where each run waits for a time limit.
const RUNS_OF_A_HANG: u32 = 60;

/// Runs with full time limits for what showed with shortened ones only; a race need not show in the first.
const IN_FULL: u32 = 2;

/// A violation in its smallest form.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub(super) case: Case,
    pub(super) confirmed: Confirmed,
    pub(super) runs: u32,
    /// It showed with a shortened time limit, and with a full one it does not: it was only slow.
    pub(super) only_slow: bool,
    /// What experiments say about the suspects.
    pub(super) control: Control,
    /// It was recognised as an expected failure, and not investigated.
    pub(super) expected: Option<Expected>,
}

/// The confirmed violations of one requirement.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// The number of violations, before shrinking.
    pub(super) count: u64,
    /// The script in which each violation was found, and its smallest form.
    pub(super) evidence: Vec<(String, Shrunk)>,
}

/// How an expected failure is expected to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// The failure shows in every run.
    Always,
    /// The failure shows in some runs only.
    Flaky,
}

impl Shrunk {
    /// The violation as it was found, neither made smaller nor repeated.
    pub(super) fn as_found(case: &Case) -> Self {
        Self {
            case: case.clone(),
            confirmed: Confirmed { shown: 1, of: 1 },
            runs: 0,
            only_slow: false,
            control: Control::default(),
            expected: None,
        }
    }

    /// An expected failure as it was found.
    pub(super) fn as_expected(case: &Case, expected: Expected) -> Self {
        Self { expected: Some(expected), ..Self::as_found(case) }
    }

    /// A result that differs from the one alone in a fresh worker also without anything that could be the cause: the
    /// request itself does not give the same each time.
    pub(super) fn is_unsteady(&self) -> bool {
        let breach = &self.case.breach;
        self.confirmed.shown > 0
            && matches!(breach.violation, Violation::Worker(WorkerViolation::Differs { .. }))
            && self.control.needed.is_empty()
            && controllable(breach).is_subset(&self.control.cleared)
    }
}

/// Looks for the smallest script that shows the violation of `case`.
pub(super) struct Shrinker<'a> {
    pub(super) subject: &'a Subject,
    pub(super) limits: &'a TimeLimits,
    pub(super) until: Instant,
    pub(super) repetitions: u32,
    pub(super) jobs: usize,
    /// What shows only because a time limit passed is given a full one once.
    pub(super) in_full: bool,
}

impl Shrinker<'_> {
    /// Shrinks, then repeats.
    pub(super) fn shrink(
        &self,
        original: &Case,
        smaller_wanted: bool,
        mut progress: impl FnMut(usize, u32),
    ) -> Result<Shrunk, RunError> {
        let mut best = original.clone();
        let mut runs = 0;
        if smaller_wanted
            && !original.breach.suspects.is_empty()
            && let Some(candidate) = control_of(&original.script, &controllable(&original.breach))
        {
            runs += 1;
            if let Some(found) = self.shows(&candidate, &original.breach)? {
                best = found;
            }
        }
        let mut smaller = smaller_wanted;
        let allowed = if original.breach.violation.is_a_hang() { RUNS_OF_A_HANG } else { RUNS };
        while smaller && runs < allowed && Instant::now() < self.until {
            smaller = false;
            for candidate in reductions(&best.script) {
                if runs >= allowed || Instant::now() >= self.until {
                    break;
                }
                runs += 1;
                progress(best.script.steps.len(), runs);
                if let Some(found) = self.shows(&candidate, &best.breach)? {
                    best = found;
                    smaller = true;
                    break;
                }
            }
        }
        if self.in_full && self.is_only_slow(&mut best, original, &mut runs)? {
            let confirmed = Confirmed { shown: 0, of: 1 };
            return Ok(Shrunk { confirmed, runs, only_slow: true, ..Shrunk::as_found(&best) });
        }
        let (mut case, mut confirmed) = self.confirm(best, &mut runs)?;
        if confirmed.shown < confirmed.of && smaller_wanted {
            // A race in what was taken for smaller need not be one in the script in which it was found.
            let (whole, again) = self.confirm(original.clone(), &mut runs)?;
            if confirmed.shown == 0 || again.shown > confirmed.shown {
                (case, confirmed) = (whole, again);
            }
        }
        // What shows now and then where the limit is short may be the machine's doing.
        if !self.in_full
            && confirmed.shown < confirmed.of
            && self.is_only_slow(&mut case, original, &mut runs)?
        {
            return Ok(Shrunk { confirmed, runs, only_slow: true, ..Shrunk::as_found(&case) });
        }
        let control = if confirmed.shown > 0 {
            // That a symptom does not show says less where it shows only at times: such a one is given more runs.
            let times = (confirmed.of * confirmed.of).div_ceil(confirmed.shown);
            self.experiments(&case, times, &mut runs)?
        } else {
            Control::default()
        };
        Ok(Shrunk { case, confirmed, runs, only_slow: false, control, expected: None })
    }

    /// Whether what showed with a shortened limit does not show with a full one. If it does, that is the evidence.
    /// What was made smaller may have become a race with the start of the process, so the script in which it was
    /// found is asked as well.
    fn is_only_slow(&self, case: &mut Case, original: &Case, runs: &mut u32) -> Result<bool, RunError> {
        let full = self.limits.full();
        let violation = &case.breach.violation;
        if !violation.is_a_hang() || violation.limit().is_some_and(|limit| limit >= full / 2) {
            return Ok(false);
        }
        let whole = (case.script.steps != original.script.steps).then_some(original);
        for candidate in [case.clone()].iter().chain(whole) {
            for _ in 0..IN_FULL {
                *runs += 1;
                let outcome = run(self.subject, &candidate.script, &self.limits.anew())?;
                if let Some(found) = found(&candidate.script, outcome, &candidate.breach) {
                    *case = found;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn confirm(&self, mut case: Case, runs: &mut u32) -> Result<(Case, Confirmed), RunError> {
        let of = self.repetitions.max(1);
        *runs += of;
        let scripts: Vec<Arc<Script>> = (0..of).map(|_| Arc::clone(&case.script)).collect();
        let (mut shown, mut failed) = (0, None);
        let wanted = case.breach.clone();
        // What a process leaves behind can always be told to be its own only where no other one runs.
        let jobs = if matches!(wanted.violation, Violation::Worker(WorkerViolation::Survivors { .. })) {
            1
        } else {
            self.jobs
        };
        execute(
            self.subject,
            &scripts,
            self.limits,
            jobs,
            || false,
            |_, outcome| match outcome {
                Ok(outcome) => {
                    let otherwise = shows_otherwise(&outcome, &wanted);
                    if let Some(found) = found(&scripts[0], outcome, &wanted) {
                        shown += 1;
                        // Of two waits in vain the longer one says more.
                        if found.breach.violation.limit() >= case.breach.violation.limit() {
                            case = found;
                        }
                    } else if otherwise {
                        shown += 1;
                    }
                }
                Err(error) => failed = Some(error),
            },
        );
        match failed {
            Some(error) => Err(error),
            None => Ok((case, Confirmed { shown, of })),
        }
    }

    /// Runs the script without its suspects: first without all, then, if that helps, without each.
    fn experiments(&self, case: &Case, times: u32, runs: &mut u32) -> Result<Control, RunError> {
        let all = controllable(&case.breach);
        let mut control = Control::default();
        if all.is_empty() || self.shows_without(case, &all, times, runs)? {
            control.cleared = all;
            return Ok(control);
        }
        if all.len() == 1 {
            control.needed = all;
            return Ok(control);
        }
        for id in all {
            let one = BTreeSet::from([id]);
            if self.shows_without(case, &one, times, runs)? {
                control.cleared.insert(id);
            } else {
                control.needed.insert(id);
            }
        }
        Ok(control)
    }

    /// Whether the symptom shows in any of `times` runs without these.
    fn shows_without(
        &self,
        case: &Case,
        what: &BTreeSet<RequirementId>,
        times: u32,
        runs: &mut u32,
    ) -> Result<bool, RunError> {
        let Some(plain) = control_of(&case.script, what) else { return Ok(true) };
        *runs += times;
        let plain = Arc::new(plain);
        let scripts: Vec<Arc<Script>> = (0..times).map(|_| Arc::clone(&plain)).collect();
        let (mut shows, mut failed) = (false, None);
        execute(
            self.subject,
            &scripts,
            self.limits,
            self.jobs,
            || false,
            |_, outcome| match outcome {
                Ok(outcome) => shows |= shows_related(&outcome, &case.breach),
                Err(error) => failed = Some(error),
            },
        );
        failed.map_or(Ok(shows), Err)
    }

    /// Runs a script; if the same symptom shows, its evidence.
    fn shows(&self, script: &Script, wanted: &Breach) -> Result<Option<Case>, RunError> {
        let outcome = run(self.subject, script, self.limits)?;
        Ok(found(&Arc::new(script.clone()), outcome, wanted))
    }
}

/// Whether an outcome has the symptom of `wanted`, or one that is as good as the same.
pub(super) fn shows_related(outcome: &Outcome, wanted: &Breach) -> bool {
    outcome.findings.iter().any(|finding| match &finding.verdict {
        Verdict::Violated(breach) => related(&breach.violation, &wanted.violation),
        _ => false,
    })
}

/// The suspects of a breach that can be taken out of its script.
fn controllable(breach: &Breach) -> BTreeSet<RequirementId> {
    breach.suspects.iter().copied().filter(|id| is_controllable(*id)).collect()
}

/// The evidence of the same symptom in an outcome.
fn found(script: &Arc<Script>, outcome: Outcome, wanted: &Breach) -> Option<Case> {
    evidence(&outcome, wanted).map(|breach| Case {
        script: Arc::clone(script),
        breach,
        transcript: outcome.transcript.entries(),
        stderr: outcome.stderr,
    })
}

/// Whether `outcome` has the end of the process that `wanted` is about in another form: whether a worker that
/// ends too early is seen to do so before or behind the next write is a matter of microseconds.
fn shows_otherwise(outcome: &Outcome, wanted: &Breach) -> bool {
    let requirement = wanted.violation.requirement();
    outcome.findings.iter().any(|finding| match &finding.verdict {
        Verdict::Violated(breach) => {
            related(&breach.violation, &wanted.violation) && breach.suspects.contains(&requirement)
        }
        _ => false,
    })
}

/// The breach in `outcome` that is the same symptom as `wanted`; the one with the fewest suspects.
fn evidence(outcome: &Outcome, wanted: &Breach) -> Option<Breach> {
    outcome
        .findings
        .iter()
        .filter_map(|finding| match &finding.verdict {
            Verdict::Violated(breach) if same_symptom(&breach.violation, &wanted.violation) => {
                Some(breach.as_ref())
            }
            _ => None,
        })
        .min_by_key(|breach| breach.suspects.len())
        .cloned()
}
