//! Known failures: the part of a report about them, and how they are recognised.
//!
//! A violation that is expected, and that looks as it did when it was investigated, is not investigated again.
//! Investigation (shrinking, repetition, control runs) finds out which requirement a symptom breaks. That costs up to 160 runs for each
//! symptom. Where expectations say what that led to, the symptom is recognised by its kind, by what was unusual about the
//! request, and by the scripts in which it shows. A symptom that differs in any of these takes the full path.

use std::collections::BTreeSet;
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

/// How a violation looks before anything is known of its cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The way to be wrong, as the judge names it.
    pub kind: String,
    /// The requirements that may be broken instead of the general one. Empty for a client.
    #[serde(default)]
    pub suspects: BTreeSet<RequirementId>,
    /// The scripts or cases in which it shows. Generated scripts are left out.
    pub found_in: BTreeSet<String>,
}

impl Symptom {
    /// The symptom of a violation, whose kind is its `variant` in lower case with hyphens.
    pub fn new(
        variant: &str,
        suspects: impl IntoIterator<Item = RequirementId>,
        found_in: impl IntoIterator<Item = String>,
    ) -> Self {
        let (suspects, found_in) = (suspects.into_iter().collect(), found_in.into_iter().collect());
        Self { kind: kind_of(variant), suspects, found_in }
    }

    /// Whether this is the same symptom as `known`, in no other scripts.
    fn is_covered_by(&self, known: &Self) -> bool {
        !self.found_in.is_empty()
            && self.kind == known.kind
            && self.suspects == known.suspects
            && self.found_in.is_subset(&known.found_in)
    }
}

/// An expected failure, and one symptom that was found to be caused by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFailure {
    /// The requirement that is broken.
    pub requirement: RequirementId,
    /// It is broken only at times.
    pub flaky: bool,
    /// Text that the violation's summary has to contain.
    pub text: Option<String>,
    /// What it looks like.
    pub symptom: Symptom,
}

/// The expected failure that explains a symptom in a violation with this summary.
pub fn recognise<'a>(
    known: impl IntoIterator<Item = &'a KnownFailure>,
    symptom: &Symptom,
    summary: &str,
) -> Option<&'a KnownFailure> {
    known.into_iter().find(|known| {
        symptom.is_covered_by(&known.symptom) && known.text.as_ref().is_none_or(|text| summary.contains(text))
    })
}

/// The name of a violation's variant, in lower case with hyphens.
fn kind_of(variant: &str) -> String {
    let mut kind = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !kind.is_empty() {
            kind.push('-');
        }
        kind.push(letter.to_ascii_lowercase());
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RequirementId {
        text.parse().unwrap()
    }

    fn symptom(kind: &str, suspects: &[&str], found_in: &[&str]) -> Symptom {
        Symptom {
            kind: kind.to_owned(),
            suspects: suspects.iter().map(|text| id(text)).collect(),
            found_in: found_in.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn a_symptom_is_recognised_by_kind_suspects_and_scripts() {
        let expected = symptom("unanswered", &["W-012"], &["chunks", "halves"]);
        let known = [KnownFailure {
            requirement: id("W-012"),
            flaky: false,
            text: Some("no answer".into()),
            symptom: expected,
        }];
        let is_known = |symptom: &Symptom| recognise(&known, symptom, "no answer within 2 s").is_some();
        assert!(is_known(&symptom("unanswered", &["W-012"], &["chunks"])));
        assert!(is_known(&symptom("unanswered", &["W-012"], &["halves"])));
        assert!(!is_known(&symptom("unanswered", &["W-012"], &[])));
        assert!(!is_known(&symptom("surplus", &["W-012"], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &["W-012", "W-013"], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &[], &["chunks"])));
        assert!(!is_known(&symptom("unanswered", &["W-012"], &["chunks", "first-answers"])));
        assert_eq!(recognise(&known, &symptom("unanswered", &["W-012"], &["chunks"]), "other words"), None);
    }

    #[test]
    fn the_kind_of_a_violation_is_the_name_of_its_variant() {
        assert_eq!(kind_of("WrongId"), "wrong-id");
        assert_eq!(kind_of("BareObject"), "bare-object");
    }
}
