//! `pwp check client`: the reference client is conformant in both dialects, a fault is seen, and nothing is left behind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use pwp::report::{Report, Verdict};
use pwp_tests::watched::Pwp;

fn check(arguments: &[&str]) -> (Option<i32>, Report) {
    let pwp = Pwp::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    let mut all = vec!["check", "client", "reference", "--format", "json"];
    all.extend(arguments);
    let ended = pwp.args(&all).run();
    assert_eq!(ended.left, [""; 0], "{arguments:?}");
    let report = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    (ended.code, report)
}

fn broken(report: &Report) -> Vec<String> {
    let seen = |result: &pwp::report::RequirementResult| {
        let what: Vec<String> =
            result.violations.iter().map(|one| format!("{} ({})", one.summary, one.found_in)).collect();
        format!("{}: {}", result.id, what.join("; "))
    };
    report.violated().map(seen).collect()
}

#[test]
fn the_reference_client_breaks_nothing() {
    for dialect in ["proto", "json"] {
        let (_, report) = check(&["--dialect", dialect]);
        assert_eq!(broken(&report), [""; 0], "{dialect}");
        assert_eq!(report.role, "client");
        assert!(report.requirements.iter().all(|result| result.verdict != Verdict::Error));
    }
}

#[test]
fn a_fault_is_seen_and_its_case_is_in_the_report() {
    let (code, report) = check(&["--fault", "no-worker-flag", "--only", "plain"]);
    assert_eq!(code, Some(1));
    let result = report.result("C-002".parse().unwrap()).unwrap();
    assert_eq!(result.verdict, Verdict::Fail);
    let violation = &result.violations[0];
    assert_eq!(violation.name(), "plain");
    assert_eq!(violation.reproduce, "pwp check client reference --fault no-worker-flag --only plain");
    assert!(!violation.transcript.is_empty());
    assert_eq!((violation.confirmed.shown, violation.confirmed.of), (3, 3));
}

/// A client that is wrong in its first run only.
#[test]
fn what_does_not_always_show_is_flaky() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"pwp=$1; shift
        if mkdir "$0/first" 2> /dev/null; then set -- --fault=no-worker-flag "$@"; fi
        exec "$pwp" client "$@""#;
    let tool = env!("CARGO_BIN_EXE_pwp-under-test");
    let ended = Pwp::new(tool)
        .args(["check", "client", "command", "--only", "plain", "--format", "json", "--", "sh", "-c", script])
        .args([folder.path().to_str().unwrap(), tool, "--outcomes={outcomes}", "{plan}"])
        .run();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let report: Report = serde_json::from_str(&ended.stdout).unwrap();
    let result = report.result("C-002".parse().unwrap()).unwrap();
    assert_eq!(result.verdict, Verdict::Flaky);
    let confirmed = &result.violations[0].confirmed;
    assert_eq!((confirmed.shown, confirmed.of), (1, 3));
}

/// The same client, as a tool that somebody has translated for.
#[test]
fn a_tool_that_takes_plans_can_be_checked() {
    let pwp = Pwp::new(env!("CARGO_BIN_EXE_pwp-under-test"));
    let tool = env!("CARGO_BIN_EXE_pwp-under-test");
    let ended = pwp
        .args(["check", "client", "command", "--only", "plain", "--format", "json", "--"])
        .args([tool, "client", "--outcomes={outcomes}", "{plan}"])
        .run();
    assert_eq!(ended.left, [""; 0]);
    let report: Report = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(broken(&report), [""; 0]);
}

/// What a probe does is written down also where it is killed.
#[test]
fn a_probe_writes_down_what_it_got() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("scenario.json");
    std::fs::write(&scenario, r#"{"schema": "pwp/scenario/v1", "rules": [{"request": 2, "do": ["crash"]}]}"#)
        .unwrap();
    let mut probe = Command::new(env!("CARGO_BIN_EXE_pwp-under-test"))
        .args(["probe", "--scenario"])
        .arg(&scenario)
        .arg("--record")
        .arg(folder.path())
        .args(["--", "--fast", "--persistent_worker"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let request = pwp_proto::WorkRequest {
        arguments: vec!["--name=a".into(), "--out=a.out".into()],
        ..pwp_proto::WorkRequest::default()
    };
    let bytes = pwp_proto::encode(pwp_proto::Framing::Proto, &request);
    let mut stdin = probe.stdin.take().unwrap();
    stdin.write_all(&bytes).unwrap();
    let mut answer = [9];
    probe.stdout.as_mut().unwrap().read_exact(&mut answer).unwrap();
    assert_eq!(answer, [0], "an empty response is a good one");
    assert_eq!(std::fs::read_to_string(folder.path().join("a.out")).unwrap(), "a\n");
    stdin.write_all(&bytes).unwrap();
    probe.wait().unwrap();
    let records = pwp::probe::read_records(folder.path()).unwrap();
    let [process] = records.as_slice() else { panic!("{records:#?}") };
    assert_eq!(process.start.argv, ["--fast", "--persistent_worker"]);
    assert_eq!(process.framing(), Some(pwp_proto::Framing::Proto));
    let kind = |event: &pwp::history::Event| match serde_json::to_value(event).unwrap() {
        serde_json::Value::Object(fields) => fields.keys().next().unwrap().clone(),
        unit => unit.as_str().unwrap().to_owned(),
    };
    let kinds: Vec<String> = process.events.iter().map(|timed| kind(&timed.event)).collect();
    assert_eq!(kinds, ["sent", "looked", "wrote", "received", "sent", "looked", "found", "exiting"]);
}
