//! How long a build of a client may take, and the run as a whole: measured on this client.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::case::Case;

/// Clients that run at once: most of a run is waiting.
pub(super) const AT_ONCE: usize = 3;
/// Time for all repetitions. What was not run again by then is known from one run.
pub(super) const REPETITIONS: Duration = Duration::from_secs(25);
/// The first build of a client may take so long: an old Bazel unpacks itself first.
const FIRST: Duration = Duration::from_secs(120);
/// The same for a later one, where none has come to an end yet.
const UNKNOWN: Duration = Duration::from_secs(60);
/// A build may take this many times as long as the slowest one that came to an end.
const FACTOR: u32 = 5;
/// A build may always take so long, unless the user says otherwise. That one build was quick says little about the next one.
const FLOOR: Duration = Duration::from_secs(20);
/// No build may take longer, unless the user says so.
const CEILING: Duration = Duration::from_secs(120);
/// From this many cases on that hung, the client is given up if most of its cases are like that; the same where no build ever came to an end.
const HUNG_CASES: u32 = 12;
const ALL_HUNG: u32 = 6;
/// The run takes at most this many times as long as that of a healthy client of the same speed.
const TIMES: u32 = 3;
/// A build is never taken to be quicker than this part of a limit.
const PART: u32 = 20;
/// No run takes longer, however slow the client is.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// The limits of a run.
#[derive(Debug)]
pub(super) struct BuildLimits {
    began: Instant,
    /// The limit of every build, where the user says it.
    given: Option<Duration>,
    /// How many builds all cases have.
    builds: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The slowest build that came to an end.
    slowest: Option<Duration>,
    hung: u32,
    other: u32,
}

impl BuildLimits {
    /// The limits of a run that begins now.
    pub(super) fn new(given: Option<Duration>, cases: &[&Case]) -> Self {
        let builds = cases.iter().map(|case| case.builds.len()).fold(0, usize::saturating_add);
        let builds = u32::try_from(builds).unwrap_or(u32::MAX);
        let given = given.map(|given| given.min(LONGEST));
        Self { began: Instant::now(), given, builds, state: Mutex::default() }
    }

    /// How long a build may take.
    pub(super) fn limit(&self) -> Duration {
        let derived = |slowest: Duration| slowest.saturating_mul(FACTOR).clamp(FLOOR, CEILING);
        self.given.unwrap_or_else(|| {
            let state = self.state();
            let unknown = if state.hung == 0 { FIRST } else { UNKNOWN };
            state.slowest.map_or(unknown, derived)
        })
    }

    /// The slowest build that came to an end.
    pub(super) fn slowest(&self) -> Option<Duration> {
        self.state().slowest
    }

    /// A case was run. `took`: its slowest build that came to an end.
    pub(super) fn ran(&self, took: Option<Duration>, hung: bool) {
        let mut state = self.state();
        state.slowest = state.slowest.max(took);
        state.hung = state.hung.saturating_add(u32::from(hung));
        state.other = state.other.saturating_add(u32::from(!hung));
    }

    /// Further cases would only take time: most of them hang, or the time for all of them is over.
    pub(super) fn exhausted(&self) -> bool {
        let mostly_hangs = {
            let state = self.state();
            let enough = if state.slowest.is_none() { ALL_HUNG } else { HUNG_CASES };
            state.hung >= enough && state.hung > state.other
        };
        mostly_hangs || self.began.elapsed() >= self.whole()
    }

    /// How long the run may take.
    fn whole(&self) -> Duration {
        let slowest = self.state().slowest.unwrap_or_default();
        let each = slowest.max(self.limit() / PART);
        let builds = each.saturating_mul(self.builds) / AT_ONCE as u32;
        let first = self.given.unwrap_or(FIRST);
        builds.saturating_add(first).saturating_add(REPETITIONS).saturating_mul(TIMES).min(LONGEST)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every change, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_follows_the_slowest_build() {
        let seconds = Duration::from_secs;
        let limits = BuildLimits::new(None, &[]);
        assert_eq!(limits.limit(), FIRST);
        for (took, limit) in [(1, 20), (10, 50), (2, 50), (4000, 120), (u64::MAX, 120)] {
            limits.ran(Some(seconds(took)), false);
            assert_eq!(limits.limit(), seconds(limit), "{took}");
        }
        assert_eq!(limits.whole(), 3 * (FIRST + REPETITIONS));
        let limits = BuildLimits::new(Some(seconds(3)), &[]);
        limits.ran(Some(seconds(10)), false);
        assert_eq!(limits.limit(), seconds(3));
    }

    #[test]
    fn a_client_that_hangs_in_most_cases_is_given_up() {
        let limits = BuildLimits::new(None, &[]);
        for _ in 0..ALL_HUNG {
            assert!(!limits.exhausted());
            limits.ran(None, true);
        }
        assert!(limits.exhausted());
        assert_eq!(limits.limit(), UNKNOWN);
        limits.ran(Some(Duration::ZERO), false);
        assert!(!limits.exhausted());
        (ALL_HUNG..HUNG_CASES).for_each(|_| limits.ran(None, true));
        assert!(limits.exhausted());
    }
}
