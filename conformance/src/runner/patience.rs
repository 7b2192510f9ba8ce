//! How long to wait: measured on this subject, and paid once.

use std::sync::Mutex;
use std::time::Duration;

/// How many times the slowest first answer a limit is.
const FACTOR: u32 = 20;
/// No limit is shorter.
const FLOOR: Duration = Duration::from_secs(2);
/// No limit is longer.
const CEILING: Duration = Duration::from_secs(30);
/// Once a limit of its kind has passed: how many times the start and the slowest later answer it is.
const SHORT_START: u32 = 3;
const SHORT_LATER: u32 = 8;
/// No limit is shorter even then; the end of a process takes more than an answer.
const SHORT_FLOOR: Duration = Duration::from_millis(250);
const SHORT_END: Duration = Duration::from_millis(500);
/// The limit once one of its kind has passed and nothing was ever answered, so that nothing is measured.
const SHORT_UNMEASURED: Duration = Duration::from_millis(500);
/// Waits in vain for an end that never once came, after which it is looked at only whether it does not come.
const NEVER: usize = 3;
/// How long that is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long what a subject started may live on behind it, to end by itself; and once something did not.
const GRACE: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(100));
/// How long slow work may take as long as it was not measured.
const SLOW: Duration = Duration::from_secs(20);
/// How many full limits may be waited in vain in all.
const VAIN: u32 = 5;
/// Runs in which something did not come, after which it is asked whether most runs are like that.
const HUNG_RUNS: u32 = 6;
/// How many typical answers long it is watched that nothing comes, and for how long at most.
const QUIET: u32 = 4;
const QUIET_CEILING: Duration = Duration::from_secs(2);
/// A shorter pause is there to keep two messages apart.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a piece of a split write may wait to be read, at least and at most.
const PIECE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Kinds of waiting: that one of them was in vain says nothing about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// For an answer.
    Response,
    /// For the subject to read what was written.
    Drain,
    /// For the subject's end at the end of its stdin.
    Eof,
    /// For its end while its stdin is open: on malformed bytes, or behind the end of its stdout.
    Unasked,
    /// For its end on SIGTERM.
    Term,
}

impl Wait {
    fn is_an_end(self) -> bool {
        matches!(self, Self::Eof | Self::Unasked | Self::Term)
    }
}

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
    /// From the start to the first answer.
    first: Option<Duration>,
    /// The slowest of the later answers.
    later: Duration,
    /// How many later answers there were, and how long they took in all.
    answers: u32,
    answering: Duration,
    /// The longest that slow work took by itself.
    slow: Option<Duration>,
    hung: Vec<Wait>,
    /// Ends that came.
    came: Vec<Wait>,
    left_behind: bool,
    full: u32,
    short: u32,
    /// All time that was waited in vain.
    vain: Duration,
    /// Runs that ended with and without a wait in vain.
    hung_runs: u32,
    other_runs: u32,
}

impl Patience {
    /// Limits for a subject of which nothing is known yet: `start` for everything.
    pub fn new(start: Duration) -> Self {
        Self { start, state: Mutex::default() }
    }

    /// Takes note of the time to a first answer, start included, and of the slowest later one.
    pub fn measured(&self, first: Duration, later: Duration) {
        let mut state = self.lock();
        state.first = Some(state.first.map_or(first, |before| before.max(first)));
        state.later = state.later.max(later);
    }

    /// The limit for the next wait. `served`: this process has answered before, so it is not starting.
    pub fn limit(&self, what: Wait, served: bool) -> Duration {
        let state = self.lock();
        let Some(first) = state.first else {
            // Something hung before anything was measured.
            return match state.hung.as_slice() {
                [] => self.start,
                _ if state.has_hung(what) => SHORT_UNMEASURED.min(self.start),
                _ => FLOOR.min(self.start),
            };
        };
        if !state.has_hung(what) {
            return state.full_limit(self.start);
        }
        if state.never_comes(what) {
            return LOOK;
        }
        let starting = if served { Duration::ZERO } else { first * SHORT_START };
        // What takes long to start stalls long, too: a JVM on a busy machine.
        let floor = if what.is_an_end() { SHORT_END } else { SHORT_FLOOR }.max(first * 2);
        (starting + state.later * SHORT_LATER).clamp(floor, CEILING)
    }

    /// The limit of a wait as long as none of its kind was in vain.
    pub fn full(&self) -> Duration {
        self.lock().full_limit(self.start)
    }

    /// The limit for the end of a subject that has just hung: that has cost a full limit already.
    pub fn end_of_hung(&self) -> Duration {
        let state = self.lock();
        let first = state.first.unwrap_or(FLOOR);
        (first * SHORT_START + state.later * SHORT_LATER).clamp(SHORT_END, CEILING).min(self.start)
    }

    /// The first request of all was answered: from here on there is a measure.
    pub fn first_seen(&self, first: Duration) {
        let mut state = self.lock();
        state.first.get_or_insert(first);
    }

    /// Ordinary work was answered after this time: every answer is a measurement. `served`: it was not the first of
    /// its process, whose time has the start in it.
    pub fn answered(&self, took: Duration, served: bool) {
        let mut state = self.lock();
        if let Some(first) = state.first {
            if served {
                state.later = state.later.max(took);
                state.answers = state.answers.saturating_add(1);
                state.answering += took;
            } else {
                state.first = Some(first.max(took));
            }
        }
    }

    /// The same patience with no wait in vain behind it: limits in full.
    pub fn anew(&self) -> Self {
        let state = self.lock();
        let State { first, later, slow, answers, answering, .. } = *state;
        let fresh = State { first, later, slow, answers, answering, ..State::default() };
        Self { start: self.start, state: Mutex::new(fresh) }
    }

    /// Takes note of how long slow work takes.
    pub fn slow_measured(&self, took: Duration) {
        let mut state = self.lock();
        state.slow = Some(state.slow.map_or(took, |before| before.max(took)));
    }

    /// As long as slow work takes, and half as long again: what was started before it is over then.
    pub fn slow_work(&self) -> Duration {
        self.lock().slow.map_or(FLOOR, |slow| slow * 3 / 2).min(CEILING)
    }

    /// How long it is watched that nothing comes: long enough for this subject to answer what it has to leave alone.
    pub fn quiet(&self, time: Duration) -> Duration {
        let state = self.lock();
        if time < PAUSE || state.answers == 0 {
            return time;
        }
        time.max((state.answering / state.answers * QUIET).min(QUIET_CEILING))
    }

    /// What slow work may take beyond the limit for other work.
    pub fn slow(&self) -> Duration {
        let state = self.lock();
        // A subject that leaves other requests unanswered is not waited for that long.
        let unknown = if state.hung.contains(&Wait::Response) { FLOOR } else { SLOW };
        state.slow.map_or(unknown, |slow| slow * 2)
    }

    /// How long a piece of a split write waits to be read before the next one follows all the same.
    pub fn piece(&self) -> Duration {
        let state = self.lock();
        state.first.map_or(PIECE.1, |first| (first * 2).clamp(PIECE.0, PIECE.1))
    }

    /// How long what outlives the subject may take to end by itself.
    pub fn grace(&self) -> Duration {
        if self.lock().left_behind { GRACE.1 } else { GRACE.0 }
    }

    /// Something outlived the subject.
    pub fn left_behind(&self) {
        self.lock().left_behind = true;
    }

    /// A limit has passed.
    pub fn hung(&self, what: Wait, limit: Duration) {
        let mut state = self.lock();
        if !state.never_comes(what) {
            state.vain += limit;
        }
        if state.has_hung(what) {
            state.short += 1;
        } else {
            state.full += 1;
        }
        state.hung.push(what);
    }

    /// The subject ended when it was to.
    pub fn came(&self, what: Wait) {
        let mut state = self.lock();
        if !state.came.contains(&what) {
            state.came.push(what);
        }
    }

    /// A run has ended; `hung`: it waited for an answer in vain.
    pub fn run_ended(&self, hung: bool) {
        let mut state = self.lock();
        if hung {
            state.hung_runs += 1;
        } else {
            state.other_runs += 1;
        }
    }

    /// More was waited in vain than a verdict is worth, or most runs end so: further scripts would only wait more.
    pub fn exhausted(&self) -> bool {
        let state = self.lock();
        if state.mostly_hangs() {
            return true;
        }
        state.vain > state.full_limit(self.start) * VAIN
    }

    /// What was found is looked into with an allowance of its own, unless the one before is used up.
    pub fn another_allowance(&self) {
        if !self.exhausted() {
            self.lock().vain = Duration::ZERO;
        }
    }

    /// Most runs waited for something in vain.
    pub fn mostly_hangs(&self) -> bool {
        self.lock().mostly_hangs()
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

impl State {
    /// Something of this kind was waited for in vain. What does not end in one way seldom ends in the other, so a full
    /// limit is paid once for both.
    fn has_hung(&self, what: Wait) -> bool {
        let alike = |hung: &Wait| [Wait::Eof, Wait::Unasked].contains(hung);
        self.hung.contains(&what) || (alike(&what) && self.hung.iter().any(alike))
    }

    /// The end of the subject was waited for often enough, and never came.
    fn never_comes(&self, what: Wait) -> bool {
        what.is_an_end()
            && !self.came.contains(&what)
            && self.hung.iter().filter(|hung| **hung == what).count() >= NEVER
    }

    fn mostly_hangs(&self) -> bool {
        self.hung_runs >= HUNG_RUNS && self.hung_runs > self.other_runs
    }

    fn full_limit(&self, start: Duration) -> Duration {
        self.first.map_or(start, |first| (first.max(self.later) * FACTOR).clamp(FLOOR, CEILING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_follows_the_subject_and_is_paid_once() {
        let ms = Duration::from_millis;
        let patience = Patience::new(ms(10_000));
        assert_eq!(patience.limit(Wait::Response, false), ms(10_000));
        patience.measured(ms(300), ms(10));
        patience.measured(ms(20), ms(50));
        assert_eq!(patience.limit(Wait::Response, true), ms(6_000));
        patience.hung(Wait::Response, ms(6_000));
        assert!(!patience.exhausted());
        assert_eq!(patience.limit(Wait::Response, true), ms(600));
        assert_eq!(patience.limit(Wait::Response, false), ms(1_300));
        assert_eq!(patience.limit(Wait::Eof, true), ms(6_000));
        patience.hung(Wait::Response, ms(400));
        assert_eq!(patience.hangs(), (1, 1));
        assert_eq!(patience.end_of_hung(), ms(1_300));
        patience.hung(Wait::Eof, ms(23_000));
        patience.another_allowance();
        patience.hung(Wait::Eof, ms(20_000));
        assert!(!patience.exhausted());
        patience.hung(Wait::Term, ms(20_000));
        assert!(patience.exhausted());
        patience.another_allowance();
        assert!(patience.exhausted());
    }

    #[test]
    fn what_must_not_come_is_watched_for_as_long_as_this_subject_takes() {
        let ms = Duration::from_millis;
        let patience = Patience::new(ms(10_000));
        assert_eq!(patience.quiet(ms(40)), ms(40));
        patience.measured(ms(900), ms(100));
        patience.answered(ms(100), true);
        patience.answered(ms(300), true);
        assert_eq!(patience.quiet(ms(40)), ms(800));
        assert_eq!(patience.quiet(ms(5)), ms(5));
        patience.answered(ms(60_000), true);
        assert_eq!(patience.quiet(ms(40)), QUIET_CEILING);
    }

    #[test]
    fn an_end_that_never_comes_is_not_waited_for_again_and_again() {
        let ms = Duration::from_millis;
        let patience = Patience::new(ms(10_000));
        patience.measured(ms(1_000), ms(500));
        for _ in 0..NEVER {
            assert!(patience.limit(Wait::Eof, true) >= ms(4_000));
            patience.hung(Wait::Eof, ms(4_000));
        }
        for _ in 0..1_000 {
            assert_eq!(patience.limit(Wait::Eof, true), LOOK);
            patience.hung(Wait::Eof, LOOK);
        }
        assert!(!patience.exhausted());
        patience.came(Wait::Eof);
        assert!(patience.limit(Wait::Eof, true) >= ms(4_000));
    }

    #[test]
    fn a_subject_that_hangs_in_most_runs_is_given_up() {
        let patience = Patience::new(Duration::from_secs(10));
        for _ in 0..HUNG_RUNS - 1 {
            patience.run_ended(true);
            patience.run_ended(false);
        }
        patience.run_ended(true);
        assert!(patience.exhausted());
        patience.run_ended(false);
        assert!(!patience.exhausted());
    }

    #[test]
    fn a_subject_that_never_answers_is_waited_for_once() {
        let ms = Duration::from_millis;
        let patience = Patience::new(ms(10_000));
        patience.hung(Wait::Response, ms(400));
        assert_eq!(patience.limit(Wait::Response, false), ms(500));
        assert_eq!(patience.limit(Wait::Eof, false), ms(2_000));
        patience.hung(Wait::Eof, ms(400));
        assert_eq!(patience.limit(Wait::Eof, false), ms(500));
    }

    #[test]
    fn what_is_left_behind_is_waited_for_once() {
        let patience = Patience::new(Duration::ZERO);
        let first = patience.grace();
        patience.left_behind();
        assert!(patience.grace() < first);
    }
}
