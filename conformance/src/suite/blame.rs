//! Which requirement each violation of a run breaks: shrunk, repeated, with control runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::oracle::{Control, Finding, WorkerViolation, resolve};
use crate::process::interrupted;
use crate::report::{SuiteEvent, Symptom, recognise};
use crate::script::{alone, control_of, is_controllable};
use pwp_spec::RequirementId;

use super::shrink::{Broken, Shrinker, Shrunk, shows_related};
use super::state::{Check, SuiteError};
use super::tally::{Case, Group, same_kind};

/// The names of generated scripts start with this. Which of them are run depends on the time that there is, so they are no part of a
/// symptom: a symptom that only they show is held against what is broken already by one run.
const GENERATED: &str = "generated-";

/// Groups of violations with suspects that are shrunk, for each kind of symptom.
const SHRUNK_GROUPS: u32 = 14;

impl Check<'_> {
    /// Finds out what is broken, each shrunk to its smallest script and confirmed.
    pub(super) fn blame(&mut self, mut until: Instant) -> Result<(), SuiteError> {
        let groups = self.groups_to_blame();
        let mut shrunk_by_symptom: BTreeMap<RequirementId, u32> = BTreeMap::new();
        for group in &groups {
            let breach = &group.cases[0].breach;
            let general = breach.violation.requirement();
            let is_broken = |id: &RequirementId| self.broken.contains_key(id);
            let explained = is_broken(&general);
            let known = if breach.suspects.is_empty() {
                explained.then_some(general)
            } else {
                breach.suspects.iter().copied().find(is_broken)
            };
            let tries = shrunk_by_symptom.entry(general).or_default();
            *tries += 1;
            let late = *tries > SHRUNK_GROUPS || Instant::now() >= until;
            let known = known.or_else(|| {
                let likely = resolve(breach, &self.tally.known(Control::default()));
                (late && is_broken(&likely)).then_some(likely)
            });
            if let Some(id) = known
                && self.explains(id, group)?
            {
                not_interrupted()?;
                self.investigated.push(breach.clone());
                self.attribute(id, group);
                continue;
            }
            let own = until.min(Instant::now() + self.options.budget / 3);
            let shrunk = self.shrink(group, *tries, explained, own)?;
            // A run that was ended half-way shows less than a whole one, so nothing is concluded from it.
            not_interrupted()?;
            let Some((id, shrunk)) = shrunk else {
                self.investigated.push(breach.clone());
                continue;
            };
            // A full time limit for each requirement is no part of the budget.
            let began = Instant::now();
            let in_full = self.in_full(id, shrunk, &group.cases[0])?;
            not_interrupted()?;
            self.investigated.push(breach.clone());
            match in_full {
                Some(shrunk) => self.attribute(id, group).keep(&group.cases[0], shrunk),
                None => self.tally.forget(group),
            }
            until += began.elapsed();
        }
        Ok(())
    }

    /// The groups of violations that are neither expected nor investigated yet. Those with the fewest possible causes come first: what they show
    /// explains others.
    fn groups_to_blame(&mut self) -> Vec<Group> {
        let mut groups = self.tally.groups.clone();
        groups.retain(|group| {
            let breach = &group.cases[0].breach;
            if self.investigated.iter().any(|other| same_kind(other, breach)) {
                return false;
            }
            let is_expected = self.is_expected(group);
            self.investigated.extend(is_expected.then(|| breach.clone()));
            !is_expected
        });
        let upheld = self.tally.known(Control::default()).upheld;
        groups.sort_by_key(|group| {
            let suspects = &group.cases[0].breach.suspects;
            (suspects.iter().filter(|id| !upheld.contains(id)).count(), suspects.len())
        });
        groups
    }

    /// What was not investigated because the run was ended is reported as it was found. Whether a subject hangs or is only slow is not known
    /// where it was given a shortened time limit: then the requirement has no verdict.
    pub(super) fn keep_as_found(&mut self) {
        for group in self.groups_to_blame() {
            let case = &group.cases[0];
            let id = resolve(&case.breach, &self.tally.known(Control::default()));
            if case.rests_on().is_some_and(|wait| !self.limits.is_full(wait)) {
                self.unconfirmed.extend([id, case.breach.violation.requirement()]);
            } else {
                self.attribute(id, &group).keep(case, Shrunk::as_found(case));
            }
        }
    }

    /// Gives a violation that rests on time a full time limit, if it is the first one of its requirement. Nothing is left of what was only slow.
    fn in_full(
        &mut self,
        id: RequirementId,
        shrunk: Shrunk,
        original: &Case,
    ) -> Result<Option<Shrunk>, SuiteError> {
        if self.broken.contains_key(&id) {
            return Ok(Some(shrunk));
        }
        let mut shrinker = self.shrinker(Instant::now(), self.options.repetitions);
        let shrunk = shrinker.in_full(shrunk, original)?;
        let runs = shrinker.runs;
        self.info.processes += runs;
        Ok(shrunk)
    }

    fn shrinker(&self, until: Instant, repetitions: u32) -> Shrinker<'_> {
        let (subject, limits, jobs) = (&*self.subject, &self.limits, self.options.jobs);
        Shrinker { subject, limits, until, repetitions, jobs, runs: 0 }
    }

    /// Whether a group of violations is recognised as an expected failure. If it is, that stands in `broken` afterwards.
    fn is_expected(&mut self, group: &Group) -> bool {
        let case = &group.cases[0];
        let summary = case.breach.violation.to_string();
        let Some(known) = recognise(&self.options.known, &symptom_of(group), &summary) else {
            return false;
        };
        let shrunk = Shrunk { expected: true, shows_at_times: known.flaky, ..Shrunk::as_found(case) };
        self.attribute(known.requirement, group).keep(case, shrunk);
        true
    }

    /// Counts a group of violations as caused by `id`.
    fn attribute(&mut self, id: RequirementId, group: &Group) -> &mut Broken {
        self.reporter.event(&SuiteEvent::Attributed { requirement: id, symptom: &symptom_of(group) });
        let entry = self.broken.entry(id).or_default();
        entry.count += group.count;
        entry
    }

    /// Whether that `id` is broken explains a group of violations. What shows in the same script without what `id` is about
    /// has another cause. Where that can't be taken out, what was never upheld is, to see whether it shows then.
    fn explains(&mut self, id: RequirementId, group: &Group) -> Result<bool, SuiteError> {
        let Case { script, breach, .. } = &group.cases[0];
        if breach.violation.is_a_hang() || self.limits.exhausted() {
            return Ok(true);
        }
        let without_it = is_controllable(id);
        let taken_out: BTreeSet<RequirementId> = if without_it {
            BTreeSet::from([id])
        } else {
            let suspects = breach.suspects.iter().copied();
            let unknown = |id: &RequirementId| {
                !self.broken.contains_key(id) && !self.tally.counts.has_upheld(*id) && is_controllable(*id)
            };
            suspects.filter(unknown).collect()
        };
        let Some(plain) = control_of(script, &taken_out) else { return Ok(true) };
        self.info.processes += 1;
        let outcome = crate::runner::run(&self.subject, &plain, &self.limits)?;
        Ok(shows_related(&outcome, breach) != without_it)
    }

    /// `tries`: how many groups with this symptom there were, this one included. `explained`: that the general requirement
    /// is broken is confirmed, which explains this symptom anywhere.
    fn shrink(
        &mut self,
        group: &Group,
        tries: u32,
        explained: bool,
        until: Instant,
    ) -> Result<Option<(RequirementId, Shrunk)>, SuiteError> {
        let case = &group.cases[0];
        let exhausted = self.limits.exhausted() || self.deadline.is_over(&self.limits);
        let repetitions = self.options.repetitions;
        let mut shrinker = Shrinker {
            subject: &self.subject,
            limits: &self.limits,
            until: if exhausted { Instant::now() } else { until },
            repetitions: if exhausted { repetitions.min(2) } else { repetitions },
            jobs: self.options.jobs,
            runs: 0,
        };
        let first = resolve(&case.breach, &self.tally.known(Control::default()));
        let reporter = &mut self.reporter;
        // Each repetition would wait as long again, and say no more. Where most runs hang, one of them is enough to find out why; and without
        // experiments no suspect is named beside a cause that is known.
        if case.breach.violation.is_a_hang() && (self.blocked || (exhausted && tries > 1)) {
            let general = explained || self.limits.mostly_hangs();
            let id = if general { case.breach.violation.requirement() } else { first };
            return Ok(Some((id, Shrunk::as_found(case))));
        }
        let shrunk = shrinker.shrink(case, self.shrinks, |steps, runs| {
            reporter.event(&SuiteEvent::Shrinking { requirement: first, steps, runs });
        })?;
        self.info.processes += shrinker.runs;
        if shrunk.is_unsteady() || shrunk.is_only_late() || self.varies_alone(&shrunk)? {
            return Ok(None);
        }
        let id = resolve(&shrunk.case.breach, &self.tally.known(shrunk.control.clone()));
        // Where each of several is enough, one that other scripts have shown to be broken is the likelier cause than any other.
        let known = shrunk.case.breach.suspects.iter().copied().find(|id| self.broken.contains_key(id));
        let id = known.filter(|_| shrunk.several_suffice).unwrap_or(id);
        Ok(Some((self.saved_for(&shrunk).unwrap_or(id), shrunk)))
    }

    /// Whether work whose result in one-shot mode is another than in worker mode gives another one there as well when it is
    /// tried again: then it is not the mode.
    fn varies_alone(&mut self, shrunk: &Shrunk) -> Result<bool, SuiteError> {
        let Some(WorkerViolation::OneShotDiffers { name, .. }) = shrunk.case.breach.violation.of_worker()
        else {
            return Ok(false);
        };
        let scripts = alone(&self.subject.workload);
        let script = scripts.iter().find(|script| script.request_names().any(|named| named == name));
        for script in script.into_iter().flat_map(|script| vec![script; self.options.repetitions as usize]) {
            let outcome = crate::runner::run(&self.subject, script, &self.limits)?;
            self.info.processes += 1;
            let differs = |finding: &Finding| {
                let violation = finding.breach().and_then(|breach| breach.violation.of_worker());
                matches!(violation, Some(WorkerViolation::Differs { .. }))
            };
            if outcome.findings.iter().any(differs) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a script that is run again was saved for, where nothing speaks against it: one script alone shows
    /// less than the run in which it was found.
    fn saved_for(&self, shrunk: &Shrunk) -> Option<RequirementId> {
        let [id] = shrunk.case.script.exercises.as_slice() else { return None };
        let suspected = shrunk.case.breach.suspects.contains(id) && !shrunk.control.cleared.contains(id);
        (!self.shrinks && suspected).then_some(*id)
    }
}

/// The symptom that all violations of a group have in common.
fn symptom_of(group: &Group) -> Symptom {
    let breach = &group.cases[0].breach;
    let fixed = group.found_in.iter().filter(|name| !name.starts_with(GENERATED)).cloned();
    Symptom::new(breach.violation.symptom(), breach.suspects.iter().copied(), fixed)
}

/// An error if the user has ended the run.
fn not_interrupted() -> Result<(), SuiteError> {
    if interrupted() { Err(SuiteError::Interrupted) } else { Ok(()) }
}
