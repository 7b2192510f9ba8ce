//! The options of a run against a worker, its state, and the errors that end it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::oracle::Breach;
use crate::report::{CutShort, KnownFailure, Reporter, RunInfo};
use crate::runner::{RunError, Subject, TimeLimits};
use crate::selection::{NoMatch, Selection};
use pwp_spec::RequirementId;

use super::deadline::Deadline;
use super::shrink::Broken;
use super::tally::Tally;

/// How long the first answer may take where nobody says so.
pub const START_LIMIT: Duration = Duration::from_secs(15);

/// How to run the suite.
#[derive(Debug, Clone)]
pub struct Options {
    /// The number of generated scripts to run.
    pub cases: u32,
    /// The seed of the generated scripts.
    pub seed: u64,
    /// Time for the generated scripts, and again for shrinking what was found.
    pub budget: Duration,
    /// Time for the generated scripts as long as nothing that a claim needs was found broken: a slow subject can earn one too.
    pub budget_if_unbroken: Duration,
    /// How long the first answer may take, start included.
    pub start_limit: Duration,
    /// The full limit of everything else; without it, it follows from what is measured.
    pub limit: Option<Duration>,
    /// The scripts that are run, and the requirements that are judged.
    pub selection: Selection,
    /// The number of subjects that run at once.
    pub jobs: usize,
    /// How often the smallest script of a violation is repeated.
    pub repetitions: u32,
    /// Expected failures that are recognised and not investigated.
    pub known: Vec<KnownFailure>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cases: 50,
            seed: 1,
            budget: Duration::from_secs(10),
            // Fifty scripts against `pwp worker wrap -- gcc` take 125 s on two cores: `pwp check worker --workload gcc.toml`.
            budget_if_unbroken: Duration::from_secs(180),
            start_limit: START_LIMIT,
            limit: None,
            selection: Selection::default(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            repetitions: 5,
            known: Vec::new(),
        }
    }
}

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
    pub(super) deadline: Deadline,
    pub(super) tally: Tally,
    /// The digest of the bytes that each script sent, by its position.
    pub(super) sent: BTreeMap<usize, String>,
    pub(super) broken: BTreeMap<RequirementId, Broken>,
    pub(super) info: RunInfo,
    /// The number of scripts that the run is about.
    pub(super) total: usize,
    /// The time from the start of the subject to its first answer, if it gave one.
    pub(super) first_answer: Option<Duration>,
    /// The run looks for smaller scripts; one that replays a script does not.
    pub(super) shrinks: bool,
    /// Why the run is partial, as far as it is known by now.
    pub(super) cut: BTreeSet<CutShort>,
    /// The error that ended the run.
    pub(super) problem: Option<String>,
    /// Of each group of violations that was investigated, the first one.
    pub(super) investigated: Vec<Breach>,
    /// Requirements of which a violation was seen and could not be confirmed any more.
    pub(super) unconfirmed: BTreeSet<RequirementId>,
    /// Why scripts that exercise a requirement could not be tried.
    pub(super) not_tried: BTreeMap<RequirementId, String>,
    /// The subject answered nothing, so nothing else was tried.
    pub(super) blocked: bool,
    /// The subject was waited for so long that the other scripts were left out.
    pub(super) exhausted: bool,
    /// Processes that lived when all runs were over, and of which nobody knows whose they are.
    pub(super) strays: Vec<String>,
}

impl<'a> Check<'a> {
    /// A run that has not begun.
    pub(super) fn new(subject: &'a Subject, options: &'a Options, reporter: &'a mut dyn Reporter) -> Self {
        Self {
            subject: Cow::Borrowed(subject),
            options,
            reporter,
            limits: TimeLimits::new(options.start_limit, options.limit),
            deadline: Deadline::new(options, []),
            tally: Tally::default(),
            sent: BTreeMap::new(),
            broken: BTreeMap::new(),
            info: RunInfo::begin(),
            total: 0,
            first_answer: None,
            shrinks: true,
            cut: options.selection.is_partial().then_some(CutShort::Selection).into_iter().collect(),
            problem: None,
            investigated: Vec::new(),
            unconfirmed: BTreeSet::new(),
            not_tried: BTreeMap::new(),
            blocked: false,
            exhausted: false,
            strays: Vec::new(),
        }
    }
}
