//! What workers are asked, and how they are started.

use pwp_proto::{Framing, WorkRequest};

use crate::history::{Event, InputState};

use super::case::{Told, request};
use pwp_spec::Feature;

fn one() -> (Told, usize) {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    (told, worker)
}

#[test]
fn a_good_client_upholds_what_one_request_shows() {
    let (told, _) = one();
    told.upholds(&[1, 2, 3, 5, 8, 10, 11, 12, 30, 32, 45, 46, 50, 51, 54, 55, 57, 69, 130, 134]);
}

#[test]
fn the_flag_is_there_once_and_behind_the_flags_of_the_action() {
    for (argv, broken) in [
        (vec!["--release=17"], vec![2]),
        (vec!["--release=17", "--persistent_worker", "--persistent_worker"], vec![2]),
        (vec!["--persistent_worker", "--release=17"], vec![3]),
        (vec!["--persistent_worker"], vec![10]),
        (vec!["--release=17", "--persistent_worker", "@a.params"], vec![30]),
    ] {
        let mut told = Told::new();
        told.action("a");
        let worker = told.start(&argv);
        told.asks(worker, "a", 0).answers(worker, 0);
        told.breaks(&broken);
    }
}

#[test]
fn a_process_for_one_action_has_no_flag() {
    let mut told = Told::new();
    told.action("a").worker = false;
    told.start(&["--release=17", "@a.params"]);
    told.upholds(&[2]);
    told.start(&["--release=17", "--persistent_worker", "@a.params"]);
    told.breaks(&[2]);
}

#[test]
fn only_an_action_that_declares_it_goes_to_a_worker() {
    let (mut told, _) = one();
    told.seen.actions[0].declared.worker = false;
    told.breaks(&[1]);
}

#[test]
fn extra_flags_go_to_their_mnemonic() {
    let (mut told, worker) = one();
    told.seen.bounds.extra_flags.insert("Probe".into(), vec!["--x".into()]);
    told.breaks(&[4]);
    told.seen.sessions[worker].start.argv.push("--x".into());
    told.upholds(&[4]);
    told.seen.bounds.extra_flags.insert("Other".into(), vec!["--y".into()]);
    told.seen.sessions[worker].start.argv.push("--y".into());
    told.breaks(&[4]);
}

#[test]
fn the_environment_is_what_the_action_declares() {
    let (mut told, worker) = one();
    told.seen.sessions[worker].start.env.insert("HOME".into(), "/home/me".into());
    told.breaks(&[5]);
    let (mut told, _) = one();
    told.seen.actions[0].declared.env.insert("COLOUR".into(), "blue".into());
    told.breaks(&[5]);
}

#[test]
fn another_dialect_is_seen() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    let json = pwp_proto::encode(Framing::Json, &request("a", 0));
    let answer = pwp_proto::encode(Framing::Json, &pwp_proto::WorkResponse::default());
    told.tell(worker, Event::Sent(json.clone())).tell(worker, Event::Received(answer.clone()));
    told.breaks(&[8]);
    told.seen.actions[0].declared.dialect = Some(Framing::Json);
    told.upholds(&[8, 58]);
    told.action("b");
    let second = pwp_proto::encode(Framing::Json, &request("b", 0));
    told.tell(worker, Event::Sent(second)).tell(worker, Event::Received(answer));
    told.breaks(&[8, 10]);
}

#[test]
fn a_process_serves_one_key() {
    let (mut told, worker) = one();
    told.action("b").startup = vec!["--release=21".into()];
    told.asks(worker, "b", 0).answers(worker, 0);
    told.breaks(&[10]);

    let (mut told, worker) = one();
    told.action("b").mnemonic = "Other".into();
    told.asks(worker, "b", 0).answers(worker, 0);
    told.breaks(&[11]);

    let (mut told, worker) = one();
    told.build().action("b").tools = ["2".into(), "1".into()];
    told.asks(worker, "b", 0).answers(worker, 0);
    told.breaks(&[12]);
}

#[test]
fn limits_are_kept() {
    let mut told = Told::new();
    told.seen.bounds.max_instances = Some(1);
    told.action("a");
    told.action("b");
    let (one, two) = (told.worker(), told.worker());
    told.asks(one, "a", 0).asks(two, "b", 0).answers(one, 0).answers(two, 0);
    told.breaks(&[20]);
    told.seen.bounds.max_instances = Some(2);
    told.upholds(&[20]);

    let mut told = Told::new();
    told.seen.bounds.max_multiplex_instances = Some(1);
    told.multiplex("a");
    told.multiplex("b");
    let worker = told.worker();
    told.asks(worker, "a", 1).asks(worker, "b", 2).answers(worker, 1).answers(worker, 2);
    told.breaks(&[21]);
}

#[test]
fn a_difference_in_the_arguments_names_the_rule_that_it_breaks() {
    for (got, broken) in [
        (vec!["--name=a", "@more"], 32),
        (vec!["--name=a", "two words"], 35),
        (vec!["--name=a", " two words ", "--release=17"], 30),
    ] {
        let mut told = Told::new();
        let lines = super::ids::LINES;
        told.action("a").request.push((" two words ".into(), lines));
        let worker = told.worker();
        let arguments = got.iter().map(|text| (*text).to_owned()).collect();
        told.request(worker, &WorkRequest { arguments, ..request("a", 0) }).answers(worker, 0);
        told.breaks(&[broken]);
    }
}

#[test]
fn paths_of_generated_files_are_the_clients_own() {
    let mut told = Told::new();
    told.action("a").request.push(("--out=\0a.out".into(), super::ids::EXPAND));
    let worker = told.worker();
    let arguments = vec!["--name=a".into(), "--out=some/where/a.out".into()];
    told.request(worker, &WorkRequest { arguments, ..request("a", 0) }).answers(worker, 0);
    told.upholds(&[32]);
}

#[test]
fn ids_fit_the_mode() {
    let (mut told, worker) = one();
    told.action("b");
    told.asks(worker, "b", 4).answers(worker, 4);
    told.breaks(&[45, 50]);

    let mut told = Told::new();
    told.multiplex("a");
    let worker = told.worker();
    told.asks(worker, "a", -1).answers(worker, -1);
    told.breaks(&[47]);

    let mut told = Told::new();
    told.multiplex("a");
    told.multiplex("b");
    let worker = told.worker();
    told.asks(worker, "a", 3).asks(worker, "b", 3).answers(worker, 3).answers(worker, 3);
    told.breaks(&[48]);
}

#[test]
fn a_singleplex_worker_gets_one_request_at_a_time() {
    let mut told = Told::new();
    told.action("a");
    told.action("b");
    let worker = told.worker();
    told.asks(worker, "a", 0).asks(worker, "b", 0).answers(worker, 0).answers(worker, 0);
    told.breaks(&[46]);
}

#[test]
fn inputs_are_those_of_the_action() {
    let mut told = Told::new();
    told.action("a").inputs.push("tool/probe.sh".into());
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    told.breaks(&[51]);

    let (mut told, _) = one();
    told.seen.actions[0].declared.inputs.clear();
    told.breaks(&[51]);
}

#[test]
fn a_path_is_written_as_the_arguments_write_it() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    let mut absolute = request("a", 0);
    absolute.inputs[0].path = "/run/a.src".into();
    told.request(worker, &absolute).answers(worker, 0);
    told.breaks(&[52]);
}

#[test]
fn one_digest_means_one_content() {
    let mut told = Told::new();
    told.action("a");
    told.action("b").inputs = vec!["a.src".into()];
    let worker = told.worker();
    let looked = |request, content: &str| Event::Looked {
        request,
        inputs: vec![("a.src".into(), InputState::File(content.into()))],
        files: None,
    };
    told.asks(worker, "a", 0).tell(worker, looked(1, "old")).answers(worker, 0);
    let second = WorkRequest { arguments: vec!["--name=b".into()], ..request("a", 0) };
    told.request(worker, &second).tell(worker, looked(2, "new")).answers(worker, 0);
    told.breaks(&[53]);
}

#[test]
fn an_input_that_is_not_there_is_a_matter_of_its_path_or_of_the_directory() {
    let looked = |inputs: Vec<(String, InputState)>| Event::Looked { request: 1, inputs, files: None };
    let there = ("a.src".to_owned(), InputState::File("x".into()));
    let missing = ("b.src".to_owned(), InputState::Missing);
    let (mut told, worker) = one();
    told.tell(worker, looked(vec![there, missing.clone()]));
    told.breaks(&[52]);
    let (mut told, worker) = one();
    told.tell(worker, looked(vec![missing]));
    told.breaks(&[6]);
}

#[test]
fn what_nobody_declared_is_not_used() {
    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.request(worker, &WorkRequest { verbosity: 10, ..request("a", 0) }).answers(worker, 0);
    told.breaks(&[54]);

    let mut told = Told::new();
    told.action("a");
    let worker = told.worker();
    told.request(worker, &WorkRequest { sandbox_dir: "s/1".into(), ..request("a", 0) }).answers(worker, 0);
    told.breaks(&[55]);
}

#[test]
fn bytes_that_are_no_request_are_seen() {
    let (mut told, worker) = one();
    told.tell(worker, Event::Sent(vec![2, 0xff, 0xff]));
    told.breaks(&[57]);
    let (mut told, worker) = one();
    told.to_the_end = true;
    told.tell(worker, Event::Sent(vec![9, 1, 1]));
    told.seen.end.killed_by_case.push(worker);
    told.breaks(&[56]);
}

#[test]
fn a_json_request_is_one_line() {
    let mut told = Told::new();
    told.seen.dialect = Framing::Json;
    told.action("a");
    let worker = told.worker();
    told.asks(worker, "a", 0).answers(worker, 0);
    told.upholds(&[58]);
    let Event::Sent(bytes) = &mut told.seen.sessions[worker].events[0].event else { unreachable!() };
    bytes.pop();
    told.breaks(&[58]);
}

#[test]
fn a_sandbox_is_for_one_request() {
    let mut told = Told::new();
    told.seen.bounds.sandboxing = true;
    for name in ["a", "b"] {
        told.multiplex(name).features.insert(Feature::MultiplexSandboxing);
    }
    let worker = told.worker();
    let within =
        |name: &str, id, directory: &str| WorkRequest { sandbox_dir: directory.into(), ..request(name, id) };
    told.request(worker, &within("a", 1, "s/1")).request(worker, &within("b", 2, "s/1"));
    told.answers(worker, 1).answers(worker, 2);
    told.breaks(&[112]);

    let mut told = Told::new();
    told.seen.bounds.sandboxing = true;
    told.multiplex("a");
    let worker = told.worker();
    told.asks(worker, "a", 1).answers(worker, 1);
    told.breaks(&[116]);

    let (mut told, worker) = one();
    told.seen.bounds.sandboxing = true;
    let files = Some(vec!["a.src".to_owned(), "left.txt".to_owned()]);
    told.tell(worker, Event::Looked { request: 1, inputs: Vec::new(), files });
    told.breaks(&[111]);
}

#[test]
fn an_input_in_a_sandbox_has_its_present_content() {
    for (found, is_present) in [("old", false), ("new", true)] {
        let (mut told, worker) = one();
        told.seen.bounds.sandboxing = true;
        told.seen.actions[0].declared.contents = vec![("common.shared".into(), "new".into())];
        let inputs = vec![("in/common.shared".to_owned(), InputState::File(found.into()))];
        told.tell(worker, Event::Looked { request: 1, inputs, files: None });
        if is_present { told.upholds(&[110]) } else { told.breaks(&[110]) }
    }
}
