//! The part of a report about known failures: the expectations, and the outcome of each.

use std::fmt;

use serde::{Deserialize, Serialize};

use pwp_spec::RequirementId;

use super::Verdict;

/// A run beside its known failures (`schema/expectations/v1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The file of expectations, as it was named.
    pub file: String,
    /// Everything that counts against the run is listed with a reason, and everything that is listed holds.
    pub met: bool,
    /// The entries that are about this run, in the order of the file.
    pub entries: Vec<ExpectedEntry>,
    /// The results that count against the run and are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<Unexpected>,
    /// The changes that were made to the file after this run, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// One known failure beside what was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedEntry {
    /// The requirement that is known to be broken.
    pub requirement: RequirementId,
    /// The line of the file in which the entry begins, from 1.
    pub line: u64,
    /// The verdict that was expected.
    pub verdict: Verdict,
    /// The reason why the requirement is known to be broken.
    pub reason: String,
    /// The outcome of the entry in this run.
    pub outcome: EntryOutcome,
    /// More about the outcome, for people. The text continues a sentence that begins with the requirement's ID.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// The outcome of an entry in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryOutcome {
    /// The requirement is broken as expected.
    Holds,
    /// The requirement is not broken in this way, so the entry has to go.
    Stale,
    /// The requirement is broken as expected, but nobody has said why.
    NoReason,
    /// The run does not tell.
    Undecided,
}

/// A result that counts against a run and is not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unexpected {
    /// The requirement that is not listed.
    pub requirement: RequirementId,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The symptom in one sentence.
    pub note: String,
}

impl ExpectedEntry {
    /// Whether the entry has to be changed, so that the run is not as expected.
    pub const fn is_wrong(&self) -> bool {
        matches!(self.outcome, EntryOutcome::Stale | EntryOutcome::NoReason)
    }
}

impl Expected {
    /// The entries with an outcome.
    pub fn with(&self, outcome: EntryOutcome) -> impl Iterator<Item = &ExpectedEntry> {
        self.entries.iter().filter(move |entry| entry.outcome == outcome)
    }
}

impl fmt::Display for Expected {
    /// Whether the run is as expected, with counts: the end of a headline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let known = |verdicts: &[Verdict]| {
            self.with(EntryOutcome::Holds).filter(|entry| verdicts.contains(&entry.verdict)).count()
        };
        let outcome = |outcome| self.with(outcome).count();
        let (parts, prefix, otherwise) = if self.met {
            let parts = [
                counted(known(&[Verdict::Fail, Verdict::Flaky]), "known failure", "known failures"),
                counted(known(&[Verdict::Warn]), "known warning", "known warnings"),
                counted(known(&[Verdict::NotExercised]), "known gap", "known gaps"),
            ];
            (parts, "as expected", "no known failures")
        } else {
            let parts = [
                counted(self.unexpected.len(), "unexpected failure", "unexpected failures"),
                counted(outcome(EntryOutcome::Stale), "entry no longer holds", "entries no longer hold"),
                counted(outcome(EntryOutcome::NoReason), "entry has no reason", "entries have no reason"),
            ];
            (parts, "not as expected", "a class of which nothing was exercised")
        };
        let list = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        write!(f, "{prefix} ({})", if list.is_empty() { otherwise } else { &list })
    }
}
