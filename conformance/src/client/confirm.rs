//! Runs the cases again that have shown a violation: what comes at times is another bug than what comes always.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::oracle::{Breach, Finding};
use crate::report::Confirmed;

use super::adapter::ClientError;
use super::options::Options;
use super::run::{Judged, Runner};

/// Time for all of it. What was not run again by then is known from one run.
const BUDGET: Duration = Duration::from_secs(25);

/// What the further runs of cases have shown, by the names of the cases.
#[derive(Debug, Default)]
pub(super) struct Again(BTreeMap<String, Vec<Vec<Finding>>>);

impl Again {
    /// Runs them as often as the options say.
    ///
    /// A case in which a build hung is not repeated: it has used up a whole time limit, and would do so again. Nor is a case that
    /// shows nothing but expected failures.
    ///
    /// # Errors
    /// Where the suite fails.
    pub(super) fn of(
        runner: &Runner<'_>,
        judged: &[Judged<'_>],
        limit: Duration,
        options: &Options,
    ) -> Result<Self, ClientError> {
        let broken = |case: &&Judged<'_>| {
            !case.hung && case.violations().any(|breach| case.expected(breach, options).is_none())
        };
        let cases: Vec<_> = judged.iter().filter(broken).map(|judged| judged.case).collect();
        let until = Instant::now() + BUDGET;
        let mut again = Self::default();
        for _ in 0..options.repetitions {
            runner.all(runner.lanes(&cases), limit, Some(until), |judged| {
                again.0.entry(judged.case.name.clone()).or_default().push(judged.findings);
            })?;
        }
        Ok(again)
    }

    /// In how many runs of a case a violation of this kind, of the same requirement, has shown.
    pub(super) fn confirmed(&self, case: &str, breach: &Breach) -> Confirmed {
        // A kind such as an unexpected outcome can be about several requirements.
        let is_like = |finding: &Finding| {
            finding.breach().is_some_and(|other| other.violation.is_like(&breach.violation))
        };
        let shows = |findings: &&Vec<Finding>| findings.iter().any(is_like);
        let runs = self.0.get(case).map_or(&[][..], Vec::as_slice);
        let count = |runs: usize| u32::try_from(runs).unwrap_or(u32::MAX);
        Confirmed { shown: 1 + count(runs.iter().filter(shows).count()), of: 1 + count(runs.len()) }
    }
}
