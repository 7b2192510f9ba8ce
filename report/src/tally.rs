//! Counts and evidence of each requirement, as a driver collects them in a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use pwp_spec::{RequirementId, Role};

use super::ViolationReport;

/// The number of different observations of one requirement that are counted apart, so that no subject decides how large a report is.
const OBSERVED: usize = 32;
/// Characters of an observation that are kept.
const WHAT: usize = 300;

/// The counts and the evidence of one requirement.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// How often the requirement was exercised and upheld.
    pub upheld: u64,
    /// The observations where the standard is silent, each with the number of times.
    pub observed: BTreeMap<String, u64>,
    /// How often the requirement was violated.
    pub violated: u64,
    /// The violations that are kept with their evidence.
    pub evidence: Vec<ViolationReport>,
}

/// The counts and the evidence of all requirements. The IDs of workers and of clients never meet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tallies(BTreeMap<RequirementId, Tally>);

impl Tally {
    fn observe(&mut self, what: &str, times: u64) {
        let what = what.char_indices().nth(WHAT).map_or(what, |(end, _)| &what[..end]);
        let is_apart = self.observed.len() < OBSERVED || self.observed.contains_key(what);
        let what = if is_apart { what } else { "something else" };
        *self.observed.entry(what.to_owned()).or_default() += times;
    }
}

impl Tallies {
    /// The tally of one requirement, if anything was counted.
    pub fn get(&self, id: RequirementId) -> Option<&Tally> {
        self.0.get(&id)
    }

    /// Takes the tally of one requirement out; it is empty if nothing was counted.
    pub fn take(&mut self, id: RequirementId) -> Tally {
        self.0.remove(&id).unwrap_or_default()
    }

    /// The tally of one requirement, to be added to.
    pub fn of(&mut self, id: RequirementId) -> &mut Tally {
        self.0.entry(id).or_default()
    }

    /// Counts that a requirement was upheld.
    pub fn uphold(&mut self, id: RequirementId) {
        self.of(id).upheld += 1;
    }

    /// Counts an observation where the standard is silent.
    pub fn observe(&mut self, id: RequirementId, what: &str) {
        self.of(id).observe(what, 1);
    }

    /// Counts a violation, and says how often the requirement was violated by now.
    pub fn violate(&mut self, id: RequirementId) -> u64 {
        let tally = self.of(id);
        tally.violated += 1;
        tally.violated
    }

    /// Adds all that others have counted, of each requirement with at most `evidence` violations that are kept.
    pub fn add(&mut self, others: Self, evidence: usize) {
        for (id, other) in others.0 {
            let tally = self.of(id);
            tally.upheld += other.upheld;
            tally.violated += other.violated;
            other.observed.iter().for_each(|(what, times)| tally.observe(what, *times));
            tally.evidence.extend(other.evidence);
            tally.evidence.truncate(evidence);
        }
    }

    /// Whether a requirement was upheld at least once.
    pub fn has_upheld(&self, id: RequirementId) -> bool {
        self.get(id).is_some_and(|tally| tally.upheld > 0)
    }

    /// The requirements that were upheld at least once, whether or not they were violated as well.
    pub fn upheld(&self) -> impl Iterator<Item = RequirementId> {
        self.0.iter().filter(|(_, tally)| tally.upheld > 0).map(|(id, _)| *id)
    }

    /// The requirements that were violated, with the number of times.
    pub fn violated(&self) -> impl Iterator<Item = (RequirementId, u64)> {
        self.0.iter().filter(|(_, tally)| tally.violated > 0).map(|(id, tally)| (*id, tally.violated))
    }

    /// The requirements of a role that were violated, each with the number of times, as text; `0` if there are none.
    pub fn violated_in_words(&self, role: Role) -> String {
        let counts: Vec<String> = self
            .violated()
            .filter(|(id, _)| id.role() == role)
            .map(|(id, count)| if count == 1 { id.to_string() } else { format!("{id} ({count} times)") })
            .collect();
        if counts.is_empty() { "0".to_owned() } else { counts.join(", ") }
    }

    /// The number of requirements of a role that were upheld and never violated.
    pub fn kept(&self, role: Role) -> usize {
        let is_kept = |(id, tally): &(&RequirementId, &Tally)| {
            id.role() == role && tally.upheld > 0 && tally.violated == 0
        };
        self.0.iter().filter(is_kept).count()
    }
}
