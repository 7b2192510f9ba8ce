//! How workers are ended.

use std::time::Duration;

use crate::history::{Event, Signal};

use super::case::{Told, exiting};

fn served() -> (Told, usize) {
    let mut told = Told::new();
    told.to_the_end = true;
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    (told, worker)
}

#[test]
fn an_ended_worker_upholds_all_of_it() {
    let (mut told, worker) = served();
    told.tell(worker, Event::StdinClosed).tell(worker, exiting(Some(0)));
    told.upholds(&[130, 131, 132, 134]);
}

#[test]
fn a_worker_that_is_left_was_forgotten_or_not_killed() {
    let (mut told, worker) = served();
    told.seen.end.left = vec![worker];
    told.breaks(&[130]);
    told.tell(worker, Event::StdinClosed);
    told.breaks(&[130]);
    told.seen.end.ended = told.now() + Duration::from_secs(5);
    told.breaks(&[133]);
    told.seen.end.left.clear();
    told.upholds(&[133]);
}

#[test]
fn what_the_suite_has_ended_by_force_says_nothing() {
    let (mut told, worker) = served();
    told.seen.end.left = vec![worker];
    told.seen.end.forced = true;
    told.upholds(&[]);
}

#[test]
fn a_worker_that_gets_sigkill_at_once_could_not_tidy_up() {
    // Nothing came behind the answer: no sign that it was asked to end.
    let (mut told, _) = served();
    told.breaks(&[132]);
    told.seen.end.killed_by_case.push(0);
    told.upholds(&[]);
}

#[test]
fn the_end_of_input_comes_with_the_signal() {
    let (mut told, worker) = served();
    told.tell(worker, Event::Signalled(Signal::Term));
    told.breaks(&[131]);
    told.tell(worker, Event::StdinClosed);
    told.upholds(&[131]);
}

#[test]
fn a_worker_has_a_group_of_its_own() {
    let (mut told, worker) = served();
    told.tell(worker, Event::StdinClosed).tell(worker, Event::Child { pid: 1, ticks: 1 });
    told.upholds(&[134]);
    told.seen.end.children_left = vec![worker];
    told.breaks(&[134]);
    told.seen.end.children_left.clear();
    told.seen.sessions[worker].start.group = 1;
    told.breaks(&[134]);
}

#[test]
fn a_killed_client_leaves_the_end_of_input() {
    let (mut told, worker) = served();
    told.seen.end.killed = true;
    told.breaks(&[7]);
    told.tell(worker, Event::StdinClosed);
    told.upholds(&[7]);
}

#[test]
fn sandboxes_are_removed() {
    let (mut told, worker) = served();
    told.tell(worker, Event::StdinClosed);
    told.seen.bounds.sandboxing = true;
    told.upholds(&[118]);
    told.seen.end.sandboxes_left = vec!["worker-1".into()];
    told.breaks(&[118]);
}

#[test]
fn a_directory_goes_after_its_worker() {
    let (mut told, worker) = served();
    told.tell(worker, Event::StdinClosed).tell(worker, Event::Homeless);
    told.breaks(&[138]);
}

#[test]
fn only_outputs_are_taken_out_of_a_sandbox() {
    let (mut told, worker) = served();
    told.tell(worker, Event::StdinClosed).seen.bounds.sandboxing = true;
    told.upholds(&[118]);
    told.seen.end.moved = vec!["left.txt".into()];
    told.breaks(&[113]);
}
