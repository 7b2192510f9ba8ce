//! `pwp call`: what comes back from a worker, in words and as JSON.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;

use pwp_tests::watched::{Ended, Pwp};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// Runs `pwp call` with files in the folder `../out`.
fn call(options: &[&str], worker: &[&str], files: &[(&str, &str)]) -> Ended {
    let pwp = Pwp::new(PROGRAM);
    for (name, text) in files {
        fs::write(pwp.out().join(name), text).unwrap();
    }
    pwp.args(["call"]).args(options).args(["--"]).args(worker).run()
}

/// The reference worker with these arguments.
fn reference<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&[PROGRAM, "worker"], arguments].concat()
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stderr))
}

#[test]
fn what_people_see() {
    let hello = r#"{"arguments":["--print=hello","--print=again"]}"#;
    let shown = [
        (vec![], reference(&[])),
        (vec!["--request", hello, "--request", r#"{"arguments":["--fail=3"]}"#], reference(&[])),
        (vec!["--one-shot", "--request", hello], reference(&[])),
        (
            vec!["--one-shot", "--request", r#"{"arguments":["--in=../out/a.txt","--out=made.txt"]}"#],
            reference(&["--fault=one-shot-differs"]),
        ),
        (
            vec![
                "--parallel",
                "--request",
                r#"{"arguments":["--delay-ms=600000"],"requestId":4} {"requestId":4,"cancel":true} {}"#,
            ],
            reference(&[]),
        ),
        (vec![], reference(&["--fault=banner"])),
        (vec![], vec!["sh", "-c", "echo no license >&2; exit 6"]),
        (vec![], vec!["sh", "-c", "exec >&- 2>&-; cat"]),
    ]
    .into_iter()
    .fold(String::new(), |mut shown, (options, worker)| {
        let ended = call(&options, &worker, &[("a.txt", "alpha\n")]);
        let left: Vec<&String> = ended.left.iter().filter(|left| !left.ends_with("/made.txt")).collect();
        assert!(left.is_empty(), "{options:?}: {left:?}");
        let _ = writeln!(
            shown,
            "$ pwp call {} -- {}\n{}{}= {}\n",
            options.join(" "),
            worker.join(" "),
            ended.stdout,
            ended.stderr,
            ended.code.unwrap()
        );
        shown
    });
    insta::with_settings!({filters => vec![
        (PROGRAM, "[pwp]"),
        (r"after \d+\.\d ms", "after [time] ms"),
        // It may be cancelled before or after it began.
        ("cancelled before it was started", "cancelled"),
        (r"\d+ bytes", "[n] bytes"),
    ], snapshot_path => "call", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("shown", shown);
    });
}

#[test]
fn mistakes_name_their_remedy() {
    let files = [("script.json", r#"{"schema":"pwp/script/v1"}"#), ("half.json", "{\"arguments\":[")];
    let shown = [
        (vec!["--request", r#"{"argments":[]}"#], vec!["cat"]),
        (vec!["--request", "[]"], vec!["cat"]),
        (vec!["--request", "@../out/half.json"], vec!["cat"]),
        (vec!["--request", "@../out/script.json"], vec!["cat"]),
        (vec!["--request", "@nowhere.json"], vec!["cat"]),
        (vec!["--request", ""], vec!["cat"]),
        (vec![], vec![]),
        (vec![], vec!["no-such-worker"]),
        (vec![], vec!["../out/half.json"]),
    ]
    .into_iter()
    .fold(String::new(), |mut shown, (options, worker)| {
        let ended = call(&options, &worker, &files);
        assert_eq!(ended.stdout, "");
        let _ = writeln!(shown, "{} -- {}: {}", options.join(" "), worker.join(" "), ended.code.unwrap());
        let _ = writeln!(shown, "  {}", ended.stderr.trim_end());
        shown
    });
    insta::with_settings!({
        snapshot_path => "call", prepend_module_to_snapshot => false, omit_expression => true
    }, {
        insta::assert_snapshot!("mistakes", shown);
    });
}

#[test]
fn each_answer_is_that_of_its_request() {
    for dialect in ["proto", "json"] {
        let requests: String =
            (0..40).map(|n| format!("{{\"arguments\":[\"--print=answer {n}\"]}}\n")).collect();
        let protocol = format!("--protocol={dialect}");
        let options =
            ["--dialect", dialect, "--format", "json", "--parallel", "--request", "@../out/requests"];
        let ended = call(&options, &reference(&[&protocol]), &[("requests", &requests)]);
        let called = json(&ended);
        for (number, call) in called["calls"].as_array().unwrap().iter().enumerate() {
            assert_eq!(call["answer"]["output"], format!("answer {number}\n"));
            assert_eq!(call["request"]["requestId"], call["answer"]["request_id"]);
        }
        assert_eq!((ended.code, called["broken"].as_array().unwrap().len()), (Some(0), 0), "{dialect}");
    }
}

#[test]
fn what_a_worker_breaks_is_the_exit_code() {
    for (fault, id) in [("wrong-id", "W-033"), ("overlong-length", "W-"), ("eof-status", "W-")] {
        let fault = format!("--fault={fault}");
        let ended = call(&["--format", "json", "--request", "{}{}{}"], &reference(&[&fault]), &[]);
        let broken = json(&ended)["broken"].clone();
        let ids: Vec<&str> =
            broken.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert!(ids.iter().any(|found| found.starts_with(id)), "{fault}: {ids:?}");
        let must = broken.as_array().unwrap().iter().any(|one| one["level"] == "MUST");
        assert_eq!(ended.code, Some(i32::from(must)), "{fault}");
    }
}

#[test]
fn waiting_is_bounded_and_nothing_stays() {
    let silent = ["sh", "-c", "sleep 1000 & cat > /dev/null; sleep 1000"];
    let ended = call(&["--format", "json", "--timeout", "1ms"], &silent, &[]);
    let called = json(&ended);
    let problem = called["calls"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("no response within") && problem.contains("--timeout"), "{problem}");
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.left, [""; 0]);
    assert!(called["ended"].as_str().unwrap().contains("SIGTERM"), "{called}");
}

#[test]
fn floods_are_bounded() {
    for flood in ["exec yes", "exec yes >&2", "exec cat /dev/zero"] {
        let ended = call(&["--timeout", "20ms"], &["sh", "-c", flood], &[]);
        assert_eq!(ended.code, Some(1), "{flood}");
        assert_eq!(ended.left, [""; 0], "{flood}");
        assert!(ended.peak < 128 << 20, "{flood}: {}", ended.peak);
    }
}

#[test]
fn a_transcript_can_be_sent_again() {
    let pwp = Pwp::new(PROGRAM);
    let transcripts = pwp.out();
    let out = transcripts.clone();
    let request = r#"{"arguments":["--print=once more"],"requestId":7}"#;
    // What a tap saves of a call is what the next call sends.
    let worker = [PROGRAM, "tap", "--transcripts", out.to_str().unwrap(), "--", PROGRAM, "worker"];
    let first = pwp.args(["call", "--request", request, "--"]).args(worker).run();
    assert_eq!(first.code, Some(0), "{}{}", first.stdout, first.stderr);
    let saved = fs::read_dir(&transcripts).unwrap().flatten().next().unwrap().path();
    let saved = fs::read_to_string(saved).unwrap();
    let again = call(
        &["--format", "json", "--request", "@../out/transcript"],
        &reference(&[]),
        &[("transcript", &saved)],
    );
    let called = json(&again);
    assert_eq!(called["calls"][0]["answer"]["output"], "once more\n");
    assert_eq!(called["calls"][0]["answer"]["request_id"], 7);
}
