use proptest::prelude::*;

use super::*;

const STARTING: Served = Served { one_shot: false, answered: false, open: false, cancel: false, raw: false };
const IDLE: Served = Served { answered: true, ..STARTING };

fn ms(time: u64) -> Duration {
    Duration::from_millis(time)
}

/// Limits of a subject with these first and later answers, the first of all within 10 seconds.
fn measured(first: u64, later: u64) -> TimeLimits {
    let limits = TimeLimits::new(ms(10_000), None);
    limits.measured(ms(first), ms(later));
    limits
}

/// A wait of this kind lasts a full limit, in vain.
fn hang(limits: &TimeLimits, what: Wait, served: Served) {
    limits.hung(what, served, false, limits.limit(what, served));
}

#[test]
fn a_limit_follows_the_subject_and_is_paid_once() {
    assert_eq!(TimeLimits::new(ms(700), None).limit(Wait::Response, STARTING), ms(700));
    let limits = measured(700, 10);
    limits.measured(ms(20), ms(50));
    assert_eq!(limits.limit(Wait::Response, IDLE), ms(14_000));
    hang(&limits, Wait::Response, IDLE);
    for (what, served, limit) in
        [(Wait::Response, IDLE, 1_400), (Wait::Response, STARTING, 2_500), (Wait::Eof, IDLE, 14_000)]
    {
        assert_eq!(limits.limit(what, served), ms(limit), "{what:?} {served:?}");
    }
    limits.hung(Wait::Response, IDLE, false, ms(1_400));
    assert_eq!(limits.hangs(), (1, 1));
    assert_eq!(limits.end_of_hung(Wait::Eof, IDLE), ms(2_500));
}

/// A request that was answered in a millisecond says nothing about the next one.
#[test]
fn a_quick_subject_may_be_slow_all_the_same() {
    let limits = measured(1, 1);
    assert_eq!(limits.full(), FLOOR);
    limits.answered(ms(3_000), true);
    assert_eq!(limits.full(), CEILING);
    // It hangs elsewhere: from now on what is slow has as much time as it was seen to need, and more.
    hang(&limits, Wait::Response, IDLE);
    assert!(limits.limit(Wait::Response, IDLE) > ms(10_000));
    let limits = measured(1, 1);
    limits.came(Wait::Eof, IDLE, ms(3_000));
    hang(&limits, Wait::Eof, Served { open: true, ..IDLE });
    assert!(limits.limit(Wait::Eof, IDLE) >= ms(9_000));
}

#[test]
fn the_user_sets_the_full_limit_of_everything() {
    let limits = TimeLimits::new(ms(3_000), Some(ms(500)));
    assert_eq!(limits.limit(Wait::Response, STARTING), ms(3_000));
    // Slower than the limit allows to later answers, and no reason to panic.
    limits.measured(ms(1_200), ms(5));
    for what in [Wait::Response, Wait::Drain, Wait::Eof, Wait::Unasked, Wait::Term] {
        assert_eq!(limits.limit(what, IDLE), ms(500), "{what:?}");
        assert_eq!(limits.limit(what, STARTING), ms(3_000), "{what:?}");
        hang(&limits, what, IDLE);
        assert_eq!(limits.limit(what, IDLE), ms(500), "{what:?}");
    }
}

#[test]
fn a_verdict_rests_on_a_full_limit() {
    let limits = measured(10, 1);
    for what in [Wait::Response, Wait::Eof] {
        hang(&limits, what, IDLE);
        assert!(limits.limit(what, IDLE) < ms(1_000));
    }
    let short = InVain { what: Wait::Response, starting: false, limit: limits.limit(Wait::Response, IDLE) };
    assert!(!limits.is_full(&short));
    let confirming = limits.confirming(short.what);
    assert_eq!(confirming.limit(Wait::Response, IDLE), FLOOR);
    assert!(confirming.limit(Wait::Eof, IDLE) < ms(1_000), "the verdict is about something else");
    assert!(confirming.is_full(&InVain { limit: FLOOR, ..short }));
    // Each confirmation counts, and what it has taught is known afterwards.
    hang(&confirming, Wait::Response, IDLE);
    confirming.answered(ms(700), true);
    limits.learn(&confirming);
    assert_eq!((limits.hangs(), limits.full()), ((3, 0), ms(14_000)));
    // What was a full limit is none any more, now that the subject is known to be slower.
    assert!(!limits.is_full(&InVain { limit: FLOOR, ..short }));
    let end = limits.confirming(Wait::Eof);
    assert_eq!(end.end_of_hung(Wait::Eof, IDLE), ms(14_000));
    assert!(end.end_of_hung(Wait::Unasked, IDLE) < ms(14_000), "one of the ends is enough");
    assert_eq!(limits.confirming(Wait::Drain).limit(Wait::Response, IDLE), ms(14_000));
}

#[test]
fn an_end_that_was_given_little_time_shortens_no_other_limit() {
    let limits = measured(10, 1);
    hang(&limits, Wait::Response, IDLE);
    let open = Served { open: true, ..IDLE };
    limits.hung(Wait::Eof, open, true, limits.end_of_hung(Wait::Eof, open));
    assert_eq!(limits.limit(Wait::Eof, IDLE), FLOOR);
}

#[test]
fn what_must_not_come_is_watched_for_as_long_as_this_subject_takes() {
    assert_eq!(TimeLimits::new(ms(10_000), None).quiet(ms(40)), ms(40));
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
        hang(&limits, Wait::Eof, IDLE);
    }
    for _ in 0..1_000 {
        assert_eq!(limits.limit(Wait::Eof, IDLE), GLANCE);
        hang(&limits, Wait::Eof, IDLE);
    }
    assert!(!limits.exhausted());
    limits.came(Wait::Eof, IDLE, ms(1));
    assert!(limits.limit(Wait::Eof, IDLE) >= ms(4_000));
}

#[test]
fn an_end_that_came_after_something_else_was_served_says_nothing() {
    let limits = measured(1_000, 500);
    let one_shot = Served { one_shot: true, ..STARTING };
    limits.came(Wait::Eof, one_shot, ms(1));
    for _ in 0..NEVER {
        hang(&limits, Wait::Eof, IDLE);
    }
    assert_eq!([limits.limit(Wait::Eof, IDLE), limits.end_of_hung(Wait::Eof, IDLE)], [GLANCE; 2]);
    for served in [Served { open: true, ..IDLE }, one_shot] {
        assert!(limits.limit(Wait::Eof, served) >= ms(4_000), "{served:?}");
    }
    // That nothing ends is seen in a few runs, whatever else they send; where some do end, a cancel may be the cause.
    let cancelled = Served { cancel: true, ..IDLE };
    assert_eq!(limits.limit(Wait::Eof, cancelled), GLANCE);
    limits.came(Wait::Eof, cancelled, ms(1));
    assert!(limits.limit(Wait::Eof, cancelled) >= ms(4_000));
    assert_eq!(limits.limit(Wait::Eof, IDLE), GLANCE);
}

#[test]
fn waiting_in_vain_has_an_allowance_of_its_own_for_what_was_found() {
    let limits = measured(100, 10);
    hang(&limits, Wait::Response, IDLE);
    let short = |time| limits.hung(Wait::Response, IDLE, false, ms(time));
    assert!(!limits.exhausted(), "a full limit is paid once");
    short(9_000);
    limits.another_allowance();
    short(9_000);
    assert!(!limits.exhausted());
    short(2_000);
    assert!(limits.exhausted());
    limits.another_allowance();
    assert!(limits.exhausted());
}

#[test]
fn a_subject_that_hangs_in_most_runs_is_given_up() {
    let limits = TimeLimits::new(ms(10_000), None);
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
fn a_subject_that_never_answers_has_limits_all_the_same() {
    let limits = TimeLimits::new(ms(2_000), None);
    hang(&limits, Wait::Response, STARTING);
    assert_eq!(limits.limit(Wait::Response, STARTING), SHORT_UNMEASURED);
    // Nothing else is ever tried, so what is known of its end rests on this wait.
    assert_eq!(limits.end_of_hung(Wait::Eof, STARTING), FLOOR);
    limits.hung(Wait::Eof, STARTING, true, FLOOR);
    assert_eq!(limits.end_of_hung(Wait::Eof, STARTING), SHORT_UNMEASURED);
}

/// The first answer takes longer than any limit: the limits end at it, and nothing panics.
#[test]
fn a_start_that_takes_longer_than_any_limit() {
    for first in [15_001, 40_000, u64::MAX / 2] {
        let limits = TimeLimits::new(ms(60_000), None);
        limits.measured(ms(first), ms(0));
        for what in [Wait::Response, Wait::Eof, Wait::Term] {
            hang(&limits, what, IDLE);
            assert_eq!(limits.limit(what, IDLE), CEILING);
            assert_eq!(limits.end_of_hung(what, IDLE), CEILING);
        }
    }
}

#[test]
fn what_is_left_behind_is_waited_for_once() {
    let limits = TimeLimits::new(Duration::ZERO, None);
    let first = limits.grace();
    limits.left_behind();
    assert!(limits.grace() < first);
    assert_eq!(limits.confirming(Wait::Children).grace(), first);
}

#[test]
fn a_large_write_has_more_time() {
    assert_eq!(TimeLimits::for_write(ms(2_000), 100), ms(2_000));
    assert_eq!(TimeLimits::for_write(ms(2_000), 5 << 20), ms(7_000));
    assert!(TimeLimits::for_write(Duration::MAX, usize::MAX) == Duration::MAX);
}

/// Any time, the shortest and the longest among them.
fn any_time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0..100_000_u64).prop_map(ms),
        1 => any::<u64>().prop_map(Duration::from_nanos),
        1 => any::<u64>().prop_map(Duration::from_secs),
        1 => Just(Duration::MAX),
    ]
}

/// What can be measured, or happen to a wait.
#[derive(Debug, Clone)]
enum Fact {
    Measured(Duration, Duration),
    First(Duration),
    Answered(Duration, bool),
    Slow(Duration),
    Hung(Wait, Served, bool, Duration),
    Came(Wait, Served, Duration),
    Ended(bool),
}

fn any_wait() -> impl Strategy<Value = Wait> {
    prop::sample::select(vec![Wait::Response, Wait::Drain, Wait::Eof, Wait::Unasked, Wait::Term])
}

fn any_served() -> impl Strategy<Value = Served> {
    any::<[bool; 5]>().prop_map(|[one_shot, answered, open, cancel, raw]| Served {
        one_shot,
        answered,
        open,
        cancel,
        raw,
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        (any_time(), any_time()).prop_map(|(first, later)| Fact::Measured(first, later)),
        any_time().prop_map(Fact::First),
        (any_time(), any::<bool>()).prop_map(|(took, served)| Fact::Answered(took, served)),
        any_time().prop_map(Fact::Slow),
        (any_wait(), any_served(), any::<bool>(), any_time())
            .prop_map(|(what, served, hung, limit)| Fact::Hung(what, served, hung, limit)),
        (any_wait(), any_served(), any_time())
            .prop_map(|(what, served, took)| Fact::Came(what, served, took)),
        any::<bool>().prop_map(Fact::Ended),
    ]
}

fn take(limits: &TimeLimits, fact: &Fact) {
    match *fact {
        Fact::Measured(first, later) => limits.measured(first, later),
        Fact::First(first) => limits.first_seen(first),
        Fact::Answered(took, served) => limits.answered(took, served),
        Fact::Slow(took) => limits.slow_measured(took),
        Fact::Hung(what, served, hung, limit) => limits.hung(what, served, hung, limit),
        Fact::Came(what, served, took) => limits.came(what, served, took),
        Fact::Ended(hung) => limits.run_ended(hung),
    }
}

/// All limits that there are, for one kind of wait.
fn all(limits: &TimeLimits, what: Wait, served: Served) -> Vec<Duration> {
    let write = TimeLimits::for_write(limits.limit(what, served), usize::MAX >> 20);
    let ends = [limits.end_of_hung(what, served), limits.full()];
    let other = [limits.limit(what, served), limits.one_shot(), limits.piece()];
    let runs =
        [limits.run(false), limits.run(true), limits.slow_work(), limits.slow(), limits.grace(), write];
    [ends.as_slice(), &other, &runs].concat()
}

proptest! {
    /// Whatever is measured and whatever the user says: no panic, no limit that is over before it begins, and none that a clock can't hold.
    #[test]
    fn every_limit_can_be_waited_for(
        start in any_time(), given in prop::option::of(any_time()), facts in prop::collection::vec(any_fact(), 0..12),
        what in any_wait(), served in any_served(), quiet in any_time(),
    ) {
        let least = ms(1);
        let limits = TimeLimits::new(start.max(least), given.map(|given| given.max(least)));
        for fact in &facts {
            take(&limits, fact);
            for limits in [&limits, &limits.confirming(Wait::Response), &limits.confirming(Wait::Eof)] {
                for limit in all(limits, what, served) {
                    prop_assert!(limit >= least, "{limit:?}");
                    prop_assert!(std::time::Instant::now().checked_add(limit).is_some(), "{limit:?}");
                }
                prop_assert!(limits.limit(what, served) <= limits.run(false));
                prop_assert!(limits.quiet(quiet) >= quiet);
                let _ = (limits.exhausted(), limits.hangs(), limits.slowest());
            }
        }
    }

    /// The more a subject was seen to need, the more it is given.
    #[test]
    fn limits_grow_with_what_was_measured(
        start in any_time(), given in prop::option::of(any_time()), facts in prop::collection::vec(any_fact(), 0..8),
        first in any_time(), measured in any_fact(), what in any_wait(), served in any_served(),
    ) {
        prop_assume!(!matches!(measured, Fact::Hung(..) | Fact::Came(..) | Fact::Ended(_)));
        let limits = TimeLimits::new(start, given);
        limits.measured(first, Duration::ZERO);
        facts.iter().for_each(|fact| take(&limits, fact));
        let waits = || [limits.full(), limits.limit(what, served), limits.end_of_hung(what, served)];
        let others = || [limits.run(false), limits.piece(), limits.one_shot() - limits.slow()];
        let (waits_before, others_before) = (waits(), others());
        take(&limits, &measured);
        for (before, after) in waits_before.iter().zip(waits()).chain(others_before.iter().zip(others())) {
            prop_assert!(*before <= after, "{before:?} became {after:?}");
        }
    }

    /// A full limit is never shorter than what the subject was seen to need, up to the longest that there is.
    #[test]
    fn a_full_limit_is_generous(first in any_time(), later in any_time(), ending in any_time()) {
        let limits = TimeLimits::new(ms(1), None);
        limits.measured(first, later);
        limits.came(Wait::Eof, IDLE, ending);
        let slowest = first.max(later).max(ending);
        prop_assert_eq!(limits.full(), slowest.saturating_mul(FACTOR).clamp(FLOOR, CEILING));
        let confirming = limits.confirming(Wait::Response);
        prop_assert!(confirming.limit(Wait::Response, IDLE) >= limits.full());
    }
}
