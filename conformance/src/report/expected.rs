//! The part of a report about known failures: what was expected, and what became of it.

use serde::{Deserialize, Serialize};

use pwp_spec::RequirementId;

use super::Verdict;

/// A run beside its known failures (`schema/expectations/v1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The file, as it was named.
    pub file: String,
    /// Everything that counts against the run is listed with a reason, and everything that is listed holds.
    pub met: bool,
    /// The entries that are about this run, in the order of the file.
    pub entries: Vec<ExpectedEntry>,
    /// What counts against the run and is not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<Unexpected>,
    /// What was changed in the file after this run, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// One known failure beside what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedEntry {
    /// The requirement.
    pub requirement: RequirementId,
    /// The line of the file in which the entry begins, from 1.
    pub line: u64,
    /// The verdict that was expected.
    pub verdict: Verdict,
    /// Why it is known to be broken.
    pub reason: String,
    /// What became of it.
    pub outcome: EntryOutcome,
    /// More about that, for people; goes on after the requirement's ID.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryOutcome {
    /// The requirement is broken as expected.
    Holds,
    /// It is not, so the entry has to go.
    Stale,
    /// It holds, but nobody has said why.
    NoReason,
    /// The run does not tell.
    Undecided,
}

/// Something that counts against a run and is not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexpected {
    /// The requirement.
    pub requirement: RequirementId,
    /// Its verdict.
    pub verdict: Verdict,
    /// What was seen, in one sentence.
    pub note: String,
}

impl Expected {
    /// The entries with an outcome.
    pub fn with(&self, outcome: EntryOutcome) -> impl Iterator<Item = &ExpectedEntry> {
        self.entries.iter().filter(move |entry| entry.outcome == outcome)
    }
}
