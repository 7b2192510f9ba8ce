//! The events of a run, for reporters to show: one type, many reporters.

use std::time::Duration;

use pwp_spec::RequirementId;

use super::{Report, Symptom};

/// An event of a run that a reporter may show.
#[derive(Debug)]
#[non_exhaustive]
pub enum SuiteEvent<'a> {
    /// The run is about to begin. Where it comes to no end, this is the report, which says so; so it also shows whether a report can be
    /// written.
    Prepared(&'a Report),
    /// The run begins.
    Started {
        /// The command under test, as it was resolved.
        command: &'a [String],
        /// The arguments that were relative paths and were made absolute.
        made_absolute: &'a [String],
        /// The dialect that is spoken with the subject.
        dialect: &'a str,
        /// The number of fixed scripts, or of cases, that will be run.
        fixed: usize,
        /// The number of generated scripts that will be run.
        generated: usize,
        /// The seed of the generated scripts.
        seed: u64,
    },
    /// The first script is done, and the subject is measured by it.
    Measured {
        /// The time from the subject's start to its first answer, if it gave one.
        first_answer: Option<Duration>,
        /// The time limit that follows.
        limit: Duration,
    },
    /// A script or case was run.
    ScriptDone {
        /// The name of the script or case.
        name: &'a str,
        /// The number of scripts done so far.
        done: usize,
        /// The number of scripts in all.
        total: usize,
        /// The number of violations in the script.
        violations: usize,
    },
    /// The suite looks for a smaller script that still shows a violation.
    Shrinking {
        /// The requirement that is broken.
        requirement: RequirementId,
        /// The number of steps of the smallest script so far.
        steps: usize,
        /// The number of runs so far.
        runs: u32,
    },
    /// A symptom was found to break a requirement, or was recognised as an expected failure of it.
    Attributed {
        /// The requirement that is broken.
        requirement: RequirementId,
        /// How the violation looks.
        symptom: &'a Symptom,
    },
    /// The run is over, and has a result.
    Finished(&'a Report),
    /// The run has no result: an error ended it before anything was judged.
    Failed(&'a Report),
}

/// Shows the events of a run.
pub trait Reporter {
    /// Takes the next event.
    fn event(&mut self, event: &SuiteEvent<'_>);
}

/// A reporter that shows nothing.
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

impl<R: Reporter + ?Sized> Reporter for &mut R {
    fn event(&mut self, event: &SuiteEvent<'_>) {
        (**self).event(event);
    }
}
