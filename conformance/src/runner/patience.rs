//! How long to wait: measured on this subject, and paid once.

use std::sync::Mutex;
use std::time::Duration;

use crate::history::WaitedFor;

/// How many times the slowest first answer a limit is.
const FACTOR: u32 = 20;
/// No limit is shorter.
const FLOOR: Duration = Duration::from_secs(2);
/// No limit is longer.
const CEILING: Duration = Duration::from_secs(30);
/// How many times the slowest first answer a limit is, once one of its kind has passed.
const SHORT_FACTOR: u32 = 8;
/// No limit is shorter even then.
const SHORT_FLOOR: Duration = Duration::from_millis(250);

/// The time limits of a run.
///
/// The limit of a step is a multiple of what this subject needed for its first answers. A hang costs
/// that limit once for each kind of waiting; after that a shorter multiple is enough to see it again.
#[derive(Debug)]
pub struct Patience {
    start: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slowest: Option<Duration>,
    hung: Vec<WaitedFor>,
    full: u32,
    short: u32,
}

impl Patience {
    /// Limits for a subject of which nothing is known yet: `start` for everything.
    pub fn new(start: Duration) -> Self {
        Self { start, state: Mutex::default() }
    }

    /// Takes note of the time to a first answer, start included.
    pub fn measured(&self, slowest: Duration) {
        let mut state = self.lock();
        state.slowest = Some(state.slowest.map_or(slowest, |before| before.max(slowest)));
    }

    /// The limit for the next wait.
    pub fn limit(&self, what: WaitedFor) -> Duration {
        let state = self.lock();
        let Some(slowest) = state.slowest else {
            // Something hung before anything was measured.
            return if state.hung.is_empty() { self.start } else { FLOOR.min(self.start) };
        };
        if state.hung.contains(&what) {
            (slowest * SHORT_FACTOR).clamp(SHORT_FLOOR, CEILING)
        } else {
            (slowest * FACTOR).clamp(FLOOR, CEILING)
        }
    }

    /// A limit has passed.
    pub fn hung(&self, what: WaitedFor) {
        let mut state = self.lock();
        if state.hung.contains(&what) {
            state.short += 1;
        } else {
            state.hung.push(what);
            state.full += 1;
        }
    }

    /// How often a full limit passed, and how often a shorter one.
    pub fn hangs(&self) -> (u32, u32) {
        let state = self.lock();
        (state.full, state.short)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is whole after every change, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_follows_the_subject_and_is_paid_once() {
        let patience = Patience::new(Duration::from_secs(10));
        assert_eq!(patience.limit(WaitedFor::Response), Duration::from_secs(10));
        patience.measured(Duration::from_millis(300));
        patience.measured(Duration::from_millis(20));
        assert_eq!(patience.limit(WaitedFor::Response), Duration::from_secs(6));
        patience.hung(WaitedFor::Response);
        assert_eq!(patience.limit(WaitedFor::Response), Duration::from_millis(2400));
        assert_eq!(patience.limit(WaitedFor::Exit), Duration::from_secs(6));
        patience.hung(WaitedFor::Response);
        assert_eq!(patience.hangs(), (1, 1));
    }
}
