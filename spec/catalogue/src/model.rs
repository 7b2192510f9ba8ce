//! One requirement with everything that its block in the book says.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use pwp_proto::Dialect;

use super::{FeatureCondition, Features, RequirementId};

/// How strongly a requirement binds, in the sense of RFC 2119 and RFC 8174.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[derive(Display, EnumString, IntoStaticStr, VariantArray)]
// People type a level in any case; the book's parser insists on upper case itself.
#[strum(serialize_all = "UPPERCASE", ascii_case_insensitive)]
#[strum(parse_err_ty = UnknownLevel, parse_err_fn = unknown_level)]
pub enum Level {
    /// Breaking it is a `fail`.
    Must,
    /// Breaking it is a `warn`.
    Should,
    /// The behaviour is allowed and never judged.
    May,
    /// Upstream is silent or implementations differ: what happens is recorded and never judged.
    Observed,
}

impl Level {
    /// Every level, from the strongest to the weakest.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The keyword as the book writes it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether an implementation can break a requirement of this level.
    pub const fn is_judged(self) -> bool {
        matches!(self, Self::Must | Self::Should)
    }
}

/// A level that the standard does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown level {0:?}: write MUST, SHOULD, MAY or OBSERVED (a prohibition is MUST with a sentence that says \"never\")"
)]
pub struct UnknownLevel(pub String);

fn unknown_level(name: &str) -> UnknownLevel {
    UnknownLevel(name.to_owned())
}

/// How settled a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[derive(Display, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase", parse_err_ty = UnknownStatus, parse_err_fn = unknown_status)]
pub enum Status {
    /// Upstream is silent and the standard decided: it can still change.
    Draft,
    /// Settled. What a block without a status is.
    #[default]
    Stable,
    /// Withdrawn. It binds no one, and keeps its ID for ever.
    Deprecated,
    /// Implementations differ about it.
    Disputed,
}

impl Status {
    /// The statuses, in the order of the standard.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word as the book writes it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word as a block writes it, which says nothing of a stable requirement.
    pub fn in_block(self) -> &'static str {
        if self == Self::Stable { "" } else { self.as_str() }
    }
}

/// A status that the standard does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown status {0:?}: write draft, disputed or deprecated, or nothing for stable")]
pub struct UnknownStatus(pub String);

fn unknown_status(name: &str) -> UnknownStatus {
    UnknownStatus(name.to_owned())
}

/// What a requirement needs from a workload file before it can be exercised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum WorkloadNeed {
    /// Any real request will do.
    Any,
    /// A request of this kind, such as `slow` or `crash`: lower-case letters, digits and dashes.
    Kind(String),
}

impl From<WorkloadNeed> for String {
    /// The kind of request, or `any`.
    fn from(need: WorkloadNeed) -> Self {
        match need {
            WorkloadNeed::Any => "any".to_owned(),
            WorkloadNeed::Kind(kind) => kind,
        }
    }
}

impl fmt::Display for WorkloadNeed {
    /// As in a block's first line: `workload` or `workload slow`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.pad("workload"),
            Self::Kind(kind) => f.pad(&format!("workload {kind}")),
        }
    }
}

/// A workload kind that is not a kebab-case word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no workload kind: write one lower-case word, such as slow")]
pub struct WorkloadNeedError(pub String);

impl TryFrom<String> for WorkloadNeed {
    type Error = WorkloadNeedError;

    fn try_from(kind: String) -> Result<Self, WorkloadNeedError> {
        let is_word = kind.starts_with(|c: char| c.is_ascii_lowercase())
            && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        match kind.as_str() {
            "any" => Ok(Self::Any),
            _ if is_word => Ok(Self::Kind(kind)),
            _ => Err(WorkloadNeedError(kind)),
        }
    }
}

/// Where in the book a requirement stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// The file under `spec/src/`, with forward slashes: `output.md`.
    pub file: String,
    /// The anchor of the block, without `#`: its ID.
    pub anchor: String,
}

impl Chapter {
    /// The place in the book as a site: `output.html#W-031`.
    pub fn page(&self) -> String {
        format!("{}.html#{}", self.file.trim_end_matches(".md"), self.anchor)
    }
}

impl fmt::Display for Chapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spec/src/{}#{}", self.file, self.anchor)
    }
}

/// One numbered sentence of the standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The permanent ID of the requirement.
    pub id: RequirementId,
    /// The level: how strongly the requirement binds.
    pub level: Level,
    /// The status: how settled the requirement is.
    pub status: Status,
    /// The wire forms it applies to, in the order of the block; at least one.
    pub dialects: Vec<Dialect>,
    /// The declared features it depends on.
    pub condition: FeatureCondition,
    /// What it needs from a workload file; `None`: it is exercised without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<WorkloadNeed>,
    /// The first version of the standard that has it, such as `1.0`.
    pub since: String,
    /// The normative text, Markdown; paragraphs and list items are separated by newlines.
    pub text: String,
    /// Why it is required, Markdown.
    pub why: String,
    /// Upstream files and issues; at least one.
    pub sources: Vec<String>,
    /// How an author repairs an implementation that breaks it, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What real clients do when it is broken, Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<String>,
    /// Why no check can observe it. Excludes checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<String>,
    /// The place of the block in the book.
    pub chapter: Chapter,
}

impl Requirement {
    /// Whether it binds a subject that speaks `dialect` and declares `features`. A deprecated one binds no one.
    pub fn applies(&self, dialect: impl Into<Dialect>, features: &Features) -> bool {
        self.status != Status::Deprecated && self.is_for(dialect) && self.condition.met_by(features)
    }

    /// Whether it is about the dialect that a subject of the suite speaks.
    pub fn is_for(&self, dialect: impl Into<Dialect>) -> bool {
        self.dialects.contains(&dialect.into())
    }

    /// Whether the standard asks for a check that exercises it.
    pub fn needs_check(&self) -> bool {
        self.status != Status::Deprecated && self.untested.is_none()
    }

    /// Whether the standard asks for a fault that violates it: only what is judged can be violated.
    pub fn needs_fault(&self) -> bool {
        self.needs_check() && self.level.is_judged()
    }
}
