//! How long a whole check may take, whatever the worker does.

use std::time::{Duration, Instant};

use crate::runner::TimeLimits;
use crate::script::{Await, Script, Step};

/// A check takes at most this many times as long as one of a healthy worker of the same speed.
const TIMES: u32 = 3;
/// A worker is never taken to be quicker than this part of a full limit: a machine may be busy.
const PART: u32 = 20;
/// No check takes longer, however slow the worker is.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// When a check has to be over. Each wait and each run has an end of its own; this one is for a worker that makes the most of all of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    began: Instant,
    /// How often something is waited for in the scripts whose number does not depend on the time that there is.
    waits: u32,
    jobs: u32,
    fixed: Duration,
}

impl Deadline {
    /// The deadline of a check that begins now and runs these scripts, `jobs` at once. `fixed`: the time that does not depend on the speed of the
    /// worker, for the first start and what has a budget.
    pub(super) fn new<'a>(
        fixed: Duration,
        jobs: usize,
        scripts: impl IntoIterator<Item = &'a Script>,
    ) -> Self {
        let waits = scripts.into_iter().map(waits).fold(0, u32::saturating_add);
        let jobs = u32::try_from(jobs.max(1)).unwrap_or(u32::MAX);
        Self { began: Instant::now(), waits, jobs, fixed }
    }

    /// How long the check may take by what is known of the worker.
    pub(super) fn limit(&self, limits: &TimeLimits) -> Duration {
        let each = limits.slowest().max(limits.full() / PART);
        let healthy = (each.saturating_mul(self.waits) / self.jobs).saturating_add(self.fixed);
        healthy.saturating_mul(TIMES).min(LONGEST)
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self, limits: &TimeLimits) -> bool {
        self.began.elapsed() >= self.limit(limits)
    }
}

/// How often a run of the script waits: for its end, and where it says so.
fn waits(script: &Script) -> u32 {
    let said = script.steps.iter().filter(|step| matches!(step, Step::Await(Await::Responses | Await::Exit)));
    u32::try_from(said.count()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::fixed as fixed_scripts;

    fn limit(fixed: Duration, limits: &TimeLimits) -> Duration {
        Deadline::new(fixed, 2, fixed_scripts()).limit(limits)
    }

    #[test]
    fn a_slow_worker_has_more_time_and_none_has_more_than_the_longest() {
        let fixed = Duration::from_secs(35);
        let limits = TimeLimits::new(Duration::from_secs(15), None);
        let quick = limit(fixed, &limits);
        limits.measured(Duration::from_millis(20), Duration::from_millis(2));
        assert_eq!(limit(fixed, &limits), quick);
        limits.measured(Duration::from_secs(2), Duration::from_secs(1));
        assert!(limit(fixed, &limits) > quick);
        limits.measured(Duration::from_secs(2), Duration::MAX);
        assert_eq!(limit(Duration::MAX, &limits), LONGEST);
    }

    #[test]
    fn short_limits_make_a_short_check() {
        let second = Duration::from_secs(1);
        let limits = TimeLimits::new(second, Some(second));
        assert!(limit(second * 3, &limits) < Duration::from_secs(90));
    }
}
