//! The state of a run against a worker, and the errors that end it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::report::Reporter;
use crate::runner::{RunError, Subject, TimeLimits};
use crate::selection::NoMatch;

use super::options::Options;
use super::tally::Tally;

/// The reason why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A run could not take place.
    #[error(transparent)]
    Run(#[from] RunError),
    /// `--only` or `--skip` names nothing.
    #[error(transparent)]
    Selection(#[from] NoMatch),
    /// The user ended the run.
    #[error("interrupted; nothing of the subject is left running")]
    Interrupted,
    /// The script does not fit the subject.
    #[error(
        "script {name} can't be run in dialect {dialect} with these features; it needs dialect {dialects} and features {features}: add --dialect or --feature"
    )]
    DoesNotFit {
        /// The name of the script.
        name: String,
        /// The dialect that was asked for.
        dialect: String,
        /// The dialects that it can be run in.
        dialects: String,
        /// The features that it needs.
        features: String,
    },
}

/// A run against a worker.
pub(super) struct Check<'a> {
    pub(super) subject: Cow<'a, Subject>,
    pub(super) options: &'a Options,
    pub(super) reporter: &'a mut dyn Reporter,
    pub(super) limits: TimeLimits,
    pub(super) tally: Tally,
    /// The digest of the bytes that each script sent, by its position.
    pub(super) sent: BTreeMap<usize, String>,
    /// The number of processes that were started.
    pub(super) processes: u32,
    /// The run looks for smaller scripts; one that replays a script does not.
    pub(super) shrinks: bool,
    /// Scripts or requirements were left out by a filter.
    pub(super) partial: bool,
    /// The subject answered nothing.
    pub(super) blocked: bool,
}

impl<'a> Check<'a> {
    /// A run that has not begun.
    pub(super) fn new(subject: &'a Subject, options: &'a Options, reporter: &'a mut dyn Reporter) -> Self {
        Self {
            subject: Cow::Borrowed(subject),
            options,
            reporter,
            limits: TimeLimits::new(options.start_limit),
            tally: Tally::default(),
            sent: BTreeMap::new(),
            processes: 0,
            shrinks: true,
            partial: options.selection.is_partial(),
            blocked: false,
        }
    }
}
