//! Idle workers, memory, races, outputs and logs.

use pwp_proto::WorkResponse;

use crate::history::Event;

use super::case::{Told, exiting};
use crate::oracle::across::LogSeen;
use pwp_spec::Feature;

#[test]
fn an_idle_worker_is_ended_before_long() {
    for (seconds, in_time) in [(1, true), (7, false)] {
        let mut told = Told::to_the_end(&["a"]);
        told.seen.bounds.idle_limit_ms = Some(300);
        told.serves("a", 0).later(seconds).ends();
        told.build("b").worker().serves("b", 0).ends().decides(26, in_time);
    }
    // One that gets a request after so long was kept, too.
    let mut told = Told::of(&["a"]);
    told.seen.bounds.idle_limit_ms = Some(300);
    told.serves("a", 0).later(7).tell(Event::Mark("late".into()));
    told.build("b").serves("b", 0).breaks(&[26]);
}

#[test]
fn the_idle_worker_goes_when_memory_is_short() {
    // One that is idle, and one that works when the limit is passed.
    let both = |limit| {
        let mut told = Told::to_the_end(&["a", "b"]);
        told.seen.bounds.memory_limit_mb = Some(limit);
        told.worker().back_to(0).asks("a", 0).tell(Event::Took(60 << 20)).answers(0);
        told.back_to(1).asks("b", 0).tell(Event::Took(60 << 20));
        told
    };
    both(100).back_to(0).ends().back_to(1).answers(0).ends().upholds(&[27]);
    both(100).ends().fails("b").back_to(0).ends().breaks(&[27]);
    let mut late = both(100);
    late.later(7).tell(Event::Mark("late".into())).answers(0);
    late.back_to(0).ends().back_to(1).ends().breaks(&[27]);
    // Together they are below the limit.
    both(200).answers(0).back_to(0).ends().back_to(1).ends().upholds(&[]);
}

#[test]
fn what_was_given_up_keeps_its_files_and_a_process_its_tools() {
    let kept = |kept: bool, interrupted: bool| {
        let mut told = Told::of(&["a"]);
        told.asks("a", 0);
        if interrupted {
            told.interrupted("a");
        }
        told.tell(Event::Kept { request: 1, path: "a.out".into(), kept }).answers(0);
        told
    };
    kept(true, true).upholds(&[103]);
    kept(false, true).breaks(&[103]);
    // The outputs of a request that is wanted are nobody's business here.
    kept(false, false).upholds(&[]);
    for there in [true, false] {
        let opened = Event::Opened { path: "tool".into(), there };
        Told::of(&["a"]).asks("a", 0).tell(opened).answers(0).decides(115, there);
    }
}

/// A race that the other branch wins; its process has the number 2. `files`: who has signed the outputs.
fn race(cwd: &str, files: &[u32]) -> Told {
    let mut told = Told::to_the_end(&["a"]);
    let declared = told.declared("a");
    declared.raced = true;
    declared.outputs_in = "/run".into();
    declared.features.insert(Feature::Cancellation);
    told.started().cwd = cwd.into();
    told.asks("a", 0).start(&["--release=17", "@a.params"]);
    told.tell(Event::Wrote { request: 0, path: "out/a.out".into(), error: String::new() });
    told.tell(Event::Printed("said by process 2.\n".into())).tell(exiting(Some(0))).back_to(0);
    told.seen.builds[0].messages = "a: said by process 2.\n".into();
    told.seen.end.signed.insert("a".into(), files.to_vec());
    told
}

#[test]
fn a_race_has_one_winner_and_a_sandbox_and_the_loser_is_told() {
    let lost = WorkResponse { output: "said by process 1.\n".into(), ..WorkResponse::default() };
    race("/sandbox", &[2, 2]).cancels(0).answer(&lost).ends().upholds(&[120, 121, 122]);
    for files in [[1, 1], [1, 2]] {
        race("/sandbox", &files).cancels(0).answer(&lost).ends().breaks(&[120]);
    }
    race("/run", &[2, 2]).cancels(0).answer(&lost).ends().breaks(&[121]);
    race("/sandbox", &[2, 2]).answer(&lost).ends().breaks(&[122]);
    race("/sandbox", &[2, 2]).ends().breaks(&[122]);
}

#[test]
fn each_worker_has_a_log_of_its_own() {
    let logs = |texts: &[&str]| {
        let mut told = Told::of(&["a", "b"]);
        told.asks("a", 0).tell(Event::Stderr(b"this is process 1.\n".to_vec())).answers(0);
        told.worker().asks("b", 0).tell(Event::Stderr(b"this is process 2.\n".to_vec())).answers(0);
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
    told.breaks(&[141]).seen.end.logs = None;
    told.upholds(&[]);
}
