//! Files of outcomes that can't be read: an error that says so, and not a tool that says nothing of its actions.

use std::fs;

use pwp::report::{CutShort, Report};
use pwp_tests::watched::{Ended, Pwp};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// Checks a tool that runs the plan and then writes its outcomes so. `$0` is their file.
fn check(script: &str) -> Ended {
    let run = format!(r#"plan=$1 pwp=$2; "$pwp" client --outcomes="$0.real" "$plan"; {script}"#);
    let pwp = Pwp::new(PWP);
    let ended = pwp
        .args(["check", "client", "command", "--only", "plain", "--repeat", "0"])
        .with_report()
        .args(["--", "sh", "-c", &run, "{outcomes}", "{plan}", PWP])
        .run();
    assert_eq!(ended.left, [""; 0], "{script}");
    assert!(!ended.stderr.contains("panicked"), "{script}: {}", ended.stderr);
    ended
}

#[test]
fn what_is_not_readable_is_an_error_that_says_so() {
    for script in [
        r#"head -c 300 /dev/urandom > "$0""#,
        r#"printf '\377\376\000' > "$0""#,
        r#": > "$0""#,
        r#"echo '{' > "$0""#,
        r#"echo '[]' > "$0""#,
        r#"head -c 100 "$0.real" > "$0""#,
        r#"sed s,outcomes/v1,outcomes/v2, "$0.real" > "$0""#,
        r#"sed s,success,triumph, "$0.real" > "$0""#,
        r#"mkdir "$0""#,
    ] {
        let ended = check(script);
        assert_eq!(ended.code, Some(4), "{script}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains("outcomes"), "{script}: {}", ended.stderr);
        assert_eq!(ended.stderr.trim_end().lines().count(), 1, "{script}: {}", ended.stderr);
        let report: Report = ended.report();
        assert!(report.cuts().contains(&CutShort::Error) && !report.conclusion.conformant, "{script}");
        assert_eq!(report.violated().count(), 0, "{script}: nothing is concluded from it");
        assert!(report.conclusion.problem.unwrap().contains("outcomes"), "{script}");
    }
}

/// What was there is read, and no file is no error.
#[test]
fn a_tool_that_writes_outcomes_or_none_is_judged() {
    let ended = check(r#"mv "$0.real" "$0""#);
    assert_eq!(ended.code, Some(5), "{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.report().violated().count(), 0, "{}", ended.stdout);
    let ended = check(":");
    assert_ne!(ended.code, Some(4), "{}", ended.stderr);
    let numbers = r#"sed 's/"began_ms": *[0-9]*/"began_ms": 18446744073709551615/' "$0.real" > "$0""#;
    let ended = check(numbers);
    assert_eq!(ended.code, Some(5), "{}{}", ended.stdout, ended.stderr);
    assert!(fs::metadata(ended.out().join("report.json")).is_ok());
}
