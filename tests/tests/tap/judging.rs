//! What a tap says of the client, and the reports that it writes on both sides.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use pwp_proto::{Framing, WorkRequest};
use rustix::process::Signal;
use serde_json::Value;

use crate::client::{PWP, Tapped, folder, text};

fn request(id: i32) -> WorkRequest {
    WorkRequest { arguments: vec!["--print=x".into()], request_id: id, ..WorkRequest::default() }
}

#[test]
fn what_a_client_breaks_is_said_while_it_talks() {
    let here = folder();
    for (ids, said) in [
        ([0, 0], "the client breaks C-046 (MUST) at "),
        ([7, 7], "the client breaks C-048 (MUST) at "),
        ([0, -3], "the client breaks C-047 (MUST) at "),
    ] {
        let mut tapped = Tapped::reference(here.path(), &[], &[], Framing::Proto);
        tapped.send_at_once(&ids.map(request));
        let line = tapped.hear("the client breaks");
        assert!(line.contains(said), "{line}");
        let bytes = tapped.hear("bytes: ");
        assert!(bytes.contains(" of stdin: "), "{bytes}");
        assert!(tapped.hear("remedy: ").len() > 20);
        tapped.end();
    }
}

#[test]
fn the_words_about_a_client() {
    let here = folder();
    let options = ["--log", "log", "--feature", "multiplex"];
    let mut tapped = Tapped::reference(here.path(), &options, &[], Framing::Proto);
    tapped.send(&request(1));
    tapped.recv();
    tapped.send(&WorkRequest { request_id: 2, cancel: true, ..WorkRequest::default() });
    let ended = tapped.end();
    insta::with_settings!({filters => vec![(r"at \d+\.\d ms", "at [time] ms"), (r"kept \d+", "kept [n]")]}, {
        insta::assert_snapshot!(ended.stderr, @r"
        pwp tap: the client breaks C-095 (MUST) at [time] ms: action no. 1 does not declare cancellation, and a cancel request was sent for it
        pwp tap:   bytes: 5 at offset 14 of stdin: 04 18 02 20 01
        pwp tap:   remedy: make it part of the worker key.
        pwp tap: the client breaks C-096 (MUST) at [time] ms: a cancel request has an id that no request had
        pwp tap:   bytes: 5 at offset 14 of stdin: 04 18 02 20 01
        pwp tap:   remedy: make a new message; do not copy the request. `sandbox_dir` and `verbosity` have no meaning in it.
        pwp tap: ended: requests 1, answered 1; worker: requirements kept [n], broken 0; client: requirements kept [n], broken C-095, C-096
        pwp tap: `pwp explain ID` has the sentence of the standard, why it stands there, and its sources
        ");
    });
}

#[test]
fn both_sides_of_each_worker_are_told_apart_in_one_log() {
    let here = folder();
    for arguments in [&["--fault=banner"][..], &[]] {
        let mut tapped = Tapped::reference(here.path(), &["--log", "log"], arguments, Framing::Json);
        tapped.write(b"{\"arguments\":[\"--print=x\"]} {\"arguments\":[\"--print=x\"]}\n");
        tapped.end();
    }
    let log = text(&here.path().join("log"));
    assert_eq!(log.matches("the worker breaks W-030").count(), 1, "{log}");
    assert_eq!(log.matches("the client breaks C-058").count(), 2, "{log}");
}

/// A report, held against its schema.
fn report(path: &Path) -> Value {
    let report: Value = serde_json::from_str(&text(path)).unwrap();
    let schema =
        text(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/report/v1/report.schema.json").as_ref());
    jsonschema::validate(&serde_json::from_str(&schema).unwrap(), &report).unwrap();
    report
}

fn verdict<'a>(report: &'a Value, id: &str) -> (&'a str, u64) {
    let results = report["requirements"].as_array().unwrap();
    let result = results.iter().find(|result| result["id"] == id).unwrap();
    (result["verdict"].as_str().unwrap(), result["exercised"].as_u64().unwrap())
}

/// One request to a worker with these arguments, and the end.
fn one(here: &Path, arguments: &[&str], requests: i32) {
    let mut tapped = Tapped::reference(here, &["--report", "tap.json"], arguments, Framing::Proto);
    for _ in 0..requests {
        tapped.send(&request(0));
        tapped.recv();
    }
    assert_eq!(tapped.end().status, Ok(0));
}

#[test]
fn the_taps_of_a_build_make_one_report_on_each_side() {
    let here = folder();
    let here = here.path();
    for _ in 0..3 {
        one(here, &[], 2);
    }
    let (worker, client) = (report(&here.join("tap.json")), report(&here.join("tap.client.json")));
    assert_eq!((&worker["role"], &client["role"]), (&"worker".into(), &"client".into()));
    assert_eq!(worker["run"]["processes"], 3);
    assert_eq!(verdict(&worker, "W-031").0, "pass");
    assert_eq!(verdict(&client, "C-045"), ("pass", 6));
    assert_eq!(verdict(&client, "C-001").0, "not-exercised");
    assert_eq!(worker["conclusion"]["partial"], true, "what was not seen was not tried");
    assert_eq!(worker["subject"]["name"], "pwp-under-test");
    let name = std::env::current_exe().unwrap();
    assert_eq!(client["subject"]["name"], name.file_name().unwrap().to_str().unwrap());
    let parts = || fs::read_dir(here.join("tap.json.parts")).unwrap().count();
    assert_eq!(parts(), 1, "ended taps need one file together");

    // Another command has reports of its own, behind those of the one with the most requests.
    let mut broken =
        Tapped::reference(here, &["--report", "tap.json"], &["--fault=overlong-length"], Framing::Proto);
    // The worker is judged by what it does before the client is wrong, and the client before it is misled.
    broken.send(&request(0));
    broken.recv();
    broken.send_at_once(&[request(0), request(0)]);
    broken.end();
    let (worker, client) = (report(&here.join("tap-2.json")), report(&here.join("tap-2.client.json")));
    assert_eq!(verdict(&worker, "W-037").0, "warn");
    assert_eq!(verdict(&client, "C-046").0, "fail");
    let violation = &client["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|result| result["id"] == "C-046")
        .unwrap()["violations"][0];
    assert_eq!(violation["found_in"], "tap");
    assert!(violation["hex"].as_str().unwrap().starts_with("0b0a09"), "{violation}");
    assert_eq!(verdict(&report(&here.join("tap.json")), "W-037").0, "pass");
    assert_eq!(parts(), 2);
}

#[test]
fn a_tap_that_is_killed_leaves_what_it_knew() {
    let here = folder();
    let here = here.path();
    let mut killed = Tapped::reference(here, &["--report", "tap.json"], &[], Framing::Proto);
    killed.send_at_once(&[request(0), request(0)]);
    killed.hear("the client breaks C-046");
    // The bytes and the remedy are told behind it; then the part is written, and only then what comes next is judged.
    killed.send(&request(9));
    killed.hear("the client breaks C-050");
    killed.signal(Signal::KILL);
    killed.end();
    one(here, &[], 1);
    assert_eq!(verdict(&report(&here.join("tap.client.json")), "C-046").0, "fail");
}

/// What the system says about signals of a shell that is started like this.
fn signals(words: &[&str]) -> String {
    let env = ["--ignore-signal=INT,TERM,HUP", "--block-signal=USR2,TERM"];
    let script = "grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status";
    let mut command = Command::new("env");
    command.args(env).args(words).args(["sh", "-c", script, "sh", "--persistent_worker"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_worker_has_the_signals_that_it_would_have_without_a_tap() {
    let direct = signals(&[]);
    assert_eq!(direct.lines().count(), 3);
    assert_eq!(signals(&[PWP, "tap", "--"]), direct);
}
