//! Which requirement a violation with several suspects breaks, seen over a whole run.

use super::*;
use crate::oracle::session::circumstances::BY_PRECISION;

const PERSISTENT: u16 = 1;
const ARGFILE: u16 = 6;
const SPLIT: u16 = 12;
const LARGE: u16 = 11;
const COALESCED: u16 = 13;
const ANSWERED: u16 = 31;
const WHOLE: u16 = 35;
const STATE: u16 = 58;
const STALE: u16 = 59;
const BESIDE: u16 = 67;
const HIGH_ID: u16 = 71;
const REUSED_ID: u16 = 73;
const PARALLEL: u16 = 75;
const SANDBOX_READ: u16 = 100;
const SANDBOX_REMEMBERED: u16 = 106;
const SANDBOX_ARGFILE: u16 = 107;

fn unanswered(suspects: &[u16]) -> Breach {
    Breach {
        violation: WorkerViolation::Unanswered { id: 1, limit: LIMIT }.into(),
        suspects: suspects.iter().map(|number| RequirementId::worker(*number)).collect(),
        events: vec![1, 2],
        excerpt: None,
    }
}

/// A run in which requests were answered, in numbers.
#[derive(Default)]
struct InARun {
    upheld: &'static [u16],
    certain: &'static [u16],
    needed: &'static [u16],
    cleared: &'static [u16],
}

impl InARun {
    fn resolves(&self, suspects: &[u16]) -> u16 {
        let ids = |numbers: &[u16]| numbers.iter().map(|number| RequirementId::worker(*number)).collect();
        let upheld = ids(&[self.upheld, &[ANSWERED]].concat());
        let control = Control { needed: ids(self.needed), cleared: ids(self.cleared) };
        let known = Known { upheld, certain: ids(self.certain), control };
        resolve(&unanswered(suspects), &known).number()
    }
}

#[test]
fn without_suspects_it_is_the_general_requirement() {
    assert_eq!(InARun::default().resolves(&[]), ANSWERED);
    assert_eq!(InARun { certain: &[SPLIT], ..Default::default() }.resolves(&[]), ANSWERED);
}

#[test]
fn a_single_suspect_is_the_cause() {
    assert_eq!(InARun::default().resolves(&[SPLIT]), SPLIT);
    // Named twice, it is still one.
    assert_eq!(InARun::default().resolves(&[SPLIT, SPLIT]), SPLIT);
}

#[test]
fn a_suspect_that_was_upheld_elsewhere_is_not_the_cause() {
    let run = InARun { upheld: &[SPLIT], ..Default::default() };
    assert_eq!(run.resolves(&[SPLIT]), ANSWERED);
    assert_eq!(run.resolves(&[SPLIT, LARGE]), LARGE);
}

#[test]
fn of_two_suspects_none_is_the_cause() {
    assert_eq!(InARun::default().resolves(&[SPLIT, LARGE]), ANSWERED);
}

#[test]
fn what_is_broken_for_certain_explains_the_rest() {
    let run = InARun { certain: &[LARGE, PERSISTENT], ..Default::default() };
    assert_eq!(run.resolves(&[SPLIT, LARGE]), LARGE);
    // Even if it went well elsewhere: it is flaky, then.
    assert_eq!(
        InARun { upheld: &[LARGE], certain: &[LARGE], ..Default::default() }.resolves(&[SPLIT, LARGE]),
        LARGE
    );
}

/// Without it everything goes well, so it is the cause, even if it went well elsewhere.
#[test]
fn what_is_needed_to_show_it_is_the_cause() {
    let run = InARun { upheld: &[SPLIT, HIGH_ID], needed: &[SPLIT], ..Default::default() };
    assert_eq!(run.resolves(&[SPLIT]), SPLIT);
    assert_eq!(run.resolves(&[SPLIT, HIGH_ID]), SPLIT);
    assert_eq!(run.resolves(&[HIGH_ID]), ANSWERED);
    // Of two that are both needed, none is the cause alone.
    let both = InARun { needed: &[SPLIT, LARGE], ..Default::default() };
    assert_eq!(both.resolves(&[SPLIT, LARGE]), ANSWERED);
}

#[test]
fn what_is_not_needed_is_cleared() {
    let run = InARun { cleared: &[SPLIT], ..Default::default() };
    assert_eq!(run.resolves(&[SPLIT]), ANSWERED);
    assert_eq!(run.resolves(&[SPLIT, REUSED_ID]), REUSED_ID);
}

/// Requests that wait for one another are not read together either, so both seem to be needed.
#[test]
fn requests_in_one_read_are_a_finer_cause_than_requests_at_once() {
    let run = InARun { needed: &[COALESCED, PARALLEL], ..Default::default() };
    assert_eq!(run.resolves(&[COALESCED, PARALLEL]), COALESCED);
}

/// What differs only with a request before it and in a sandbox: each of these is needed, and the finest is the cause.
#[test]
fn of_circumstances_that_are_needed_together_the_finest_is_the_cause() {
    for (position, finest) in BY_PRECISION.iter().enumerate() {
        let coarser: Vec<u16> = BY_PRECISION[position..].iter().map(|id| id.number()).collect();
        for order in [coarser.clone(), coarser.iter().rev().copied().collect()] {
            let needed: &'static [u16] = Box::leak(order.clone().into_boxed_slice());
            let run = InARun { needed, ..Default::default() };
            assert_eq!(run.resolves(&order), finest.number(), "{order:?}");
            // That each of them went well elsewhere is in its nature: a leak takes two.
            let upheld = InARun { needed, upheld: needed, ..Default::default() };
            assert_eq!(upheld.resolves(&order), finest.number(), "{order:?}");
        }
    }
}

/// What is unusual about the message itself comes before what is around it, if it is one thing.
#[test]
fn what_is_unusual_about_a_request_is_a_finer_cause_than_what_is_around_it() {
    let run = |needed: &'static [u16]| InARun { needed, ..Default::default() };
    assert_eq!(run(&[STATE, HIGH_ID]).resolves(&[STATE, BESIDE, HIGH_ID]), HIGH_ID);
    assert_eq!(run(&[STATE, BESIDE, HIGH_ID]).resolves(&[STATE, BESIDE, HIGH_ID]), HIGH_ID);
    // Of two, none is the cause alone.
    assert_eq!(run(&[STATE, LARGE, HIGH_ID]).resolves(&[STATE, LARGE, HIGH_ID]), ANSWERED);
}

#[test]
fn only_circumstances_that_are_needed_count() {
    let run = InARun { needed: &[STATE, BESIDE], cleared: &[STALE], ..Default::default() };
    assert_eq!(run.resolves(&[STATE, STALE, BESIDE]), BESIDE);
    // Without an experiment it is as with any other suspect.
    assert_eq!(InARun::default().resolves(&[STATE, STALE]), ANSWERED);
    assert_eq!(InARun { upheld: &[STATE], ..Default::default() }.resolves(&[STATE, STALE]), STALE);
}

/// Only the request before it is needed, not its sandbox: nothing of a sandbox was remembered.
#[test]
fn what_shows_without_sandboxes_is_not_due_to_an_earlier_one() {
    const SUSPECTS: [u16; 3] = [STATE, SANDBOX_READ, SANDBOX_REMEMBERED];
    let needed: &[u16] = &[STATE, SANDBOX_REMEMBERED];
    let without = InARun { needed, cleared: &[SANDBOX_READ], ..Default::default() };
    assert_eq!(without.resolves(&SUSPECTS), STATE);
    let within = InARun { needed: &SUSPECTS, ..Default::default() };
    assert_eq!(within.resolves(&SUSPECTS), SANDBOX_REMEMBERED);
}

/// An argfile that is found without a sandbox, and arguments that are found in one.
#[test]
fn an_argfile_in_a_sandbox_is_the_cause_where_both_are_needed() {
    const SUSPECTS: [u16; 3] = [ARGFILE, SANDBOX_READ, SANDBOX_ARGFILE];
    let both = InARun { needed: &SUSPECTS, ..Default::default() };
    assert_eq!(both.resolves(&SUSPECTS), SANDBOX_ARGFILE);
    // It shows without an argfile as well: it is the sandbox.
    let needed: &[u16] = &[SANDBOX_READ, SANDBOX_ARGFILE];
    let sandbox = InARun { needed, cleared: &[ARGFILE], ..Default::default() };
    assert_eq!(sandbox.resolves(&SUSPECTS), SANDBOX_READ);
    // It shows without a sandbox as well: it is the argfile.
    let cleared: &[u16] = &[SANDBOX_READ, SANDBOX_ARGFILE];
    let argfile = InARun { needed: &[ARGFILE], cleared, ..Default::default() };
    assert_eq!(argfile.resolves(&SUSPECTS), ARGFILE);
}

/// That mixed-up responses go well most of the time is in their nature.
#[test]
fn what_is_broken_only_with_several_requests_open_is_mixed_up() {
    let run = InARun { upheld: &[WHOLE], ..Default::default() };
    assert_eq!(run.resolves(&[WHOLE]), WHOLE);
    let always = InARun { upheld: &[WHOLE], certain: &[ANSWERED], ..Default::default() };
    assert_eq!(always.resolves(&[WHOLE]), ANSWERED);
}

/// Where nothing ever worked, that a suspect was not upheld says nothing.
#[test]
fn in_a_run_without_answers_it_is_the_general_requirement() {
    let split = unanswered(&[SPLIT]);
    assert_eq!(resolve(&split, &Known::default()).number(), ANSWERED);
    let needed = Control { needed: [RequirementId::worker(SPLIT)].into(), ..Default::default() };
    assert_eq!(resolve(&split, &Known { control: needed, ..Default::default() }).number(), SPLIT);
}

/// From bytes to the requirement: request 2097151 goes unanswered, request 7 does not.
#[test]
fn from_a_history_to_the_cause() {
    let run = Run::proto().multiplex().send_bytes(&hex("0a 0a06 2d2d776f726b 1807"));
    let run = run.receive_bytes(&hex("02 1807")).send_bytes(&hex("0c 0a06 2d2d776f726b 18ffff7f"));
    let found = run.gives_up().finds();
    let upheld = found.all_upheld().into_iter().map(RequirementId::worker).collect();
    let known = Known { upheld, ..Default::default() };
    assert_eq!(resolve(found.breaches()[0], &known), RequirementId::worker(HIGH_ID));
}
