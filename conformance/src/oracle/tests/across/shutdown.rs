//! How workers are ended.

use std::time::Duration;

use crate::history::{Event, Signal};

use super::case::{Told, exiting};

fn served() -> Told {
    let mut told = Told::to_the_end(&["a"]);
    told.serves("a", 0);
    told
}

fn ended() -> Told {
    let mut told = served();
    told.ends();
    told
}

#[test]
fn an_ended_worker_upholds_all_of_it() {
    ended().tell(exiting(Some(0))).upholds(&[130, 131, 132, 134]);
}

#[test]
fn a_worker_that_is_left_was_forgotten_or_not_killed() {
    let mut told = served();
    told.seen.end.left = vec![0];
    told.breaks(&[130]).ends().breaks(&[130]);
    told.seen.end.ended = told.now() + Duration::from_secs(5);
    told.breaks(&[133]);
    told.seen.end.left.clear();
    told.upholds(&[133]);
}

#[test]
fn what_the_suite_has_ended_by_force_says_nothing() {
    let mut told = served();
    told.seen.end.left = vec![0];
    told.seen.end.forced = true;
    told.upholds(&[]);
}

#[test]
fn a_worker_that_gets_sigkill_at_once_could_not_tidy_up() {
    // Nothing came behind the answer: no sign that it was asked to end.
    let mut told = served();
    told.breaks(&[132]);
    told.seen.end.killed_by_case.push(0);
    told.upholds(&[]);
}

#[test]
fn the_end_of_input_comes_with_the_signal() {
    served().tell(Event::Signalled(Signal::Term)).breaks(&[131]).ends().upholds(&[131]);
}

#[test]
fn a_worker_has_a_group_of_its_own() {
    let mut told = ended();
    told.tell(Event::Child { pid: 1, ticks: 1 }).upholds(&[134]);
    told.seen.end.children_left = vec![0];
    told.breaks(&[134]);
    told.seen.end.children_left.clear();
    told.started().group = 1;
    told.breaks(&[134]);
}

#[test]
fn a_killed_client_leaves_the_end_of_input() {
    let mut told = served();
    told.seen.end.killed = true;
    told.breaks(&[7]).ends().upholds(&[7]);
}

#[test]
fn sandboxes_are_removed_and_only_outputs_are_taken_out_of_them() {
    let mut told = ended();
    told.seen.bounds.sandboxing = true;
    told.upholds(&[118]);
    let mut moved = told.clone();
    moved.seen.end.moved = vec!["left.txt".into()];
    moved.breaks(&[113]);
    told.seen.end.sandboxes_left = vec!["worker-1".into()];
    told.breaks(&[118]);
}

#[test]
fn a_directory_goes_after_its_worker() {
    ended().tell(Event::Homeless).breaks(&[138]);
}
