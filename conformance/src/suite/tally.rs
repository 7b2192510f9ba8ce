//! Counts of what was upheld, observed and violated in a run, and the scripts that violate.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::history::Entry;
use crate::oracle::{Breach, Control, Known, Verdict, Violation, WorkerViolation};
use crate::report::Tallies;
use crate::runner::{InVain, Matter, Outcome};
use crate::script::Script;

/// The number of violations of one kind that are kept with their evidence; the others are counted.
const KEPT: usize = 3;

/// A violation and the run in which it showed.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) script: Arc<Script>,
    pub(super) breach: Breach,
    /// What all violations of one run share: a run can have many, and each run its own.
    pub(super) transcript: Arc<[Entry]>,
    pub(super) stderr: Arc<str>,
    /// What was waited for in vain in that run.
    pub(super) in_vain: Vec<InVain>,
}

impl Case {
    /// The wait in vain that the violation rests on; [`None`] if it rests on none.
    pub(super) fn rests_on(&self) -> Option<&InVain> {
        let violation = &self.breach.violation;
        let matter = matter_of(violation)?;
        // Where the sentence has a time, it is that of the wait.
        let named = |wait: &&InVain| violation.limit().is_none_or(|limit| limit == wait.limit);
        let mut waits = self.in_vain.iter().filter(|wait| wait.what.matter() == matter).filter(named);
        // A run may wait for several ends in vain: for one that is due anyway, and then for that at the end of stdin.
        match violation.of_worker() {
            Some(WorkerViolation::EofIgnored { .. }) => waits.next_back(),
            _ => waits.next(),
        }
    }
}

/// What has to be given its full time before a violation is reported that is known only because a time has passed.
pub(super) fn matter_of(violation: &Violation) -> Option<Matter> {
    use WorkerViolation::{HeldBack, Incomplete, Survivors, Unanswered};
    match violation.of_worker()? {
        Survivors { .. } => Some(Matter::Children),
        Unanswered { .. } | HeldBack { .. } | Incomplete { .. } => Some(Matter::Answers),
        _ => violation.is_a_hang().then_some(Matter::Ends),
    }
}

/// The transcript of a run, and the end of its stderr.
type Record = (Arc<[Entry]>, Arc<str>);

/// The record of a run, for all its violations.
pub(super) fn record_of(outcome: &Outcome) -> Record {
    (outcome.transcript.entries().into(), outcome.stderr.as_str().into())
}

/// Violations that look the same: their kind and what may have caused them.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) count: u64,
    /// The names of the scripts in which they showed.
    pub(super) found_in: BTreeSet<String>,
    pub(super) cases: Vec<Case>,
}

/// The sum over all runs.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// The counts of what was upheld and observed. Violations are counted in groups until it is known which requirement they break.
    pub(super) counts: Tallies,
    pub(super) groups: Vec<Group>,
}

impl Tally {
    /// Adds a run, and returns the number of its violations.
    pub(super) fn add(&mut self, script: &Arc<Script>, outcome: &Outcome) -> usize {
        let mut violations = 0;
        let mut record: Option<Record> = None;
        for finding in &outcome.findings {
            match &finding.verdict {
                Verdict::Upheld(id) => self.counts.uphold(*id),
                Verdict::Observed(id, what) => self.counts.observe(*id, what),
                Verdict::Violated(breach) => {
                    violations += 1;
                    self.violated(script, breach, outcome, &mut record);
                }
            }
        }
        violations
    }

    fn violated(
        &mut self,
        script: &Arc<Script>,
        breach: &Breach,
        outcome: &Outcome,
        record: &mut Option<Record>,
    ) {
        let known = self.groups.iter().position(|group| same_kind(&group.cases[0].breach, breach));
        let position = known.unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.groups.len() - 1
        });
        let group = &mut self.groups[position];
        group.count += 1;
        group.found_in.insert(script.name.to_string());
        if group.cases.len() < KEPT && group.cases.iter().all(|case| case.script.name != script.name) {
            let (transcript, stderr) = record.get_or_insert_with(|| record_of(outcome)).clone();
            let (script, in_vain) = (script.as_far_as(outcome.steps), outcome.in_vain.clone());
            group.cases.push(Case { script, breach: breach.clone(), transcript, stderr, in_vain });
        }
    }

    /// Takes back the violations of a group: they were none.
    pub(super) fn forget(&mut self, group: &Group) {
        self.groups.retain(|other| !same_kind(&other.cases[0].breach, &group.cases[0].breach));
    }

    /// The knowledge of the whole run with which a breach is resolved.
    pub(super) fn known(&self, control: Control) -> Known {
        let certain = self
            .groups
            .iter()
            .map(|group| &group.cases[0].breach)
            .filter(|breach| breach.suspects.is_empty())
            .map(|breach| breach.violation.requirement())
            .collect();
        Known { upheld: self.counts.upheld().collect(), certain, control }
    }
}

/// Whether two breaches are of one kind, so that one of them stands for both.
pub(super) fn same_kind(one: &Breach, other: &Breach) -> bool {
    let suspects = |breach: &Breach| breach.suspects.iter().copied().collect::<BTreeSet<_>>();
    same_symptom(&one.violation, &other.violation) && suspects(one) == suspects(other)
}

/// Whether two violations are the same symptom, or the process ends in both.
pub(super) fn related(one: &Violation, other: &Violation) -> bool {
    use WorkerViolation::{DiedAnswered, DiedFailed, DiedUnanswered, NeverServed};
    let ends = |violation: &Violation| {
        matches!(
            violation.of_worker(),
            Some(NeverServed { .. } | DiedUnanswered { .. } | DiedAnswered { .. } | DiedFailed { .. })
        )
    };
    (ends(one) && ends(other)) || same_symptom(one, other)
}

/// Whether two violations are the same symptom.
pub(super) fn same_symptom(one: &Violation, other: &Violation) -> bool {
    use WorkerViolation::{DiedUnanswered, NeverServed};
    let died = |violation: &Violation| {
        matches!(violation.of_worker(), Some(NeverServed { .. } | DiedUnanswered { .. }))
    };
    (died(one) && died(other)) || one.is_like(other)
}
