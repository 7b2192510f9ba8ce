//! How long a run waits: limits measured on this subject, each paid in full once.
//!
//! A *full* limit is generous: what takes longer is wrong, whatever it is. Where one of its kind has passed already, a shortened one is enough to
//! look for the same again. What showed within a shortened limit only is a reason to look, and no verdict: [`TimeLimits::confirming`] gives the
//! full one to the wait that a verdict rests on.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use super::wait::{InVain, Matter, Served, Wait};

/// A full limit is this many times the slowest thing that this subject was ever seen to do.
const FACTOR: u32 = 20;
/// A full limit is never shorter, unless the user says so. That a subject was quick so far says nothing about its next request, and some clients
/// give a worker ten seconds to end.
const FLOOR: Duration = Duration::from_secs(10);
/// No full limit is longer, unless the user says so.
const CEILING: Duration = Duration::from_secs(30);
/// A run of one script takes at most this many full limits, whatever the subject does.
const RUN: u32 = 6;
/// No limit and no run is longer, whatever the user says: the clock of a system ends somewhere.
const LONGEST_RUN: Duration = Duration::from_secs(24 * 3600);
/// A write may take a second longer for each of so many bytes: no worker that reads slower is of any use.
const BYTES_A_SECOND: u64 = 1 << 20;
/// Once a limit of its kind has passed, a limit is this many times the time of the start, of the slowest later answer and of the slowest end.
const SHORT_START: u32 = 3;
const SHORT_LATER: u32 = 8;
const SHORT_ENDING: u32 = 3;
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
const GRACE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(100));
/// The time that slow work may take as long as it was not measured, and where other requests stay unanswered.
const SLOW: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(2));
/// How long it is taken to be as long as it was not measured, where it is waited out.
const SLOW_UNKNOWN: Duration = Duration::from_secs(2);
/// Shortened limits may pass in vain for this many times [`FACTOR`] times the slowest answer, which is taken to be at least and at most so long.
const VAIN: u32 = 5;
const VAIN_EACH: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));
/// From this many runs on that waited for an answer in vain, the subject is given up if most of its runs are like that.
const HUNG_RUNS: u32 = 6;
/// That nothing comes is watched for this many typical answers, and for this long at most.
const QUIET: u32 = 4;
const QUIET_CEILING: Duration = Duration::from_secs(2);
/// A shorter pause only keeps two messages apart.
const PAUSE: Duration = Duration::from_millis(20);
/// A piece of a split write may wait at least and at most this long to be read.
const PIECE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// The time limits of a run.
///
/// The limit of a step is a multiple of the time that this subject needed for the slowest thing that it did, or what the user says. A hang costs
/// that limit once for each kind of waiting; after that a shorter multiple is enough to see it again. An end that never comes after the same was
/// served is not waited for any more.
#[derive(Debug)]
pub struct TimeLimits(Mutex<State>);

#[derive(Debug, Clone, Default)]
struct State {
    /// The limit of the first answer of all, the start included.
    start: Duration,
    /// The full limit, where the user says it.
    given: Option<Duration>,
    /// A verdict rests on this wait, so it is given the full limit.
    in_full: Option<Wait>,
    measured: Measured,
    /// Waits in vain, with what had been served before each.
    hung: Vec<Hung>,
    /// Ends that came.
    came: HashSet<(Wait, Served)>,
    left_behind: bool,
    /// How many waits in vain lasted a full limit, of each kind the first one alone, and how many were shorter.
    full: u32,
    short: u32,
    /// All time that was waited in vain, full limits left out.
    vain: Duration,
    /// Runs that ended with and without a wait in vain.
    hung_runs: u32,
    other_runs: u32,
}

/// What is known of the speed of a subject. None of it ever becomes less.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    /// From the start to the first answer.
    first: Option<Duration>,
    /// The slowest of the later answers.
    later: Duration,
    /// The slowest end.
    ending: Duration,
    /// How many later answers there were, and how long they took in all.
    answers: u32,
    answering: Duration,
    /// The longest that slow work took by itself.
    slow: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Hung {
    what: Wait,
    served: Served,
    /// A full limit has passed.
    full: bool,
}

impl TimeLimits {
    /// Limits for a subject of which nothing is known yet. `start`: for its first answer. `given`: the full limit of everything else; without it,
    /// it follows from what is measured.
    pub fn new(start: Duration, given: Option<Duration>) -> Self {
        let (start, given) = (start.min(LONGEST_RUN), given.map(|given| given.min(LONGEST_RUN)));
        Self(Mutex::new(State { start, given, ..State::default() }))
    }

    /// Takes note of the time to a first answer, start included, and of the slowest later one.
    pub fn measured(&self, first: Duration, later: Duration) {
        let mut state = self.lock();
        state.measured.first = state.measured.first.max(Some(first));
        state.measured.later = state.measured.later.max(later);
    }

    /// The limit for the next wait of a process that has served this.
    pub fn limit(&self, what: Wait, served: Served) -> Duration {
        let state = self.lock();
        let full = state.full_limit(!served.answered);
        if state.confirms(what) || !state.has_hung(what) {
            return full;
        }
        state.shortened(what, served, !served.answered).min(full)
    }

    /// The limit for the end of a subject that has just hung: the hang has cost a full limit already.
    pub fn end_of_hung(&self, what: Wait, served: Served) -> Duration {
        let state = self.lock();
        let full = state.full_limit(false);
        let is_unknown = state.measured.first.is_none() && state.hung.iter().all(|hung| hung.what != what);
        if state.confirms(what) || is_unknown {
            return full;
        }
        state.shortened(what, served, true).min(full)
    }

    /// The full limit of a wait.
    pub fn full(&self) -> Duration {
        self.lock().full_limit(false)
    }

    /// The limit for work in one-shot mode, whose end is its answer.
    pub fn one_shot(&self) -> Duration {
        let state = self.lock();
        state.full_limit(true).saturating_add(state.slow())
    }

    /// The limit for a write of so many bytes as a whole, given that of a wait.
    pub fn for_write(limit: Duration, bytes: usize) -> Duration {
        let millis = (bytes as u64).saturating_mul(1000) / BYTES_A_SECOND;
        limit.saturating_add(Duration::from_millis(millis))
    }

    /// How long one run may take at most, whatever happens in it. `slow`: some of its requests may be slow.
    pub fn run(&self, slow: bool) -> Duration {
        let state = self.lock();
        let limit = state.full_limit(true).max(state.full_limit(false));
        let limit = if slow { limit.saturating_add(state.slow()) } else { limit };
        limit.saturating_mul(RUN).min(LONGEST_RUN)
    }

    /// The slowest answer or end that was seen.
    pub fn slowest(&self) -> Duration {
        self.lock().measured.slowest()
    }

    /// Whether a wait lasted a full limit, by all that is known now.
    pub fn is_full(&self, wait: &InVain) -> bool {
        let full = match wait.what {
            Wait::Children => GRACE.0,
            _ => self.lock().full_limit(wait.starting),
        };
        wait.limit >= full
    }

    /// The first request of all was answered: from here on there is a measure.
    pub fn first_seen(&self, first: Duration) {
        self.lock().measured.first.get_or_insert(first);
    }

    /// Ordinary work was answered after this time: every answer is a measurement. `served`: the process had answered before. The time of
    /// its first answer has the start in it.
    pub fn answered(&self, took: Duration, served: bool) {
        let measured = &mut self.lock().measured;
        let Some(first) = measured.first else { return };
        if served {
            measured.later = measured.later.max(took);
            measured.answers = measured.answers.saturating_add(1);
            measured.answering = measured.answering.saturating_add(took);
        } else {
            measured.first = Some(first.max(took));
        }
    }

    /// Limits for a run on which a verdict about `wait` is to rest: that one is given the full limit.
    pub fn confirming(&self, wait: Wait) -> Self {
        let state = State { in_full: Some(wait), full: 0, short: 0, ..self.lock().clone() };
        Self(Mutex::new(state))
    }

    /// Takes over what was learnt in a run that was to confirm something.
    pub fn learn(&self, confirmed: &Self) {
        let (measured, full, short) = {
            let other = confirmed.lock();
            (other.measured, other.full, other.short)
        };
        let mut state = self.lock();
        // A run of the same subject began with these, and made none of them less.
        state.measured = state.measured.or_more(measured);
        state.full = state.full.saturating_add(full);
        state.short = state.short.saturating_add(short);
    }

    /// Takes note of how long slow work takes.
    pub fn slow_measured(&self, took: Duration) {
        let mut state = self.lock();
        state.measured.slow = state.measured.slow.max(Some(took));
    }

    /// One and a half times as long as slow work takes: slow work that began before this pause is over after it.
    pub fn slow_work(&self) -> Duration {
        let slow = self.lock().measured.slow;
        slow.map_or(SLOW_UNKNOWN, |slow| slow.saturating_mul(3) / 2).clamp(PAUSE, CEILING)
    }

    /// How long it is watched that nothing comes: long enough for this subject to answer a message that it has to leave alone.
    pub fn quiet(&self, time: Duration) -> Duration {
        let Measured { answers, answering, .. } = self.lock().measured;
        if time < PAUSE || answers == 0 {
            return time;
        }
        time.max((answering / answers).saturating_mul(QUIET).min(QUIET_CEILING))
    }

    /// The time that slow work may take beyond the limit for other work.
    pub fn slow(&self) -> Duration {
        self.lock().slow()
    }

    /// How long a piece of a split write waits to be read before the next one follows all the same.
    pub fn piece(&self) -> Duration {
        let first = self.lock().measured.first;
        first.map_or(PIECE.1, |first| first.saturating_mul(2).clamp(PIECE.0, PIECE.1))
    }

    /// How long a process that outlives the subject may take to end by itself.
    pub fn grace(&self) -> Duration {
        let state = self.lock();
        if state.left_behind && !state.confirms(Wait::Children) { GRACE.1 } else { GRACE.0 }
    }

    /// Something outlived the subject.
    pub fn left_behind(&self) {
        self.lock().left_behind = true;
    }

    /// A limit has passed for a process that has served this. `hung`: it was waited for in vain before.
    pub fn hung(&self, what: Wait, served: Served, hung: bool, limit: Duration) {
        let mut state = self.lock();
        let full = limit >= state.full_limit(!served.answered && !hung);
        let is_first = !state.has_hung(what) || state.confirms(what);
        if full && is_first {
            state.full = state.full.saturating_add(1);
        } else {
            state.short = state.short.saturating_add(1);
        }
        if !full && !state.never_comes(what, served) {
            state.vain = state.vain.saturating_add(limit);
        }
        state.hung.push(Hung { what, served, full });
    }

    /// A subject that has served this ended as it was to, after this time.
    pub fn came(&self, what: Wait, served: Served, took: Duration) {
        let mut state = self.lock();
        state.came.insert((what, served));
        if !served.one_shot {
            // Its end is its answer, and says nothing of how long others take to end.
            state.measured.ending = state.measured.ending.max(took);
        }
    }

    /// A run has ended; `hung`: it waited for an answer in vain.
    pub fn run_ended(&self, hung: bool) {
        let mut state = self.lock();
        state.hung_runs = state.hung_runs.saturating_add(u32::from(hung));
        state.other_runs = state.other_runs.saturating_add(u32::from(!hung));
    }

    /// More was waited in vain than a verdict is worth, or most runs end so: further scripts would only wait more.
    pub fn exhausted(&self) -> bool {
        let state = self.lock();
        let each = state.measured.slowest().saturating_mul(FACTOR).clamp(VAIN_EACH.0, VAIN_EACH.1);
        state.mostly_hangs() || state.vain > each * VAIN
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

    /// How often a full limit passed, and how often a shorter one. Of several processes that are waited for at the same time one counts, and each
    /// run that confirmed a violation.
    pub fn hangs(&self) -> (u32, u32) {
        let state = self.lock();
        (state.full, state.short)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is whole after every change, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Measured {
    fn slowest(&self) -> Duration {
        self.first.unwrap_or_default().max(self.later).max(self.ending)
    }

    /// The more of both in everything.
    fn or_more(self, other: Self) -> Self {
        let more = if other.answers > self.answers { other } else { self };
        Self {
            first: self.first.max(other.first),
            later: self.later.max(other.later),
            ending: self.ending.max(other.ending),
            slow: self.slow.max(other.slow),
            answers: more.answers,
            answering: more.answering,
        }
    }
}

impl State {
    /// A verdict rests on this wait.
    fn confirms(&self, what: Wait) -> bool {
        self.in_full.is_some_and(|wait| wait.confirms(what))
    }

    /// A full limit of this kind has passed, whatever had been served. A subject that does not end in one way seldom ends in the other, so a
    /// full limit is paid once for both. Where nothing is measured, any limit is as good as a full one.
    fn has_hung(&self, what: Wait) -> bool {
        let alike = |hung: Wait| [Wait::Eof, Wait::Unasked].contains(&hung);
        let counts = |hung: &&Hung| hung.full || self.measured.first.is_none();
        let mut hung = self.hung.iter().filter(counts);
        hung.any(|hung| hung.what == what || (alike(what) && alike(hung.what)))
    }

    /// The end of a process that has served this was waited for often enough, and never came.
    fn never_comes(&self, what: Wait, served: Served) -> bool {
        if what.matter() != Matter::Ends {
            return false;
        }
        let is_alike = |other: Wait, before: Served| other == what && before.is_like(served);
        if self.came.iter().any(|(other, before)| is_alike(*other, *before)) {
            // Some of these ends come. Which do not may be a matter of what else was sent.
            let this = |hung: &&Hung| hung.what == what && hung.served == served;
            return !self.came.contains(&(what, served)) && self.hung.iter().filter(this).count() >= NEVER;
        }
        self.hung.iter().filter(|hung| is_alike(hung.what, hung.served)).count() >= NEVER
    }

    fn mostly_hangs(&self) -> bool {
        self.hung_runs >= HUNG_RUNS && self.hung_runs > self.other_runs
    }

    /// The full limit of a wait. `starting`: the process may still be on its way to its first answer.
    fn full_limit(&self, starting: bool) -> Duration {
        let derived = || self.measured.slowest().saturating_mul(FACTOR).clamp(FLOOR, CEILING);
        let limit = self.given.unwrap_or_else(derived);
        match self.measured.first {
            _ if !starting => limit,
            // Nothing else is known of a first answer.
            None => self.start,
            Some(_) => limit.max(self.start),
        }
    }

    /// The limit of a wait of which a full one has passed in vain.
    fn shortened(&self, what: Wait, served: Served, starting: bool) -> Duration {
        if self.never_comes(what, served) {
            return GLANCE;
        }
        let Measured { first: Some(first), later, ending, .. } = self.measured else {
            return SHORT_UNMEASURED;
        };
        let start = if starting { first.saturating_mul(SHORT_START) } else { Duration::ZERO };
        let limit = start.saturating_add(later.saturating_mul(SHORT_LATER));
        let (limit, floor) = match what.matter() {
            Matter::Ends => (limit.max(ending.saturating_mul(SHORT_ENDING)), SHORT_END),
            Matter::Answers | Matter::Children => (limit, SHORT_FLOOR),
        };
        // A subject that takes long to start stalls for long, too: a JVM on a busy machine.
        limit.max(floor).max(first.saturating_mul(2)).min(CEILING)
    }

    fn slow(&self) -> Duration {
        // A subject that leaves other requests unanswered is not waited for that long.
        let hangs = self.hung.iter().any(|hung| hung.what == Wait::Response);
        let unknown = if hangs { SLOW.1 } else { SLOW.0 };
        self.measured.slow.map_or(unknown, |slow| slow.saturating_mul(2)).clamp(SLOW.1, LONGEST_RUN)
    }
}

#[cfg(test)]
#[path = "tests/time_limits.rs"]
mod tests;
