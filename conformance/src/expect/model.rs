//! The form of an expectations file.

use std::ops::Range;

use pwp_proto::Framing;

use crate::report::{KnownFailure, Report, RequirementResult, Symptom, Verdict};
use pwp_spec::{Features, RequirementId};

/// The value of an expectations file's `schema` field.
pub const SCHEMA_ID: &str = "pwp/expectations/v1";

/// The known failures of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// The name of the file as it was given, for messages.
    pub name: String,
    /// The whole text of the file.
    pub text: String,
    /// The entries in their order.
    pub entries: Vec<Entry>,
}

/// One known failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The requirement that is broken.
    pub requirement: RequirementId,
    /// The verdict that is expected; without one, `fail` for a MUST and `warn` for a SHOULD.
    pub verdict: Option<Verdict>,
    /// The reason why the requirement is broken. An empty one fails the run.
    pub reason: String,
    /// The entry is only about runs in this dialect.
    pub dialect: Option<Framing>,
    /// The entry is only about runs in which exactly these features are declared.
    pub features: Option<Features>,
    /// A text that the summary of the violation contains.
    pub symptom: Option<String>,
    /// The appearance of the failure when it was investigated. A failure that looks the same is not investigated again.
    pub seen: Vec<Symptom>,
    /// The line of the entry's `[[expect]]`, from 1.
    pub line: usize,
    /// The places of the entry and its values in the text, for [`update`](super::update()).
    pub(super) spans: Spans,
}

/// The places of an entry and its values in its file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spans {
    /// The bytes from the entry's `[[expect]]` to the end of its last value.
    pub(super) all: Range<usize>,
    /// The value of `requirement`.
    pub(super) requirement: Range<usize>,
    /// The value of `verdict`.
    pub(super) verdict: Option<Range<usize>>,
    /// The value of `seen`.
    pub(super) seen: Option<Range<usize>>,
}

impl Expectations {
    /// The failures that need no investigation in a run of this dialect and these features.
    pub fn known_failures(&self, dialect: Framing, features: &Features) -> Vec<KnownFailure> {
        let known = |entry: &&Entry| {
            entry.is_about_run(dialect.as_str(), features) && entry.verdict != Some(Verdict::NotExercised)
        };
        self.entries.iter().filter(known).flat_map(Entry::known_failures).collect()
    }
}

impl Entry {
    fn known_failures(&self) -> impl Iterator<Item = KnownFailure> {
        self.seen.iter().map(|symptom| KnownFailure {
            requirement: self.requirement,
            flaky: self.verdict == Some(Verdict::Flaky),
            text: self.symptom.clone(),
            symptom: symptom.clone(),
        })
    }

    /// Whether the entry is about the run that a report came from.
    pub fn is_about(&self, report: &Report) -> bool {
        let features: Features = report.subject.features.iter().copied().collect();
        self.is_about_run(&report.subject.dialect, &features)
    }

    /// Whether the entry is about runs in which this dialect is spoken and these features are declared.
    fn is_about_run(&self, spoken: &str, features: &Features) -> bool {
        self.dialect.is_none_or(|dialect| dialect.as_str() == spoken)
            && self.features.as_ref().is_none_or(|declared| declared == features)
    }

    /// Whether a violation of the result has the text that the entry asks for.
    pub(super) fn looks_like(&self, result: &RequirementResult) -> bool {
        self.symptom.as_ref().is_none_or(|symptom| {
            result.violations.iter().any(|violation| violation.summary.contains(symptom))
        })
    }

    /// Whether there can be a run that both entries are about.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.requirement == other.requirement
            && self.dialect.zip(other.dialect).is_none_or(|(one, two)| one == two)
            && self.features.as_ref().zip(other.features.as_ref()).is_none_or(|(one, two)| one == two)
    }

    /// Whether `reason` says something, and is no placeholder.
    pub fn has_reason(&self) -> bool {
        let reason = self.reason.trim().to_lowercase();
        let placeholder = ["todo", "tbd", "fixme", "xxx", "reason"];
        reason.chars().any(char::is_alphanumeric)
            && !placeholder.contains(&reason.trim_end_matches(['.', ':', '?']))
    }
}
