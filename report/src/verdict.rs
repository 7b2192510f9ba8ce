//! The verdicts on requirements.

use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr};

/// The verdict on one requirement. Verdicts never merge.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// The requirement was exercised and never violated.
    Pass,
    /// A MUST was broken.
    Fail,
    /// A SHOULD was broken.
    Warn,
    /// The standard is silent, and what happens was recorded.
    Observed,
    /// The subject does not declare a feature that the requirement needs, or speaks another dialect.
    Unsupported,
    /// The requirement could have been exercised and was not.
    NotExercised,
    /// The standard says why the requirement can't be observed.
    Untested,
    /// The requirement was violated in some repetitions only.
    Flaky,
    /// The suite failed.
    Error,
}

impl Verdict {
    /// Whether a subject of which this was found is not conformant. What is broken only at times is broken, however seldom it shows.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Fail | Self::Flaky)
    }

    /// Whether the requirement was found violated, whatever its level.
    pub const fn is_violation(self) -> bool {
        matches!(self, Self::Fail | Self::Warn | Self::Flaky)
    }
}
