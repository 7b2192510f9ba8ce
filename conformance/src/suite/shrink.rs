//! The smallest script that still shows a violation, confirmed by repetition.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::oracle::{Breach, Control, Finding, Violation, WorkerViolation};
use crate::report::Confirmed;
use crate::runner::{InVain, Outcome, RunError, Subject, TimeLimits, run};
use crate::script::{Script, control_of, is_controllable, reductions};
use pwp_spec::RequirementId;

use super::execute::execute;
use super::tally::{Case, record_of, related, same_symptom};

/// Runs for one violation at most.
const RUNS: u32 = 160;
/// The same where each run waits for a time limit.
const RUNS_OF_A_HANG: u32 = 60;

/// Runs with a full time limit for what showed with shortened ones only; a race need not show in the first.
const IN_FULL: u32 = 2;

/// A violation in its smallest form.
#[derive(Debug)]
pub(super) struct Shrunk {
    pub(super) case: Case,
    pub(super) confirmed: Confirmed,
    /// What experiments say about the suspects.
    pub(super) control: Control,
    /// Each of several suspects is enough by itself.
    pub(super) several_suffice: bool,
    /// It was recognised as an expected failure, and not investigated.
    pub(super) expected: bool,
    /// It is expected to show only at times.
    pub(super) shows_at_times: bool,
}

/// The confirmed violations of one requirement.
#[derive(Debug, Default)]
pub(super) struct Broken {
    /// The number of violations, before shrinking.
    pub(super) count: u64,
    /// The script in which each violation was found, and its smallest form.
    pub(super) evidence: Vec<(String, Shrunk)>,
}

impl Broken {
    /// Keeps the first evidence only.
    pub(super) fn keep(&mut self, original: &Case, shrunk: Shrunk) {
        if self.evidence.is_empty() {
            self.evidence.push((original.script.name.to_string(), shrunk));
        }
    }
}

impl Shrunk {
    /// The violation as it was found, neither made smaller nor repeated.
    pub(super) fn as_found(case: &Case) -> Self {
        Self {
            case: case.clone(),
            confirmed: Confirmed { shown: 1, of: 1 },
            control: Control::default(),
            several_suffice: false,
            expected: false,
            shows_at_times: false,
        }
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

    /// Whether it rests on a comparison of times and most repetitions don't show it: then the machine was busy, and the worker is not to blame.
    pub(super) fn is_only_late(&self) -> bool {
        let Confirmed { shown, of } = self.confirmed;
        self.case.breach.violation.compares_times() && shown * 2 < of
    }
}

/// Looks for the smallest script that shows the violation of `case`.
pub(super) struct Shrinker<'a> {
    pub(super) subject: &'a Subject,
    pub(super) limits: &'a TimeLimits,
    pub(super) until: Instant,
    pub(super) repetitions: u32,
    pub(super) jobs: usize,
    /// The number of runs so far.
    pub(super) runs: u32,
}

impl Shrinker<'_> {
    /// Shrinks, then repeats, with time limits that may be shortened: [`in_full`](Self::in_full) has to follow.
    pub(super) fn shrink(
        &mut self,
        original: &Case,
        smaller_wanted: bool,
        mut progress: impl FnMut(usize, u32),
    ) -> Result<Shrunk, RunError> {
        let mut best = original.clone();
        if smaller_wanted
            && !original.breach.suspects.is_empty()
            && let Some(candidate) = control_of(&original.script, &controllable(&original.breach))
            && let Some(found) = self.shows(&candidate, &original.breach)?
        {
            best = found;
        }
        let allowed = if original.breach.violation.is_a_hang() { RUNS_OF_A_HANG } else { RUNS };
        let mut candidates = if smaller_wanted { reductions(&best.script) } else { Vec::new() }.into_iter();
        while self.runs < allowed
            && Instant::now() < self.until
            && let Some(candidate) = candidates.next()
        {
            progress(best.script.steps.len(), self.runs + 1);
            if let Some(found) = self.shows(&candidate, &best.breach)? {
                best = found;
                candidates = reductions(&best.script).into_iter();
            }
        }
        let (mut case, mut confirmed) = self.confirm(best)?;
        if confirmed.shown < confirmed.of && smaller_wanted {
            // A race in what was taken for smaller need not be one in the script in which it was found.
            let (whole, again) = self.confirm(original.clone())?;
            if confirmed.shown == 0 || again.shown > confirmed.shown {
                (case, confirmed) = (whole, again);
            }
        }
        let (control, several_suffice) = if confirmed.shown > 0 {
            // That a symptom does not show says less where it shows only at times: such a one is given more runs.
            let times = (confirmed.of * confirmed.of).div_ceil(confirmed.shown);
            self.experiments(&case, times)?
        } else {
            (Control::default(), false)
        };
        Ok(Shrunk { confirmed, control, several_suffice, ..Shrunk::as_found(&case) })
    }

    /// Gives a violation that rests on time a full time limit, unless it had one. Nothing is left of one that does not show then: the worker
    /// was only slow, and how slow is known from here on.
    ///
    /// What was made smaller may have become a race with the start of the process, so the script in which it was found is tried as well. If the
    /// limit was a full one there, the violation is real, and shows only at times.
    pub(super) fn in_full(&mut self, shrunk: Shrunk, original: &Case) -> Result<Option<Shrunk>, RunError> {
        let is_short = |wait: &&InVain| !self.limits.is_full(wait);
        let Some(wait) = shrunk.case.rests_on().filter(is_short) else { return Ok(Some(shrunk)) };
        let limits = self.limits.confirming(wait.what);
        let was_full = original.rests_on().is_some_and(|wait| self.limits.is_full(wait));
        let whole = (shrunk.case.script.steps != original.script.steps).then_some(original);
        let candidates = [Some((&shrunk.case, Some(shrunk.confirmed))), whole.map(|whole| (whole, None))];
        let candidates: Vec<_> = candidates.into_iter().flatten().collect();
        let mut full = None;
        for tries in 1..=IN_FULL {
            for (candidate, repeated) in &candidates {
                self.runs += 1;
                let outcome = run(self.subject, &candidate.script, &limits)?;
                let found = found(&candidate.script, outcome, &candidate.breach);
                // Some other wait may have come first, and been short.
                let is_full = |case: &Case| case.rests_on().is_none_or(|wait| limits.is_full(wait));
                full = found.filter(is_full).map(|case| (case, *repeated, tries));
                if full.is_some() {
                    break;
                }
            }
            if full.is_some() {
                break;
            }
        }
        self.limits.learn(&limits);
        let (case, confirmed) = match full {
            // Each of the repetitions has shown it, and so has this one.
            Some((case, Some(repeated), 1)) => (case, repeated),
            Some((case, None, 1)) => self.confirm(case)?,
            Some((case, _, of)) => (case, Confirmed { shown: 1, of }),
            None if was_full => (original.clone(), Confirmed { shown: 0, of: IN_FULL }),
            None => return Ok(None),
        };
        Ok(Some(Shrunk { case, confirmed, ..shrunk }))
    }

    fn confirm(&mut self, mut case: Case) -> Result<(Case, Confirmed), RunError> {
        let of = self.repetitions.max(1);
        let mut shown = 0;
        let (script, wanted) = (Arc::clone(&case.script), case.breach.clone());
        // What a process leaves behind can always be told to be its own only where no other one runs.
        let is_alone = matches!(wanted.violation, Violation::Worker(WorkerViolation::Survivors { .. }));
        let jobs = if is_alone { 1 } else { self.jobs };
        self.repeat(&script, of, jobs, |outcome| {
            let otherwise = shows_otherwise(&outcome, &wanted);
            let found = found(&script, outcome, &wanted);
            shown += u32::from(otherwise || found.is_some());
            // Of two waits in vain the longer one says more.
            let is_longer = |found: &Case| found.breach.violation.limit() >= case.breach.violation.limit();
            if let Some(found) = found.filter(is_longer) {
                case = found;
            }
        })?;
        Ok((case, Confirmed { shown, of }))
    }

    /// Runs the script without its suspects: first without all, then, if that helps, without each. Says what that shows, and whether each of
    /// several is enough by itself.
    fn experiments(&mut self, case: &Case, times: u32) -> Result<(Control, bool), RunError> {
        let all = controllable(&case.breach);
        let (mut control, mut several_suffice) = (Control::default(), false);
        if all.is_empty() || self.shows_without(case, &all, times)? {
            control.cleared = all;
        } else if all.len() == 1 {
            control.needed = all;
        } else {
            for id in &all {
                let shows = self.shows_without(case, &BTreeSet::from([*id]), times)?;
                let told = if shows { &mut control.cleared } else { &mut control.needed };
                told.insert(*id);
            }
            if control.needed.is_empty() && !case.breach.violation.is_a_hang() {
                // Each of several is enough by itself. The one that is left when the others are gone stands for them. A hang costs a time
                // limit for each run, and shows at times without any of them on a busy machine.
                let mut gone = BTreeSet::new();
                for id in all {
                    gone.insert(id);
                    if !self.shows_without(case, &gone, times)? {
                        control.cleared.remove(&id);
                        control.needed.insert(id);
                        several_suffice = true;
                        break;
                    }
                }
            }
        }
        Ok((control, several_suffice))
    }

    /// Whether the symptom shows in any of `times` runs without these.
    fn shows_without(
        &mut self,
        case: &Case,
        what: &BTreeSet<RequirementId>,
        times: u32,
    ) -> Result<bool, RunError> {
        let Some(plain) = control_of(&case.script, what) else { return Ok(true) };
        let mut shows = false;
        self.repeat(&Arc::new(plain), times, self.jobs, |outcome| {
            shows |= shows_related(&outcome, &case.breach);
        })?;
        Ok(shows)
    }

    fn repeat(
        &mut self,
        script: &Arc<Script>,
        times: u32,
        jobs: usize,
        mut done: impl FnMut(Outcome),
    ) -> Result<(), RunError> {
        self.runs += times;
        let scripts = vec![Arc::clone(script); times as usize];
        execute(
            self.subject,
            &scripts,
            self.limits,
            jobs,
            || false,
            |_, outcome| {
                done(outcome);
                Ok(())
            },
        )
    }

    /// Runs a script; if the same symptom shows, its evidence.
    fn shows(&mut self, script: &Script, wanted: &Breach) -> Result<Option<Case>, RunError> {
        self.runs += 1;
        let outcome = run(self.subject, script, self.limits)?;
        Ok(found(&Arc::new(script.clone()), outcome, wanted))
    }
}

/// Whether an outcome has the symptom of `wanted`, or one that is as good as the same.
pub(super) fn shows_related(outcome: &Outcome, wanted: &Breach) -> bool {
    breaches(outcome).any(|breach| related(&breach.violation, &wanted.violation))
}

/// The suspects of a breach that can be taken out of its script.
fn controllable(breach: &Breach) -> BTreeSet<RequirementId> {
    breach.suspects.iter().copied().filter(|id| is_controllable(*id)).collect()
}

/// The evidence of the same symptom in an outcome; of several, the one with the fewest suspects.
fn found(script: &Arc<Script>, outcome: Outcome, wanted: &Breach) -> Option<Case> {
    let breach = breaches(&outcome)
        .filter(|breach| same_symptom(&breach.violation, &wanted.violation))
        .min_by_key(|breach| breach.suspects.len())?
        .clone();
    let (transcript, stderr) = record_of(&outcome);
    Some(Case { script: Arc::clone(script), breach, transcript, stderr, in_vain: outcome.in_vain })
}

/// Whether `outcome` has the end of the process that `wanted` is about in another form: whether a worker that
/// ends too early is seen to do so before or behind the next write is a matter of microseconds.
fn shows_otherwise(outcome: &Outcome, wanted: &Breach) -> bool {
    let requirement = wanted.violation.requirement();
    breaches(outcome)
        .any(|breach| related(&breach.violation, &wanted.violation) && breach.suspects.contains(&requirement))
}

fn breaches(outcome: &Outcome) -> impl Iterator<Item = &Breach> {
    outcome.findings.iter().filter_map(Finding::breach)
}
