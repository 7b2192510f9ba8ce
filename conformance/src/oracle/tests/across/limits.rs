//! Idle workers, memory, second tries, races and logs.

use pwp_proto::WorkResponse;
use serde_json::json;

use crate::history::Event;

use super::case::{Told, exiting, request};
use crate::oracle::across::{LogSeen, StatusSeen};
use crate::oracle::ids;
use pwp_spec::Feature;

/// Seconds pass: an event of this time is told.
fn later(told: &mut Told, session: usize, seconds: u64, event: Event) {
    for _ in 0..seconds * 1000 {
        told.now();
    }
    told.tell(session, event);
}

#[test]
fn an_idle_worker_is_ended_before_long() {
    let idle = |seconds: u64| {
        let mut told = Told::new();
        told.seen.bounds.idle_limit_ms = Some(300);
        told.to_the_end = true;
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0).answers(worker, 0);
        later(&mut told, worker, seconds, Event::StdinClosed);
        told.build().action("b");
        let next = told.worker();
        told.asks(next, "b", 0).answers(next, 0).tell(next, Event::StdinClosed);
        told
    };
    idle(1).upholds(&[26]);
    idle(7).breaks(&[26]);
    // One that gets a request after so long was kept, too.
    let mut told = Told::new();
    told.seen.bounds.idle_limit_ms = Some(300);
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    later(&mut told, worker, 7, Event::Mark("late".into()));
    told.build().action("b");
    told.asks(worker, "b", 0).answers(worker, 0);
    told.breaks(&[26]);
}

#[test]
fn the_idle_worker_goes_when_memory_is_short() {
    // One that is idle, and one that works when the limit is passed.
    let both = || {
        let mut told = Told::new();
        told.seen.bounds.memory_limit_mb = Some(100);
        told.to_the_end = true;
        told.action("a");
        told.action("b");
        let (idle, working) = (told.worker(), told.worker());
        told.asks(idle, "a", 0).tell(idle, Event::Took(60 << 20)).answers(idle, 0);
        told.asks(working, "b", 0).tell(working, Event::Took(60 << 20));
        (told, idle, working)
    };
    let (mut told, idle, working) = both();
    told.tell(idle, Event::StdinClosed).answers(working, 0).tell(working, Event::StdinClosed);
    told.upholds(&[27]);

    let (mut told, idle, working) = both();
    told.tell(working, Event::StdinClosed).status("b", StatusSeen::Failed).tell(idle, Event::StdinClosed);
    told.breaks(&[27]);

    let (mut told, idle, working) = both();
    later(&mut told, working, 7, Event::Mark("late".into()));
    told.answers(working, 0).tell(idle, Event::StdinClosed).tell(working, Event::StdinClosed);
    told.breaks(&[27]);

    // Together they are below the limit.
    let (mut told, idle, working) = both();
    told.seen.bounds.memory_limit_mb = Some(200);
    told.answers(working, 0).tell(idle, Event::StdinClosed).tell(working, Event::StdinClosed);
    told.upholds(&[]);
}

#[test]
fn an_action_runs_again_when_its_worker_is_gone_and_its_outputs_are() {
    let malformed = || Event::Received(vec![2, 0xff, 0xff]);
    let again = |lives: bool, found: bool| {
        let mut told = Told::new();
        told.to_the_end = true;
        told.action("a");
        let first = told.worker();
        told.asks(first, "a", 0).tell(first, malformed()).tell(first, Event::StdinClosed);
        let second = told.worker();
        told.asks(second, "a", 0);
        if found {
            told.tell(second, Event::Found { request: 1, outputs: vec!["a.out".into()] });
        }
        if lives {
            told.tell(first, exiting(Some(0)));
        }
        told.answers(second, 0).tell(second, Event::StdinClosed);
        told
    };
    again(false, false).upholds(&[86]);
    again(true, false).breaks(&[86]);
    again(false, true).breaks(&[86]);
}

#[test]
fn what_was_given_up_keeps_its_files_and_a_process_its_tools() {
    let kept = |kept: bool, interrupted: bool| {
        let mut told = Told::new();
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0);
        if interrupted {
            let now = told.now();
            told.status("a", StatusSeen::Interrupted).seen.builds[0].interrupted = Some(now);
        }
        told.tell(worker, Event::Kept { request: 1, path: "a.out".into(), kept });
        told.answers(worker, 0);
        told
    };
    kept(true, true).upholds(&[103]);
    kept(false, true).breaks(&[103]);
    // The outputs of a request that is wanted are nobody's business here.
    kept(false, false).upholds(&[]);

    for there in [true, false] {
        let mut told = Told::new();
        told.action("a");
        let worker = told.worker();
        told.asks(worker, "a", 0);
        told.tell(worker, Event::Opened { path: "tool".into(), there }).answers(worker, 0);
        if there { told.upholds(&[115]) } else { told.breaks(&[115]) }
    }
}

#[test]
fn a_request_is_complete_before_the_next_one_begins() {
    let bytes = |name: &str| {
        let mut long = request(name, 2);
        long.arguments.push("x".repeat(300));
        pwp_proto::encode(pwp_proto::Framing::Proto, &long)
    };
    let given_up = || {
        let mut told = Told::new();
        told.multiplex("first");
        told.multiplex("a").request.push(("x".repeat(300), ids::EXPAND));
        told.multiplex("b").request.push(("x".repeat(300), ids::EXPAND));
        told.status("a", StatusSeen::Interrupted).status("b", StatusSeen::Failed);
        let worker = told.worker();
        told.asks(worker, "first", 1);
        (told, worker)
    };
    let (mut told, worker) = given_up();
    told.tell(worker, Event::Sent(bytes("a")[..100].to_vec()));
    told.tell(worker, Event::Sent(bytes("b")[..200].to_vec())).answers(worker, 1);
    told.breaks(&[56]);
    // Whoever ends the worker may leave it at that.
    let (mut told, worker) = given_up();
    told.tell(worker, Event::Sent(bytes("a")[..100].to_vec())).answers(worker, 1);
    told.upholds(&[]);
}

#[test]
fn an_open_request_is_answered_by_its_process() {
    for answered in [true, false] {
        let mut told = Told::new();
        told.to_the_end = true;
        told.multiplex("a");
        let first = told.worker();
        told.asks(first, "a", 1);
        if answered {
            told.answers(first, 1);
        }
        told.tell(first, Event::StdinClosed);
        if !answered {
            let second = told.worker();
            told.asks(second, "a", 1).answers(second, 1).tell(second, Event::StdinClosed);
        }
        told.seen.processes = serde_json::from_value(json!([{"for": ids::TOOLS, "answered": "a"}])).unwrap();
        if answered { told.upholds(&[12]) } else { told.breaks(&[12]) }
    }
}

/// A race that the other branch wins; its process has the number 2. `files`: who has signed the outputs.
fn race(cwd: &str, files: &[u32]) -> (Told, usize) {
    let mut told = Told::new();
    told.to_the_end = true;
    let declared = told.action("a");
    declared.raced = true;
    declared.outputs_in = "/run".into();
    declared.features.insert(Feature::Cancellation);
    let worker = told.worker();
    told.seen.sessions[worker].start.cwd = cwd.into();
    told.asks(worker, "a", 0);
    let other = told.start(&["--release=17", "@a.params"]);
    told.tell(other, Event::Wrote { request: 0, path: "out/a.out".into(), error: String::new() });
    told.tell(other, Event::Printed("said by process 2.\n".into()));
    told.tell(other, exiting(Some(0)));
    told.seen.builds[0].messages = "a: said by process 2.\n".into();
    told.seen.end.signed.insert("a".into(), files.to_vec());
    (told, worker)
}

#[test]
fn a_race_has_one_winner_and_a_sandbox_and_the_loser_is_told() {
    let lost = WorkResponse { output: "said by process 1.\n".into(), ..WorkResponse::default() };
    let (mut told, worker) = race("/sandbox", &[2, 2]);
    told.cancels(worker, 0).answer(worker, &lost).tell(worker, Event::StdinClosed);
    told.upholds(&[120, 121, 122]);

    for files in [[1, 1], [1, 2]] {
        let (mut told, worker) = race("/sandbox", &files);
        told.cancels(worker, 0).answer(worker, &lost).tell(worker, Event::StdinClosed);
        told.breaks(&[120]);
    }

    let (mut told, worker) = race("/run", &[2, 2]);
    told.cancels(worker, 0).answer(worker, &lost).tell(worker, Event::StdinClosed);
    told.breaks(&[121]);

    let (mut told, worker) = race("/sandbox", &[2, 2]);
    told.answer(worker, &lost).tell(worker, Event::StdinClosed);
    told.breaks(&[122]);
    let (mut told, worker) = race("/sandbox", &[2, 2]);
    told.tell(worker, Event::StdinClosed);
    told.breaks(&[122]);
}

#[test]
fn each_worker_has_a_log_of_its_own() {
    let logs = |texts: &[&str]| {
        let mut told = Told::new();
        for name in ["a", "b"] {
            told.action(name);
            let worker = told.worker();
            let text = format!("this is process {}.\n", worker + 1);
            told.asks(worker, name, 0).tell(worker, Event::Stderr(text.into_bytes())).answers(worker, 0);
        }
        let seen = |text: &&str| LogSeen { path: "log".into(), text: (*text).into() };
        told.seen.end.logs = Some(texts.iter().map(seen).collect());
        told
    };
    let (one, two) = ("this is process 1.\n", "this is process 2.\n");
    logs(&[one, two]).upholds(&[141]);
    logs(&[&format!("{one}{two}")]).breaks(&[141]);
    logs(&[one]).breaks(&[141]);
    // A client that can't be asked.
    let mut told = logs(&[]);
    told.breaks(&[141]);
    told.seen.end.logs = None;
    told.upholds(&[]);
}
