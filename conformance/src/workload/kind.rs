//! The kinds of requests: those that a workload has, and what a script asks for.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What to expect of a request of a workload.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// The tool ends with exit code 0.
    Success,
    /// The tool ends with another exit code than 0.
    Failure,
    /// Exit code 0 after a time in which other requests can be sent or this one cancelled.
    Slow,
    /// The tool fails from inside; a good worker answers with another exit code than 0 and a message.
    Crash,
    /// The tool reads its standard input, and finds it empty.
    Stdin,
}

impl Kind {
    /// The kinds, in the order in which they are shown.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that stands for it in a workload, a script and the book.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What a script asks for to get it.
    pub const fn work(self) -> Work {
        match self {
            Self::Success => Work::Success,
            Self::Failure => Work::Failure,
            Self::Slow => Work::Slow,
            Self::Crash => Work::Crash,
            Self::Stdin => Work::Stdin,
        }
    }

    /// Whether exit code 0 is what is expected.
    pub const fn succeeds(self) -> bool {
        !matches!(self, Self::Failure | Self::Crash)
    }
}

/// What a script asks for: a request of a workload, or one that needs no workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A request of the workload that succeeds, or an argument that no tool knows if there is none.
    #[default]
    Any,
    /// An argument that no tool knows.
    Probe,
    /// Nothing: all fields have their defaults, apart from `request_id`.
    Nothing,
    /// A request with inputs and without arguments.
    NoArguments,
    /// A request that succeeds.
    Success,
    /// A request that fails.
    Failure,
    /// A request that takes long enough to be overtaken or cancelled.
    Slow,
    /// A request that makes the tool fail from inside.
    Crash,
    /// A request that makes the tool read its standard input.
    Stdin,
}
