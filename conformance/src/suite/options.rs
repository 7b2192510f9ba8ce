//! The options of a run against a worker.

use std::time::Duration;

use crate::report::KnownFailure;
use crate::selection::Selection;

/// How to run the suite.
#[derive(Debug, Clone)]
pub struct Options {
    /// The number of generated scripts to run.
    pub cases: u32,
    /// The seed of the generated scripts.
    pub seed: u64,
    /// Time for the generated scripts, and again for shrinking what was found.
    pub budget: Duration,
    /// How long the first answer may take, start included.
    pub start_limit: Duration,
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
            start_limit: Duration::from_secs(15),
            selection: Selection::default(),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            repetitions: 5,
            known: Vec::new(),
        }
    }
}
