//! `--expect` and `--update-expectations` through the real command: what fails, what is said, what is written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use pwp::report::EntryOutcome;
use pwp_tests::watched::{Ended, Pwp};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// A worker that breaks W-015, and few requirements to look at.
const FAULTY: [&str; 3] = [PWP, "worker", "--fault=reject-unknown-fields"];
const RIGHT: [&str; 2] = [PWP, "worker"];
const SELECTED: &str = "W-015,W-031";

/// As a person writes it.
const KNOWN: &str = "\
# What my-worker gets wrong.
schema = \"pwp/expectations/v1\"

# The parser was generated from an old file.
[[expect]]
requirement = \"W-015\"
reason = \"unknown fields are rejected; fixed in 2.1\"

[[expect]]
requirement = \"W-087\"
verdict = \"warn\"
reason = \"cancellation is not planned\"
";

/// A run beside `known.toml` with this text, if any. Returns what the file holds afterwards.
fn run(text: Option<&str>, options: &[&str], subject: &[&str]) -> (Ended, Option<String>) {
    let pwp = Pwp::new(PWP);
    let path = pwp.out().join("known.toml");
    if let Some(text) = text {
        fs::write(&path, text).unwrap();
    }
    let ended = pwp
        .args(["check", "worker", "--only", SELECTED, "--expect", "../out/known.toml"])
        .args(options)
        .with_report()
        .args(["--"])
        .args(subject)
        .run();
    assert_eq!(ended.left, [""; 0], "left behind");
    assert_eq!(ended.stderr, "");
    (ended, fs::read_to_string(&path).ok())
}

/// What was printed about the verdict and the expectations.
fn verdict(ended: &Ended) -> String {
    let stdout = &ended.stdout;
    let shorts = stdout.split("\n\n").filter(|part| part.contains("), as expected"));
    let end = stdout.find("\nexpectations:").unwrap_or_else(|| stdout.trim_end().rfind('\n').unwrap());
    let shorts: String = shorts.map(|part| format!("{}\n\n", part.trim_start())).collect();
    format!("{shorts}{}[exit {}]\n", stdout[end..].trim_start(), ended.code.unwrap())
}

fn snapshot(name: &str, text: &str) {
    // How often a requirement is exercised changes with every new script.
    let filters = [(r"exercised (once|\d+ times)", "exercised [n] times")];
    insta::with_settings!({ filters => filters, omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "expectations" }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn a_run_in_which_only_known_failures_fail_exits_with_0() {
    let (ended, after) = run(Some(KNOWN), &[], &FAULTY);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(after.as_deref(), Some(KNOWN));
    let report = ended.report();
    assert!(!report.conclusion.conformant, "it is never called conformant");
    let expected = report.expectations.unwrap();
    assert!(expected.met);
    let outcomes: Vec<EntryOutcome> = expected.entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [EntryOutcome::Holds, EntryOutcome::Undecided]);
    snapshot("as-expected", &verdict(&ended));
}

#[test]
fn an_unexpected_failure_fails_the_run() {
    let without = KNOWN.replace("W-015", "W-060");
    let (ended, _) = run(Some(&without), &[], &FAULTY);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stdout.contains("  remedy:  "), "the whole story is told: {}", ended.stdout);
    snapshot("unexpected", &verdict(&ended));
}

/// The worker was repaired: the run fails, says what to do, and an update does that and nothing else.
#[test]
fn an_entry_that_no_longer_holds_fails_the_run_until_it_is_removed() {
    let (ended, after) = run(Some(KNOWN), &[], &RIGHT);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert_eq!(after.as_deref(), Some(KNOWN));
    snapshot("stale", &verdict(&ended));

    let (ended, after) = run(Some(KNOWN), &["--update-expectations"], &RIGHT);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let lines: Vec<&str> = KNOWN.split_inclusive('\n').collect();
    assert_eq!(after.unwrap(), [&lines[..3], &lines[8..]].concat().concat());
    snapshot("stale-updated", &verdict(&ended));
}

/// What an update adds has no reason yet, and a run says so until there is one.
#[test]
fn a_new_file_asks_for_reasons() {
    let (ended, made) = run(None, &["--update-expectations"], &FAULTY);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let made = made.unwrap();
    snapshot("made", &format!("{made}----\n{}", verdict(&ended)));
    let mode = fs::metadata(ended.out().join("known.toml")).unwrap().permissions().mode();
    let report = fs::metadata(ended.out().join("report.json")).unwrap().permissions().mode();
    assert_eq!(mode, report, "readable like any other file");

    let (again, after) = run(Some(&made), &[], &FAULTY);
    assert_eq!((again.code, after.as_ref()), (Some(1), Some(&made)), "{}", again.stdout);
    let (filled, _) = run(Some(&made.replace("reason = \"\"", "reason = \"known\"")), &[], &FAULTY);
    assert_eq!(filled.code, Some(0), "{}", filled.stdout);
}

#[test]
fn a_conformant_worker_needs_no_entries() {
    let (ended, made) = run(None, &["--update-expectations"], &RIGHT);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    assert!(!made.unwrap().contains("[[expect]]"));
    assert!(ended.stdout.ends_with("; as expected (no known failures)\n"), "{}", ended.stdout);
}

/// A link stays a link, and the rights of the file stay what they were.
#[test]
fn the_file_is_replaced_and_nothing_around_it() {
    let pwp = Pwp::new(PWP);
    let (path, link) = (pwp.out().join("known.toml"), pwp.out().join("link.toml"));
    fs::write(&path, KNOWN).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("known.toml", &link).unwrap();
    let ended = pwp
        .args([
            "check",
            "worker",
            "--only",
            SELECTED,
            "--expect",
            "../out/link.toml",
            "--update-expectations",
            "--",
        ])
        .args(RIGHT)
        .run();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!fs::read_to_string(&path).unwrap().contains("W-015"));
    let mut names: Vec<_> =
        fs::read_dir(ended.out()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["known.toml", "link.toml"]);
}

#[test]
fn an_interrupted_run_changes_nothing() {
    let pwp = Pwp::new(PWP);
    fs::write(pwp.out().join("known.toml"), KNOWN).unwrap();
    let mut running = pwp
        .args(["check", "worker", "--cases", "5000", "--budget", "1000s"])
        .args(["--expect", "../out/known.toml", "--update-expectations"])
        .start();
    running.until_a_subject_runs();
    running.interrupt();
    let ended = running.end();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(ended.out().join("known.toml")).unwrap(), KNOWN);
}
