//! Why a run is partial.

use serde::{Deserialize, Serialize};

/// Why a run is partial: it says nothing about some of what a claim covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutShort {
    /// The subject could not be started.
    NotStarted,
    /// The suite failed, or the machine on which it ran.
    Error,
    /// The user ended the run.
    Interrupted,
    /// The run has not come to its end. Reports say so from the beginning of a run on, for the case that `pwp` is ended by force.
    Unfinished,
    /// The subject answered nothing.
    NoAnswer,
    /// The subject was waited for in vain too long.
    Waiting,
    /// The time for generated scripts was over.
    Budget,
    /// Scripts, cases or requirements were left out because the user wanted it so.
    Selection,
    /// One script was run.
    Replay,
    /// Only what passed between a client and a worker was judged.
    Live,
}

impl CutShort {
    /// Whether the run ended before all that was selected had been run.
    pub const fn ends_the_run(self) -> bool {
        !matches!(self, Self::Selection | Self::Replay | Self::Live)
    }
}
