//! What happens in a run of the suite: one type, many reporters.

use std::time::Duration;

use crate::report::Report;
use pwp_spec::RequirementId;

use super::known_failures::Symptom;

/// Something that a reporter may show.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuiteEvent<'a> {
    /// The run begins.
    Started {
        /// The command under test, as it was resolved.
        command: &'a [String],
        /// Arguments that were relative paths and were made absolute.
        made_absolute: &'a [String],
        /// `proto` or `json`.
        dialect: &'a str,
        /// Fixed scripts that will be run.
        fixed: usize,
        /// Generated scripts that will be run.
        generated: usize,
        /// The seed.
        seed: u64,
    },
    /// The first run is over.
    Measured {
        /// Time from the subject's start to its first answer, if it gave one.
        first_answer: Option<Duration>,
        /// The time limit that follows.
        limit: Duration,
    },
    /// A script was run.
    ScriptDone {
        /// Its name.
        name: &'a str,
        /// Scripts done so far.
        done: usize,
        /// Scripts in all.
        total: usize,
        /// Violations in it.
        violations: usize,
    },
    /// A smaller script that still shows a violation is being looked for.
    Shrinking {
        /// What is broken.
        requirement: RequirementId,
        /// Steps of the smallest script so far.
        steps: usize,
        /// Runs so far.
        runs: u32,
    },
    /// A symptom was found to break a requirement, or was recognised as an expected failure of it.
    Attributed {
        /// The requirement that is broken.
        requirement: RequirementId,
        /// How the violation looks.
        symptom: &'a Symptom,
    },
    /// The run is over.
    Finished(&'a Report),
}

/// Shows events.
pub trait Reporter {
    /// Something happened.
    fn event(&mut self, event: &SuiteEvent<'_>);
}

/// Shows nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&mut self, _event: &SuiteEvent<'_>) {}
}

impl<R: Reporter> Reporter for Vec<R> {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        for reporter in self {
            reporter.event(event);
        }
    }
}

impl<R: Reporter + ?Sized> Reporter for Box<R> {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        (**self).event(event);
    }
}
