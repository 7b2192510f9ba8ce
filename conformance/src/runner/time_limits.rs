//! How long a run waits: limits measured on this subject, each paid in full once.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

/// A full limit is this many times the slowest answer.
const FACTOR: u32 = 20;
/// A full limit is never shorter.
const FLOOR: Duration = Duration::from_secs(2);
/// No limit is longer.
const CEILING: Duration = Duration::from_secs(30);
/// Once a limit of its kind has passed, a limit is this many times the time of the start and of the slowest later answer.
const SHORT_START: u32 = 3;
const SHORT_LATER: u32 = 8;
/// A shortened limit is never shorter than this. The end of a process takes longer than an answer.
const SHORT_FLOOR: Duration = Duration::from_millis(250);
const SHORT_END: Duration = Duration::from_millis(500);
/// The limit once one of its kind has passed and nothing was ever answered, so that nothing is measured.
const SHORT_UNMEASURED: Duration = Duration::from_millis(500);
/// After this many waits in vain for an end that never once came, the subject only gets [`GLANCE`] for it. The second one is there so
/// that a single hang that is a race does not shorten the limit of the ends that do come.
const NEVER: usize = 2;
/// The limit for an end that never comes.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a process that the subject started may outlive it, to end by itself; and the same once one did not.
const GRACE: (Duration, Duration) = (Duration::from_millis(400), Duration::from_millis(100));
/// The time that slow work may take as long as it was not measured.
const SLOW: Duration = Duration::from_secs(20);
/// This many full limits may be waited in vain in all.
const VAIN: u32 = 5;
/// From this many runs on that waited for an answer in vain, the subject is given up if most of its runs are like that.
const HUNG_RUNS: u32 = 6;
/// That nothing comes is watched for this many typical answers, and for this long at most.
const QUIET: u32 = 4;
const QUIET_CEILING: Duration = Duration::from_secs(2);
/// A shorter pause only keeps two messages apart.
const PAUSE: Duration = Duration::from_millis(20);
/// A piece of a split write may wait at least and at most this long to be read.
const PIECE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The kinds of waiting. That one of them was in vain says nothing about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// What a process had been given when it was waited for. A process that hangs at the end of its stdin while a request is open may well
/// end where none is, and a one-shot process always ends there: what one of them does says nothing about the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Served {
    /// The process does the work of its command line and ends.
    pub one_shot: bool,
    /// It has answered a request, so it is not starting any more.
    pub answered: bool,
    /// It has requests that are not answered.
    pub open: bool,
    /// It was sent a cancel.
    pub cancel: bool,
    /// It was sent bytes as they stand in the script, which are malformed as a rule.
    pub raw: bool,
}

impl Served {
    /// Whether both are the same but for what was sent beside ordinary requests.
    fn is_like(self, other: Self) -> bool {
        let ordinary = |served: Self| Self { cancel: false, raw: false, ..served };
        ordinary(self) == ordinary(other)
    }
}

/// The time limits of a run.
///
/// The limit of a step is a multiple of the time that this subject needed for its first answers. A hang costs that limit once for each
/// kind of waiting; after that a shorter multiple is enough to see it again. An end that never comes after the same was served
/// is not waited for any more.
#[derive(Debug)]
pub struct TimeLimits(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The limit of everything as long as nothing is known.
    start: Duration,
    /// From the start to the first answer.
    first: Option<Duration>,
    /// The slowest of the later answers.
    later: Duration,
    /// How many later answers there were, and how long they took in all.
    answers: u32,
    answering: Duration,
    /// The longest that slow work took by itself.
    slow: Option<Duration>,
    /// Waits in vain, with what had been served before each.
    hung: Vec<(Wait, Served)>,
    /// Ends that came.
    came: HashSet<(Wait, Served)>,
    left_behind: bool,
    /// How many of the waits in vain lasted a full limit.
    full: u32,
    /// All time that was waited in vain.
    vain: Duration,
    /// Runs that ended with and without a wait in vain.
    hung_runs: u32,
    other_runs: u32,
}

impl TimeLimits {
    /// Limits for a subject of which nothing is known yet: `start` for everything.
    pub fn new(start: Duration) -> Self {
        Self(Mutex::new(State { start, ..State::default() }))
    }

    /// Takes note of the time to a first answer, start included, and of the slowest later one.
    pub fn measured(&self, first: Duration, later: Duration) {
        let mut state = self.lock();
        state.first = state.first.max(Some(first));
        state.later = state.later.max(later);
    }

    /// The limit for the next wait of a process that has served this.
    pub fn limit(&self, what: Wait, served: Served) -> Duration {
        let state = self.lock();
        let Some(first) = state.first else {
            // Something hung before anything was measured.
            return match state.hung.as_slice() {
                [] => state.start,
                _ if state.has_hung(what) => SHORT_UNMEASURED.min(state.start),
                _ => FLOOR.min(state.start),
            };
        };
        if !state.has_hung(what) {
            return state.full_limit();
        }
        if state.never_comes(what, served) {
            return GLANCE;
        }
        let starting = if served.answered { Duration::ZERO } else { first * SHORT_START };
        // A subject that takes long to start stalls for long, too: a JVM on a busy machine.
        let floor = if what.is_an_end() { SHORT_END } else { SHORT_FLOOR }.max(first * 2).min(CEILING);
        (starting + state.later * SHORT_LATER).clamp(floor, CEILING)
    }

    /// The limit of a wait as long as none of its kind was in vain.
    pub fn full(&self) -> Duration {
        self.lock().full_limit()
    }

    /// The limit for the end of a subject that has just hung: the hang has cost a full limit already.
    pub fn end_of_hung(&self, what: Wait, served: Served) -> Duration {
        let state = self.lock();
        if state.never_comes(what, served) {
            return GLANCE;
        }
        let first = state.first.unwrap_or(FLOOR);
        (first * SHORT_START + state.later * SHORT_LATER).clamp(SHORT_END, CEILING).min(state.start)
    }

    /// The first request of all was answered: from here on there is a measure.
    pub fn first_seen(&self, first: Duration) {
        self.lock().first.get_or_insert(first);
    }

    /// Ordinary work was answered after this time: every answer is a measurement. `served`: the process had answered before. The time of
    /// its first answer has the start in it.
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

    /// The same measurements with no wait in vain behind them: limits in full.
    pub fn anew(&self) -> Self {
        let state = self.lock();
        let State { start, first, later, slow, answers, answering, .. } = *state;
        Self(Mutex::new(State { start, first, later, slow, answers, answering, ..State::default() }))
    }

    /// Takes note of how long slow work takes.
    pub fn slow_measured(&self, took: Duration) {
        let mut state = self.lock();
        state.slow = state.slow.max(Some(took));
    }

    /// One and a half times as long as slow work takes: slow work that began before this pause is over after it.
    pub fn slow_work(&self) -> Duration {
        self.lock().slow.map_or(FLOOR, |slow| slow * 3 / 2).min(CEILING)
    }

    /// How long it is watched that nothing comes: long enough for this subject to answer a message that it has to leave alone.
    pub fn quiet(&self, time: Duration) -> Duration {
        let state = self.lock();
        if time < PAUSE || state.answers == 0 {
            return time;
        }
        time.max((state.answering / state.answers * QUIET).min(QUIET_CEILING))
    }

    /// The time that slow work may take beyond the limit for other work.
    pub fn slow(&self) -> Duration {
        let state = self.lock();
        // A subject that leaves other requests unanswered is not waited for that long.
        let unknown = if state.hung.iter().any(|(hung, _)| *hung == Wait::Response) { FLOOR } else { SLOW };
        state.slow.map_or(unknown, |slow| slow * 2)
    }

    /// How long a piece of a split write waits to be read before the next one follows all the same.
    pub fn piece(&self) -> Duration {
        let state = self.lock();
        state.first.map_or(PIECE.1, |first| (first * 2).clamp(PIECE.0, PIECE.1))
    }

    /// How long a process that outlives the subject may take to end by itself.
    pub fn grace(&self) -> Duration {
        if self.lock().left_behind { GRACE.1 } else { GRACE.0 }
    }

    /// Something outlived the subject.
    pub fn left_behind(&self) {
        self.lock().left_behind = true;
    }

    /// A limit has passed for a process that has served this.
    pub fn hung(&self, what: Wait, served: Served, limit: Duration) {
        let mut state = self.lock();
        if !state.never_comes(what, served) {
            state.vain += limit;
        }
        state.full += u32::from(!state.has_hung(what));
        state.hung.push((what, served));
    }

    /// A subject that has served this ended as it was to.
    pub fn came(&self, what: Wait, served: Served) {
        self.lock().came.insert((what, served));
    }

    /// A run has ended; `hung`: it waited for an answer in vain.
    pub fn run_ended(&self, hung: bool) {
        let mut state = self.lock();
        state.hung_runs += u32::from(hung);
        state.other_runs += u32::from(!hung);
    }

    /// More was waited in vain than a verdict is worth, or most runs end so: further scripts would only wait more.
    pub fn exhausted(&self) -> bool {
        let state = self.lock();
        state.mostly_hangs() || state.vain > state.full_limit() * VAIN
    }

    /// The violations that were found are investigated with an allowance of their own, unless the one before is used up.
    pub fn another_allowance(&self) {
        if !self.exhausted() {
            self.lock().vain = Duration::ZERO;
        }
    }

    /// Most runs waited for an answer in vain.
    pub fn mostly_hangs(&self) -> bool {
        self.lock().mostly_hangs()
    }

    /// How often a full limit passed, and how often a shorter one.
    pub fn hangs(&self) -> (u32, u32) {
        let state = self.lock();
        (state.full, state.hung.len() as u32 - state.full)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is whole after every change, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    /// Something of this kind was waited for in vain, whatever had been served. A subject that does not end in one way seldom ends in
    /// the other, so a full limit is paid once for both.
    fn has_hung(&self, what: Wait) -> bool {
        let alike = |hung: Wait| [Wait::Eof, Wait::Unasked].contains(&hung);
        self.hung.iter().any(|(hung, _)| *hung == what || (alike(what) && alike(*hung)))
    }

    /// The end of a process that has served this was waited for often enough, and never came.
    fn never_comes(&self, what: Wait, served: Served) -> bool {
        if !what.is_an_end() {
            return false;
        }
        let is_alike = |(other, before): &&(Wait, Served)| *other == what && before.is_like(served);
        if self.came.iter().any(|came| is_alike(&came)) {
            // Some of these ends come. Which do not may be a matter of what else was sent.
            let this = (what, served);
            return !self.came.contains(&this)
                && self.hung.iter().filter(|hung| **hung == this).count() >= NEVER;
        }
        self.hung.iter().filter(is_alike).count() >= NEVER
    }

    fn mostly_hangs(&self) -> bool {
        self.hung_runs >= HUNG_RUNS && self.hung_runs > self.other_runs
    }

    fn full_limit(&self) -> Duration {
        self.first.map_or(self.start, |first| (first.max(self.later) * FACTOR).clamp(FLOOR, CEILING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTING: Served =
        Served { one_shot: false, answered: false, open: false, cancel: false, raw: false };
    const IDLE: Served = Served { answered: true, ..STARTING };

    fn ms(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    /// Limits of 10 seconds for a subject with these first and later answers.
    fn measured(first: u64, later: u64) -> TimeLimits {
        let limits = TimeLimits::new(ms(10_000));
        limits.measured(ms(first), ms(later));
        limits
    }

    #[test]
    fn a_limit_follows_the_subject_and_is_paid_once() {
        assert_eq!(TimeLimits::new(ms(10_000)).limit(Wait::Response, STARTING), ms(10_000));
        let limits = measured(300, 10);
        limits.measured(ms(20), ms(50));
        assert_eq!(limits.limit(Wait::Response, IDLE), ms(6_000));
        limits.hung(Wait::Response, IDLE, ms(6_000));
        assert!(!limits.exhausted());
        for (what, served, limit) in
            [(Wait::Response, IDLE, 600), (Wait::Response, STARTING, 1_300), (Wait::Eof, IDLE, 6_000)]
        {
            assert_eq!(limits.limit(what, served), ms(limit), "{what:?} {served:?}");
        }
        limits.hung(Wait::Response, IDLE, ms(400));
        assert_eq!(limits.hangs(), (1, 1));
        assert_eq!(limits.end_of_hung(Wait::Eof, IDLE), ms(1_300));
        limits.hung(Wait::Eof, IDLE, ms(23_000));
        limits.another_allowance();
        limits.hung(Wait::Eof, IDLE, ms(20_000));
        assert!(!limits.exhausted());
        limits.hung(Wait::Term, IDLE, ms(20_000));
        assert!(limits.exhausted());
        limits.another_allowance();
        assert!(limits.exhausted());
    }

    #[test]
    fn what_must_not_come_is_watched_for_as_long_as_this_subject_takes() {
        assert_eq!(TimeLimits::new(ms(10_000)).quiet(ms(40)), ms(40));
        let limits = measured(900, 100);
        limits.answered(ms(100), true);
        limits.answered(ms(300), true);
        assert_eq!([40, 5].map(|time| limits.quiet(ms(time))), [ms(800), ms(5)]);
        limits.answered(ms(60_000), true);
        assert_eq!(limits.quiet(ms(40)), QUIET_CEILING);
    }

    #[test]
    fn an_end_that_never_comes_is_not_waited_for_again_and_again() {
        let limits = measured(1_000, 500);
        for _ in 0..NEVER {
            assert!(limits.limit(Wait::Eof, IDLE) >= ms(4_000));
            limits.hung(Wait::Eof, IDLE, ms(4_000));
        }
        for _ in 0..1_000 {
            assert_eq!(limits.limit(Wait::Eof, IDLE), GLANCE);
            limits.hung(Wait::Eof, IDLE, GLANCE);
        }
        assert!(!limits.exhausted());
        limits.came(Wait::Eof, IDLE);
        assert!(limits.limit(Wait::Eof, IDLE) >= ms(4_000));
    }

    #[test]
    fn an_end_that_came_after_something_else_was_served_says_nothing() {
        let limits = measured(1_000, 500);
        let one_shot = Served { one_shot: true, ..STARTING };
        limits.came(Wait::Eof, one_shot);
        for _ in 0..NEVER {
            limits.hung(Wait::Eof, IDLE, ms(4_000));
        }
        assert_eq!([limits.limit(Wait::Eof, IDLE), limits.end_of_hung(Wait::Eof, IDLE)], [GLANCE; 2]);
        for served in [Served { open: true, ..IDLE }, one_shot] {
            assert!(limits.limit(Wait::Eof, served) >= ms(4_000), "{served:?}");
        }
        // That nothing ends is seen in a few runs, whatever else they send; where some do end, a cancel may be the cause.
        let cancelled = Served { cancel: true, ..IDLE };
        assert_eq!(limits.limit(Wait::Eof, cancelled), GLANCE);
        limits.came(Wait::Eof, cancelled);
        assert!(limits.limit(Wait::Eof, cancelled) >= ms(4_000));
        assert_eq!(limits.limit(Wait::Eof, IDLE), GLANCE);
    }

    #[test]
    fn a_subject_that_hangs_in_most_runs_is_given_up() {
        let limits = TimeLimits::new(ms(10_000));
        for _ in 0..HUNG_RUNS - 1 {
            limits.run_ended(true);
            limits.run_ended(false);
        }
        limits.run_ended(true);
        assert!(limits.exhausted());
        limits.run_ended(false);
        assert!(!limits.exhausted());
    }

    #[test]
    fn a_subject_that_never_answers_or_takes_longest_to_start_has_limits_all_the_same() {
        let limits = TimeLimits::new(ms(10_000));
        limits.hung(Wait::Response, STARTING, ms(400));
        assert_eq!(
            [Wait::Response, Wait::Eof].map(|what| limits.limit(what, STARTING)),
            [ms(500), ms(2_000)]
        );
        limits.hung(Wait::Eof, IDLE, ms(400));
        assert_eq!(limits.limit(Wait::Eof, STARTING), ms(500));
        let limits = measured(40_000, 0);
        limits.hung(Wait::Response, STARTING, CEILING);
        assert_eq!(limits.limit(Wait::Response, IDLE), CEILING);
    }

    #[test]
    fn what_is_left_behind_is_waited_for_once() {
        let limits = TimeLimits::new(Duration::ZERO);
        let first = limits.grace();
        limits.left_behind();
        assert!(limits.grace() < first);
    }
}
