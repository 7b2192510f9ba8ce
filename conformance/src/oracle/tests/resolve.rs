//! Which requirement a violation with several suspects breaks, seen over a whole run.

use super::*;

const PERSISTENT: u16 = 1;
const SPLIT: u16 = 12;
const LARGE: u16 = 11;
const ANSWERED: u16 = 31;
const HIGH_ID: u16 = 71;
const REUSED_ID: u16 = 73;

fn unanswered(suspects: &[u16]) -> Breach {
    Breach {
        violation: Violation::Unanswered { id: 1, limit: LIMIT },
        suspects: suspects.iter().map(|number| RequirementId::worker(*number)).collect(),
        events: vec![1, 2],
    }
}

/// A run in which requests were answered, in numbers.
#[derive(Default)]
struct InARun {
    upheld: &'static [u16],
    certain: &'static [u16],
    needed: bool,
}

impl InARun {
    fn resolves(&self, suspects: &[u16]) -> u16 {
        let ids = |numbers: &[u16]| numbers.iter().map(|number| RequirementId::worker(*number)).collect();
        let upheld = ids(&[self.upheld, &[ANSWERED]].concat());
        let known = Known { upheld, certain: ids(self.certain), needed: self.needed };
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
        InARun { upheld: &[LARGE], certain: &[LARGE], needed: false }.resolves(&[SPLIT, LARGE]),
        LARGE
    );
}

/// Without what is unusual about the message it goes well, so that is the cause, even if it went well elsewhere.
#[test]
fn what_is_needed_to_show_it_is_the_cause() {
    let run = InARun { upheld: &[SPLIT, HIGH_ID], certain: &[], needed: true };
    assert_eq!(run.resolves(&[SPLIT]), SPLIT);
    assert_eq!(run.resolves(&[SPLIT, HIGH_ID]), SPLIT);
    // A control run has an id as well, so it does not tell whether that is needed.
    assert_eq!(run.resolves(&[HIGH_ID]), ANSWERED);
    assert_eq!(run.resolves(&[HIGH_ID, REUSED_ID]), REUSED_ID);
    // Of two, either may be needed; the one that went well elsewhere is not.
    assert_eq!(run.resolves(&[SPLIT, LARGE]), LARGE);
    assert_eq!(InARun { needed: true, ..Default::default() }.resolves(&[SPLIT, LARGE]), ANSWERED);
}

/// Where nothing ever worked, that a suspect was not upheld says nothing.
#[test]
fn in_a_run_without_answers_it_is_the_general_requirement() {
    let split = unanswered(&[SPLIT]);
    assert_eq!(resolve(&split, &Known::default()).number(), ANSWERED);
    assert_eq!(resolve(&split, &Known { needed: true, ..Default::default() }).number(), SPLIT);
}

/// From bytes to the requirement: request 2097151 goes unanswered, request 7 does not.
#[test]
fn from_a_history_to_the_cause() {
    let found = Run::proto()
        .multiplex()
        .send_bytes(&hex("0a 0a06 2d2d776f726b 1807"))
        .receive_bytes(&hex("02 1807"))
        .send_bytes(&hex("0c 0a06 2d2d776f726b 18ffff7f"))
        .waits_for_response()
        .killed()
        .finds();
    let upheld = found.0.iter().filter_map(|finding| match finding.verdict {
        Verdict::Upheld(id) => Some(id),
        _ => None,
    });
    let known = Known { upheld: upheld.collect(), ..Default::default() };
    assert_eq!(resolve(found.breaches()[0], &known), RequirementId::worker(HIGH_ID));
}
