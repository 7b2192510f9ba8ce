//! Which requirement a violation with several suspects breaks, seen over a whole run.

use super::*;
use crate::oracle::session::circumstances::BY_PRECISION;
use ids::*;

fn unanswered(suspects: &[RequirementId]) -> Breach {
    Breach {
        violation: WorkerViolation::Unanswered { id: 1, limit: LIMIT }.into(),
        suspects: suspects.to_vec(),
        events: vec![1, 2],
        excerpt: None,
    }
}

/// A run in which requests were answered.
#[derive(Default)]
struct InARun<'a> {
    upheld: &'a [RequirementId],
    certain: &'a [RequirementId],
    needed: &'a [RequirementId],
    cleared: &'a [RequirementId],
}

impl InARun<'_> {
    fn resolves(&self, suspects: &[RequirementId]) -> RequirementId {
        let ids = |ids: &[RequirementId]| ids.iter().copied().collect();
        let control = Control { needed: ids(self.needed), cleared: ids(self.cleared) };
        let upheld = ids(&[self.upheld, &[ANSWERED]].concat());
        resolve(&unanswered(suspects), &Known { upheld, certain: ids(self.certain), control })
    }
}

#[test]
fn without_suspects_it_is_the_general_requirement() {
    assert_eq!(InARun::default().resolves(&[]), ANSWERED);
    assert_eq!(InARun { certain: &[SPLIT], ..Default::default() }.resolves(&[]), ANSWERED);
}

#[test]
fn a_single_suspect_is_the_cause_unless_it_was_upheld_elsewhere() {
    assert_eq!(InARun::default().resolves(&[SPLIT]), SPLIT);
    // Named twice, it is still one.
    assert_eq!(InARun::default().resolves(&[SPLIT, SPLIT]), SPLIT);
    assert_eq!(InARun::default().resolves(&[SPLIT, LARGE]), ANSWERED, "of two, none is the cause");
    let run = InARun { upheld: &[SPLIT], ..Default::default() };
    assert_eq!(run.resolves(&[SPLIT]), ANSWERED);
    assert_eq!(run.resolves(&[SPLIT, LARGE]), LARGE);
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
        let coarser = BY_PRECISION[position..].to_vec();
        for order in [coarser.clone(), coarser.into_iter().rev().collect()] {
            let run = InARun { needed: &order, ..Default::default() };
            assert_eq!(run.resolves(&order), *finest, "{order:?}");
            // That each of them went well elsewhere is in its nature: a leak takes two.
            let upheld = InARun { needed: &order, upheld: &order, ..Default::default() };
            assert_eq!(upheld.resolves(&order), *finest, "{order:?}");
        }
    }
}

/// What is unusual about the message itself comes before what is around it, if it is one thing.
#[test]
fn what_is_unusual_about_a_request_is_a_finer_cause_than_what_is_around_it() {
    let run = |needed: &'static [RequirementId]| InARun { needed, ..Default::default() };
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
    const SUSPECTS: [RequirementId; 3] = [STATE, SANDBOX_READ, SANDBOX_REMEMBERED];
    let needed: &[RequirementId] = &[STATE, SANDBOX_REMEMBERED];
    let without = InARun { needed, cleared: &[SANDBOX_READ], ..Default::default() };
    assert_eq!(without.resolves(&SUSPECTS), STATE);
    let within = InARun { needed: &SUSPECTS, ..Default::default() };
    assert_eq!(within.resolves(&SUSPECTS), SANDBOX_REMEMBERED);
}

/// An argfile that is found without a sandbox, and arguments that are found in one.
#[test]
fn an_argfile_in_a_sandbox_is_the_cause_where_both_are_needed() {
    const SUSPECTS: [RequirementId; 3] = [ARGFILE, SANDBOX_READ, SANDBOX_ARGFILE];
    let both = InARun { needed: &SUSPECTS, ..Default::default() };
    assert_eq!(both.resolves(&SUSPECTS), SANDBOX_ARGFILE);
    // It shows without an argfile as well: it is the sandbox.
    let needed: &[RequirementId] = &[SANDBOX_READ, SANDBOX_ARGFILE];
    let sandbox = InARun { needed, cleared: &[ARGFILE], ..Default::default() };
    assert_eq!(sandbox.resolves(&SUSPECTS), SANDBOX_READ);
    // It shows without a sandbox as well: it is the argfile.
    let cleared: &[RequirementId] = &[SANDBOX_READ, SANDBOX_ARGFILE];
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
    assert_eq!(resolve(&split, &Known::default()), ANSWERED);
    let needed = Control { needed: [SPLIT].into(), ..Default::default() };
    assert_eq!(resolve(&split, &Known { control: needed, ..Default::default() }), SPLIT);
}

/// From bytes to the requirement: request 2097151 goes unanswered, request 7 does not.
#[test]
fn from_a_history_to_the_cause() {
    let run = Run::proto().multiplex().send_bytes(&hex("0a 0a06 2d2d776f726b 1807"));
    let run = run.receive_bytes(&hex("02 1807")).send_bytes(&hex("0c 0a06 2d2d776f726b 18ffff7f"));
    let found = run.gives_up().finds();
    let upheld = found.all_upheld().into_iter().map(RequirementId::worker).collect();
    let known = Known { upheld, ..Default::default() };
    assert_eq!(resolve(found.breaches()[0], &known), HIGH_ID);
}
