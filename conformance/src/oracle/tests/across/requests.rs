//! What workers are asked, and how they are started.

use pwp_proto::{Framing, WorkRequest, WorkResponse, encode};

use crate::history::{Event, InputState};

use super::case::{Told, request};
use super::ids;
use crate::oracle::across::StatusSeen;
use pwp_spec::Feature;

/// The request of an action, with its answer.
fn one() -> Told {
    let mut told = Told::of(&["a"]);
    told.serves("a", 0);
    told
}

#[test]
fn a_good_client_upholds_what_one_request_shows() {
    one().upholds(&[1, 2, 3, 5, 8, 10, 11, 12, 30, 32, 45, 46, 50, 51, 54, 55, 57, 69, 130, 134]);
}

#[test]
fn the_flag_is_there_once_and_behind_the_flags_of_the_action() {
    for (argv, broken) in [
        (&["--release=17"][..], 2),
        (&["--release=17", "--persistent_worker", "--persistent_worker"], 2),
        (&["--persistent_worker", "--release=17"], 3),
        (&["--persistent_worker"], 10),
        (&["--release=17", "--persistent_worker", "@a.params"], 30),
    ] {
        let mut told = one();
        told.started().argv = argv.iter().map(|text| (*text).to_owned()).collect();
        told.breaks(&[broken]);
    }
}

#[test]
fn a_process_for_one_action_has_no_flag() {
    let mut told = Told::of(&["a"]);
    told.declared("a").worker = false;
    told.started().argv = vec!["--release=17".into(), "@a.params".into()];
    told.upholds(&[2]).start(&["--release=17", "--persistent_worker", "@a.params"]).breaks(&[2]);
}

#[test]
fn what_an_action_does_not_declare_shows() {
    type Change = fn(&mut Told);
    let changes: [(Change, u16); 5] = [
        (|told| told.declared("a").worker = false, 1),
        (|told| drop(told.started().env.insert("HOME".into(), "/home/me".into())), 5),
        (|told| drop(told.declared("a").env.insert("COLOUR".into(), "blue".into())), 5),
        (|told| told.declared("a").inputs.push("tool/probe.sh".into()), 51),
        (|told| told.declared("a").inputs.clear(), 51),
    ];
    for (change, broken) in changes {
        let mut told = one();
        change(&mut told);
        told.breaks(&[broken]);
    }
}

#[test]
fn extra_flags_go_to_their_mnemonic() {
    let mut told = one();
    told.seen.bounds.extra_flags.insert("Probe".into(), vec!["--x".into()]);
    told.breaks(&[4]).started().argv.push("--x".into());
    told.upholds(&[4]);
    told.seen.bounds.extra_flags.insert("Other".into(), vec!["--y".into()]);
    told.started().argv.push("--y".into());
    told.breaks(&[4]);
}

#[test]
fn another_dialect_is_seen() {
    let mut told = Told::of(&["a"]);
    let answer = encode(Framing::Json, &WorkResponse::default());
    told.sends(&encode(Framing::Json, &request("a", 0))).writes(&answer).breaks(&[8]);
    told.declared("a").dialect = Some(Framing::Json);
    told.upholds(&[8, 58]).action("b");
    told.sends(&encode(Framing::Json, &request("b", 0))).writes(&answer).breaks(&[8, 10]);
}

#[test]
fn a_process_serves_one_key() {
    let mut told = one();
    told.action("b").declared("b").startup = vec!["--release=21".into()];
    told.serves("b", 0).breaks(&[10]);
    let mut told = one();
    told.action("b").declared("b").mnemonic = "Other".into();
    told.serves("b", 0).breaks(&[11]);
    let mut told = one();
    told.build("b").declared("b").tools = ["2".into(), "1".into()];
    told.serves("b", 0).breaks(&[12]);
}

#[test]
fn limits_are_kept() {
    let mut told = Told::of(&["a", "b"]);
    told.seen.bounds.max_instances = Some(1);
    told.worker().back_to(0).asks("a", 0).back_to(1).asks("b", 0);
    told.back_to(0).answers(0).back_to(1).answers(0).breaks(&[20]);
    told.seen.bounds.max_instances = Some(2);
    told.upholds(&[20]);

    let mut told = Told::multiplex(&["a", "b"], &[]);
    told.seen.bounds.max_multiplex_instances = Some(1);
    told.asks("a", 1).asks("b", 2).answers(1).answers(2).breaks(&[21]);
}

#[test]
fn a_difference_in_the_arguments_names_the_rule_that_it_breaks() {
    for (declared, got, broken) in [
        ((" two words ", ids::LINES), &["--name=a", "@more"][..], Some(32)),
        ((" two words ", ids::LINES), &["--name=a", "two words"], Some(35)),
        ((" two words ", ids::LINES), &["--name=a", " two words ", "--release=17"], Some(30)),
        // The paths of generated files are the client's own.
        (("--out=\0a.out", ids::EXPAND), &["--name=a", "--out=some/where/a.out"], None),
    ] {
        let mut told = Told::of(&["a"]);
        told.declared("a").request.push((declared.0.into(), declared.1));
        let arguments = got.iter().map(|text| (*text).to_owned()).collect();
        told.request(&WorkRequest { arguments, ..request("a", 0) }).answers(0);
        told.decides(broken.unwrap_or(32), broken.is_none());
    }
}

#[test]
fn ids_fit_the_mode() {
    one().action("b").serves("b", 4).breaks(&[45, 50]);
    Told::multiplex(&["a"], &[]).serves("a", -1).breaks(&[47]);
    Told::multiplex(&["a", "b"], &[]).asks("a", 3).asks("b", 3).answers(3).answers(3).breaks(&[48]);
    // A singleplex worker gets one request at a time.
    Told::of(&["a", "b"]).asks("a", 0).asks("b", 0).answers(0).answers(0).breaks(&[46]);
}

#[test]
fn what_nobody_declared_is_not_used() {
    let mut absolute = request("a", 0);
    absolute.inputs[0].path = "/run/a.src".into();
    for (request, broken) in [
        (absolute, 52),
        (WorkRequest { verbosity: 10, ..request("a", 0) }, 54),
        (WorkRequest { sandbox_dir: "s/1".into(), ..request("a", 0) }, 55),
    ] {
        Told::of(&["a"]).request(&request).answers(0).breaks(&[broken]);
    }
}

/// What the worker found of its inputs.
fn looked(request: u32, inputs: &[(&str, InputState)]) -> Event {
    let inputs = inputs.iter().map(|(path, state)| ((*path).to_owned(), state.clone())).collect();
    Event::Looked { request, inputs, files: None }
}

fn file(content: &str) -> InputState {
    InputState::File(content.into())
}

#[test]
fn one_digest_means_one_content() {
    let mut told = Told::of(&["a", "b"]);
    told.declared("b").inputs = vec!["a.src".into()];
    told.asks("a", 0).tell(looked(1, &[("a.src", file("old"))])).answers(0);
    let second = WorkRequest { arguments: vec!["--name=b".into()], ..request("a", 0) };
    told.request(&second).tell(looked(2, &[("a.src", file("new"))])).answers(0).breaks(&[53]);
}

#[test]
fn an_input_that_is_not_there_is_a_matter_of_its_path_or_of_the_directory() {
    let missing = || ("b.src", InputState::Missing);
    one().tell(looked(1, &[("a.src", file("x")), missing()])).breaks(&[52]);
    one().tell(looked(1, &[missing()])).breaks(&[6]);
}

#[test]
fn bytes_that_are_no_request_are_seen() {
    one().sends(&[2, 0xff, 0xff]).breaks(&[57]);
    let mut told = one();
    told.to_the_end = true;
    told.seen.end.killed_by_case.push(0);
    told.sends(&[9, 1, 1]).breaks(&[56]);
}

#[test]
fn a_request_is_complete_before_the_next_one_begins() {
    let long = || "x".repeat(300);
    let begins = |told: &mut Told, name: &str, length: usize| {
        let mut request = request(name, 2);
        request.arguments.push(long());
        told.sends(&encode(Framing::Proto, &request)[..length]);
    };
    let given_up = || {
        let mut told = Told::multiplex(&["first", "a", "b"], &[]);
        told.declared("a").request.push((long(), ids::EXPAND));
        told.declared("b").request.push((long(), ids::EXPAND));
        told.status("a", StatusSeen::Interrupted).fails("b").asks("first", 1);
        begins(&mut told, "a", 100);
        told
    };
    let mut told = given_up();
    begins(&mut told, "b", 200);
    told.answers(1).breaks(&[56]);
    // Whoever ends the worker may leave it at that.
    given_up().answers(1).upholds(&[]);
}

#[test]
fn a_json_request_is_one_line() {
    let mut told = Told::of(&["a"]);
    told.seen.dialect = Framing::Json;
    told.serves("a", 0).upholds(&[58]);
    let Event::Sent(bytes) = &mut told.seen.sessions[0].events[0].event else { unreachable!() };
    bytes.pop();
    told.breaks(&[58]);
}

#[test]
fn a_sandbox_is_for_one_request() {
    let within = |name: &str, id| WorkRequest { sandbox_dir: "s/1".into(), ..request(name, id) };
    let mut told = Told::multiplex(&["a", "b"], &[Feature::MultiplexSandboxing]);
    told.seen.bounds.sandboxing = true;
    told.request(&within("a", 1)).request(&within("b", 2)).answers(1).answers(2).breaks(&[112]);

    let mut told = Told::multiplex(&["a"], &[]);
    told.seen.bounds.sandboxing = true;
    told.serves("a", 1).breaks(&[116]);

    let mut told = one();
    told.seen.bounds.sandboxing = true;
    let files = Some(vec!["a.src".to_owned(), "left.txt".to_owned()]);
    told.tell(Event::Looked { request: 1, inputs: Vec::new(), files }).breaks(&[111]);
}

#[test]
fn an_input_in_a_sandbox_has_its_present_content() {
    for (found, is_present) in [("old", false), ("new", true)] {
        let mut told = one();
        told.seen.bounds.sandboxing = true;
        told.declared("a").contents = vec![("common.shared".into(), "new".into())];
        told.tell(looked(1, &[("in/common.shared", file(found))])).decides(110, is_present);
    }
}
