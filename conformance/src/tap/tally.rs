//! What was found of both sides, counted, with evidence for what was broken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::ViolationReport;
use pwp_spec::{RequirementId, Role};

/// Violations of one requirement that are kept with their evidence.
pub(super) const SHOWN: usize = 3;
/// Different observations of one requirement that are kept apart.
const OBSERVED: usize = 32;

/// Counts of what was found. IDs of workers and of clients never meet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) upheld: BTreeMap<RequirementId, u64>,
    pub(super) observed: BTreeMap<RequirementId, BTreeMap<String, u64>>,
    pub(super) broken: BTreeMap<RequirementId, Broken>,
}

/// A requirement that was broken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Broken {
    pub(super) count: u64,
    pub(super) shown: Vec<ViolationReport>,
}

impl Tally {
    pub(super) fn uphold(&mut self, id: RequirementId) {
        *self.upheld.entry(id).or_default() += 1;
    }

    pub(super) fn observe(&mut self, id: RequirementId, what: &str) {
        self.observe_times(id, what, 1);
    }

    fn observe_times(&mut self, id: RequirementId, what: &str, times: u64) {
        let seen = self.observed.entry(id).or_default();
        let what = if seen.len() < OBSERVED || seen.contains_key(what) { what } else { "something else" };
        *seen.entry(what.to_owned()).or_default() += times;
    }

    /// Counts a violation; how often this requirement was broken by now.
    pub(super) fn violate(&mut self, id: RequirementId) -> u64 {
        let broken = self.broken.entry(id).or_default();
        broken.count += 1;
        broken.count
    }

    /// Keeps the evidence of a violation that was counted.
    pub(super) fn show(&mut self, id: RequirementId, evidence: ViolationReport) {
        let shown = &mut self.broken.entry(id).or_default().shown;
        if shown.len() < SHOWN {
            shown.push(evidence);
        }
    }

    /// Adds what another one has counted.
    pub(super) fn add(&mut self, other: Self) {
        for (id, count) in other.upheld {
            *self.upheld.entry(id).or_default() += count;
        }
        for (id, seen) in other.observed {
            seen.iter().for_each(|(what, times)| self.observe_times(id, what, *times));
        }
        for (id, broken) in other.broken {
            self.broken.entry(id).or_default().count += broken.count;
            broken.shown.into_iter().for_each(|evidence| self.show(id, evidence));
        }
    }

    /// What was broken by one side, each with the number of times; `0` if nothing was.
    pub(super) fn sum(&self, role: Role) -> String {
        let of_role = self.broken.iter().filter(|(id, _)| id.role() == role);
        let counts: Vec<String> = of_role
            .map(|(id, broken)| match broken.count {
                1 => id.to_string(),
                count => format!("{id} ({count} times)"),
            })
            .collect();
        if counts.is_empty() { "0".to_owned() } else { counts.join(", ") }
    }

    /// How many requirements were exercised by one side and kept all the time.
    pub(super) fn kept(&self, role: Role) -> usize {
        self.upheld.keys().filter(|id| id.role() == role && !self.broken.contains_key(id)).count()
    }
}
