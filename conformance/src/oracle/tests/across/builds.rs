//! What a client makes of answers, and of workers that fail.

use pwp_proto::WorkResponse;
use serde_json::json;

use crate::history::Event;

use super::case::{Told, exiting};
use crate::oracle::across::{Expectation, StatusSeen, StatusWanted};
use crate::oracle::ids;
use pwp_spec::Feature;

#[test]
fn a_response_with_an_unknown_id_answers_nothing() {
    let mut told = Told::new();
    told.multiplex("a");
    let worker = told.worker();
    told.asks(worker, "a", 1).answers(worker, 7);
    told.breaks(&[61]);
    told.status("a", StatusSeen::Failed);
    told.upholds(&[61, 64]);
    told.status("a", StatusSeen::Hung);
    told.seen.builds[0].hung = Some(10);
    told.breaks(&[61]);
}

#[test]
fn an_action_that_was_run_again_may_succeed() {
    let mut told = Told::new();
    told.to_the_end = true;
    told.multiplex("a");
    let first = told.worker();
    told.asks(first, "a", 1).answers(first, 7).tell(first, Event::StdinClosed);
    let second = told.worker();
    told.asks(second, "a", 1).answers(second, 1).tell(second, Event::StdinClosed);
    told.upholds(&[69]);
}

#[test]
fn a_surplus_response_does_not_answer_the_next_request() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0).answers(worker, 0);
    told.build().action("b");
    told.asks(worker, "b", 0);
    told.breaks(&[62]);
    told.answer(worker, &WorkResponse { exit_code: 1, ..WorkResponse::default() });
    told.breaks(&[62]);
    told.status("b", StatusSeen::Failed);
    told.upholds(&[62]);
}

#[test]
fn a_response_that_was_begun_before_the_request_does_not_answer_it() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0).tell(worker, Event::Received(vec![3, 0x12, 1]));
    told.build().action("b");
    told.asks(worker, "b", 0).tell(worker, Event::Received(vec![b'x']));
    told.breaks(&[62]);
    told.answer(worker, &WorkResponse { exit_code: 1, ..WorkResponse::default() });
    told.breaks(&[62]);
    told.status("b", StatusSeen::Failed);
    told.upholds(&[62]);
}

#[test]
fn a_worker_that_wrote_what_cannot_be_read_is_not_used_again() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).tell(worker, Event::Received(vec![2, 0xff, 0xff]));
    told.status("a", StatusSeen::Failed).build().action("b");
    let next = told.worker();
    told.asks(next, "b", 0).answers(next, 0);
    told.upholds(&[63, 64]);

    let mut told = Told::new();
    told.multiplex("a");
    let worker = told.worker();
    told.asks(worker, "a", 1).tell(worker, Event::Received(vec![2, 0xff, 0xff]));
    told.status("a", StatusSeen::Failed).build().multiplex("b");
    told.asks(worker, "b", 2).status("b", StatusSeen::Failed);
    told.breaks(&[63]);
}

#[test]
fn a_client_that_crashes_breaks_one_rule() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).tell(worker, Event::Received(vec![2, 0xff, 0xff]));
    told.status("a", StatusSeen::Failed).seen.builds[0].crashed = Some("exit status 37".into());
    told.breaks(&[64]);
}

#[test]
fn an_exit_code_is_the_result() {
    for exit_code in [1, 256, -1] {
        let mut told = Told::new();
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0).answer(worker, &WorkResponse { exit_code, ..WorkResponse::default() });
        told.breaks(&[69]);
        told.status("a", StatusSeen::Failed);
        told.upholds(&[69]);
    }
}

#[test]
fn was_cancelled_needs_a_cancel() {
    let mut told = Told::new();
    told.action("a").features.insert(Feature::Cancellation);
    let worker = told.worker();
    let cancelled = WorkResponse { was_cancelled: true, ..WorkResponse::default() };
    told.asks(worker, "a", 0).answer(worker, &cancelled);
    told.breaks(&[100]);

    let mut told = Told::new();
    told.action("a").features.insert(Feature::Cancellation);
    let worker = told.worker();
    told.asks(worker, "a", 0).cancels(worker, 0).answer(worker, &cancelled);
    told.status("a", StatusSeen::Interrupted);
    told.upholds(&[95, 96, 97]);
}

#[test]
fn a_cancel_is_declared_bare_and_in_time() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).cancels(worker, 0).answers(worker, 0);
    told.breaks(&[95]);

    let mut told = Told::new();
    told.action("a").features.insert(Feature::Cancellation);
    let worker = told.worker();
    let copied = pwp_proto::WorkRequest { cancel: true, ..super::case::request("a", 0) };
    told.asks(worker, "a", 0).request(worker, &copied).answers(worker, 0);
    told.breaks(&[96]);

    let mut told = Told::new();
    for name in ["a", "b"] {
        told.multiplex(name).features.insert(Feature::Cancellation);
    }
    let worker = told.worker();
    told.asks(worker, "a", 1).answers(worker, 1).asks(worker, "b", 2).cancels(worker, 1).answers(worker, 2);
    told.breaks(&[97]);

    // A success that nobody wanted to stop is not cancelled while its response is on its way.
    let mut told = Told::new();
    told.action("a").features.insert(Feature::Cancellation);
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0).cancels(worker, 0);
    told.breaks(&[97]);

    let mut told = Told::new();
    let action = told.action("a");
    action.features.insert(Feature::Cancellation);
    action.given_up = true;
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0).cancels(worker, 0);
    told.breaks(&[]);
}

#[test]
fn a_request_that_was_given_up_is_open_until_it_is_answered() {
    let interrupted = || {
        let mut told = Told::new();
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0).status("a", StatusSeen::Interrupted);
        let now = told.now();
        told.seen.builds[0].interrupted = Some(now);
        told.build().action("b");
        (told, worker)
    };
    let (mut told, worker) = interrupted();
    told.asks(worker, "b", 0).answers(worker, 0).answers(worker, 0);
    told.breaks(&[98]);
    let (mut told, worker) = interrupted();
    told.answers(worker, 0).asks(worker, "b", 0).answers(worker, 0);
    told.upholds(&[81, 98]);
}

#[test]
fn a_hang_breaks_what_kept_it_waiting() {
    let hung = |events: &[Event]| {
        let mut told = Told::new();
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0);
        for event in events {
            told.tell(worker, event.clone());
        }
        told.status("a", StatusSeen::Hung).seen.builds[0].hung = Some(10);
        told
    };
    hung(&[]).breaks(&[80]);
    hung(&[exiting(Some(1))]).breaks(&[82]);
    hung(&[Event::Received(vec![2, 0xff, 0xff])]).breaks(&[63]);
    let mut told = hung(&[]);
    told.seen.builds[0].freed = Some(false);
    told.breaks(&[80, 81]);
    told.seen.hang = Some(ids::UNASKED);
    told.breaks(&[62, 81]);
}

#[test]
fn a_crash_is_laid_to_workers_only_if_one_has_spoken() {
    let mut told = Told::new();
    told.action("a");
    told.seen.builds[0].crashed = Some("exit status 37".into());
    told.seen.hang = Some(ids::EXPAND);
    told.status("a", StatusSeen::Unknown).breaks(&[32]);
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    told.breaks(&[64]);
}

#[test]
fn a_case_can_expect_an_outcome_and_messages() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    let expect = |status, says: Option<&str>, silent: Option<&str>| Expectation {
        requirement: ids::AFTER_FAULT,
        status,
        says: says.map(str::to_owned),
        silent_about: silent.map(str::to_owned),
    };
    told.seen.builds[0].messages = "all is well".into();
    told.seen.actions[0].expected = vec![
        expect(Some(StatusWanted::Succeeded), Some("well"), Some("bad")),
        expect(Some(StatusWanted::Ended), None, None),
    ];
    told.upholds(&[63]);
    for expected in [
        expect(Some(StatusWanted::Failed), None, None),
        expect(None, Some("bad"), None),
        expect(None, None, Some("well")),
    ] {
        told.seen.actions[0].expected = vec![expected];
        told.breaks(&[63]);
    }
}

#[test]
fn a_case_can_expect_who_shares_a_process() {
    let mut told = Told::new();
    told.action("a");
    told.action("b");
    let (one, two) = (told.worker(), told.worker());
    told.asks(one, "a", 0).answers(one, 0).asks(two, "b", 0).answers(two, 0);
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
        if right { told.upholds(&[10]) } else { told.breaks(&[10]) }
    }
}
