//! What a client makes of answers, and of workers that fail.

use std::time::Duration;

use pwp_proto::{WorkRequest, WorkResponse};
use serde_json::json;

use crate::history::Event;

use super::case::{Told, exiting, request};
use crate::oracle::across::{Expectation, StatusSeen, StatusWanted};
use crate::oracle::ids;
use pwp_spec::Feature;

fn failing() -> WorkResponse {
    WorkResponse { exit_code: 1, ..WorkResponse::default() }
}

#[test]
fn a_response_with_an_unknown_id_answers_nothing() {
    let mut told = Told::multiplex(&["a"], &[]);
    told.asks("a", 1).answers(7).breaks(&[61]).fails("a").upholds(&[61, 64]);
    told.status("a", StatusSeen::Hung).seen.builds[0].hung = Some(10);
    told.breaks(&[61]);
}

#[test]
fn an_action_that_was_run_again_may_succeed() {
    let mut told = Told::multiplex(&["a"], &[]);
    told.to_the_end = true;
    told.asks("a", 1).answers(7).ends().worker().serves("a", 1).ends().upholds(&[69]);
}

#[test]
fn a_response_that_was_begun_before_the_request_does_not_answer_it() {
    let mut whole = Told::of(&["a"]);
    whole.serves("a", 0).answers(0).build("b").asks("b", 0);
    let mut begun = Told::of(&["a"]);
    begun.serves("a", 0).writes(&[3, 0x12, 1]).build("b").asks("b", 0).writes(b"x");
    for mut told in [whole, begun] {
        told.breaks(&[62]).answer(&failing()).breaks(&[62]).fails("b").upholds(&[62]);
    }
}

#[test]
fn a_worker_that_wrote_what_cannot_be_read_is_not_used_again() {
    let mut told = Told::of(&["a"]);
    told.asks("a", 0).writes_garbage().fails("a").build("b").worker().serves("b", 0).upholds(&[63, 64]);

    let mut told = Told::multiplex(&["a"], &[]);
    told.asks("a", 1).writes_garbage().fails("a").build("b");
    told.declared("b").features.insert(Feature::Multiplex);
    told.asks("b", 2).fails("b").breaks(&[63]);
}

#[test]
fn a_client_that_crashes_breaks_one_rule() {
    let mut told = Told::of(&["a"]);
    told.seen.builds[0].crashed = Some("exit status 37".into());
    told.asks("a", 0).writes_garbage().fails("a").breaks(&[64]);
}

#[test]
fn an_exit_code_is_the_result() {
    for exit_code in [1, 256, -1] {
        let response = WorkResponse { exit_code, ..WorkResponse::default() };
        Told::of(&["a"]).asks("a", 0).answer(&response).breaks(&[69]).fails("a").upholds(&[69]);
    }
}

/// An action that declares cancellation.
fn cancellable() -> Told {
    let mut told = Told::of(&["a"]);
    told.declared("a").features.insert(Feature::Cancellation);
    told
}

#[test]
fn was_cancelled_needs_a_cancel() {
    let cancelled = WorkResponse { was_cancelled: true, ..WorkResponse::default() };
    cancellable().asks("a", 0).answer(&cancelled).breaks(&[100]);
    let mut told = cancellable();
    told.asks("a", 0).cancels(0).answer(&cancelled).status("a", StatusSeen::Interrupted);
    told.upholds(&[95, 96, 97]);
}

#[test]
fn a_cancel_is_declared_bare_and_in_time() {
    Told::of(&["a"]).asks("a", 0).cancels(0).answers(0).breaks(&[95]);
    let copied = WorkRequest { cancel: true, ..request("a", 0) };
    cancellable().asks("a", 0).request(&copied).answers(0).breaks(&[96]);
    let mut two = Told::multiplex(&["a", "b"], &[Feature::Cancellation]);
    two.serves("a", 1).asks("b", 2).cancels(1).answers(2).breaks(&[97]);
    // A success that nobody wanted to stop is not cancelled while its response is on its way.
    cancellable().serves("a", 0).cancels(0).breaks(&[97]);
    let mut given_up = cancellable();
    given_up.declared("a").given_up = true;
    given_up.serves("a", 0).cancels(0).breaks(&[]);
}

#[test]
fn a_request_that_was_given_up_is_open_until_it_is_answered() {
    let interrupted = || {
        let mut told = Told::of(&["a"]);
        told.asks("a", 0).interrupted("a").build("b");
        told
    };
    interrupted().asks("b", 0).answers(0).answers(0).breaks(&[98]);
    interrupted().answers(0).serves("b", 0).upholds(&[81, 98]);
}

#[test]
fn a_hang_breaks_what_kept_it_waiting() {
    let hung = || {
        let mut told = Told::of(&["a"]);
        told.seen.builds[0].hung = Some(10);
        told.asks("a", 0).status("a", StatusSeen::Hung);
        told
    };
    hung().breaks(&[80]);
    hung().tell(exiting(Some(1))).breaks(&[82]);
    hung().writes_garbage().breaks(&[63]);
    let mut told = hung();
    told.seen.builds[0].freed = Some(false);
    told.breaks(&[80, 81]);
    told.seen.hang = Some(ids::UNASKED);
    told.breaks(&[62, 81]);
}

#[test]
fn a_crash_is_laid_to_workers_only_if_one_has_spoken() {
    let mut told = Told::of(&["a"]);
    told.seen.builds[0].crashed = Some("exit status 37".into());
    told.seen.hang = Some(ids::EXPAND);
    told.seen.sessions.clear();
    told.status("a", StatusSeen::Unknown).breaks(&[32]).worker().serves("a", 0).breaks(&[64]);
}

#[test]
fn a_case_can_expect_an_outcome_and_messages() {
    let mut told = Told::of(&["a"]);
    told.seen.builds[0].messages = "all is well".into();
    told.serves("a", 0);
    let expect = |status, says: Option<&str>, silent: Option<&str>| Expectation {
        requirement: ids::AFTER_FAULT,
        status,
        says: says.map(str::to_owned),
        silent_about: silent.map(str::to_owned),
    };
    let outcome = expect(Some(StatusWanted::Succeeded), Some("well"), Some("bad"));
    for (expected, is_met) in [
        (vec![outcome, expect(Some(StatusWanted::Ended), None, None)], true),
        (vec![expect(Some(StatusWanted::Failed), None, None)], false),
        (vec![expect(None, Some("bad"), None)], false),
        (vec![expect(None, None, Some("well"))], false),
    ] {
        told.seen.actions[0].expected = expected;
        told.decides(63, is_met);
    }
}

#[test]
fn a_case_can_expect_who_shares_a_process() {
    let mut told = Told::of(&["a", "b"]);
    told.worker().back_to(0).serves("a", 0).back_to(1).serves("b", 0);
    let id = ids::KEY;
    for (rule, right) in [
        (json!({"for": id, "together": ["a", "b"]}), false),
        (json!({"for": id, "apart": ["a", "b"]}), true),
        (json!({"for": id, "no_worker": "a"}), false),
        (json!({"for": id, "no_worker": "c"}), true),
        (json!({"for": id, "mark": "tidied"}), false),
        (json!({"for": id, "singleplex": "a"}), true),
    ] {
        told.seen.processes = vec![serde_json::from_value(rule).unwrap()];
        told.decides(10, right);
    }
}

/// A worker can be so slow that it writes its end down behind the build in which it was given up.
#[test]
fn a_client_that_may_have_one_worker_has_given_up_the_one_before() {
    let mut told = Told::of(&["a", "b"]);
    told.worker().back_to(0).serves("a", 0).back_to(1).serves("b", 0);
    told.seen.builds[0].ended = Duration::ZERO;
    let rule = json!({"for": ids::KEY, "together": ["a", "b"]});
    told.seen.processes = vec![serde_json::from_value(rule).unwrap()];
    told.breaks(&[]);
    told.seen.bounds.max_instances = Some(1);
    // Here the first worker never ends, so there are two as well.
    told.breaks(&[10, 20]);
}

#[test]
fn an_open_request_is_answered_by_its_process() {
    for answered in [true, false] {
        let mut told = Told::multiplex(&["a"], &[]);
        told.to_the_end = true;
        told.asks("a", 1);
        if answered {
            told.answers(1).ends();
        } else {
            told.ends().worker().serves("a", 1).ends();
        }
        let rule = json!({"for": ids::TOOLS, "answered": "a"});
        told.seen.processes = vec![serde_json::from_value(rule).unwrap()];
        told.decides(12, answered);
    }
}

#[test]
fn an_action_runs_again_when_its_worker_is_gone_and_its_outputs_are() {
    for (lives, found) in [(false, false), (true, false), (false, true)] {
        let mut told = Told::to_the_end(&["a"]);
        told.asks("a", 0).writes_garbage().ends().worker().asks("a", 0);
        if found {
            told.tell(Event::Found { request: 1, outputs: vec!["a.out".into()] });
        }
        if lives {
            told.back_to(0).tell(exiting(Some(0))).back_to(1);
        }
        told.answers(0).ends().decides(86, !lives && !found);
    }
}
