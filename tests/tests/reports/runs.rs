//! Through the command: what is asked for is there, after `check worker` and after `replay`.

use std::fs;

use pwp::report::html;
use pwp_tests::watched::{Ended, Pwp};

use super::junit::problems;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// The worker answers everything twice.
const FAULT: [&str; 4] = ["--", PWP, "worker", "--fault=duplicate-response"];

/// A run with all files and a step's summary, as in a workflow.
fn run(arguments: &[&str], subject: &[&str]) -> Ended {
    // `env` becomes `pwp`, which has an empty environment otherwise.
    let run = Pwp::new("env");
    let out = run.out();
    let file = |name: &str| out.join(name).display().to_string();
    let ended = run
        .args([&format!("GITHUB_STEP_SUMMARY={}", file("summary.md")), PWP])
        .args(arguments)
        .args(["--format", "github", "--junit", &file("junit.xml"), "--html", &file("page.html")])
        .with_report()
        .args(subject)
        .run();
    assert_eq!(ended.left, [""; 0], "left behind");
    assert_eq!(ended.stderr, "");
    ended
}

fn read(ended: &Ended, name: &str) -> String {
    fs::read_to_string(ended.out().join(name)).unwrap()
}

fn all_say(ended: &Ended, headline: &str) {
    let report = ended.report();
    assert_eq!(report.conclusion.headline, headline, "{}", ended.stdout);
    let xml = read(ended, "junit.xml");
    assert_eq!(problems(&xml), [""; 0], "{xml}");
    assert!(xml.contains(headline) && read(ended, "summary.md").contains(headline));
    assert!(ended.stdout.contains(&format!("pwp: {headline}\n")), "{}", ended.stdout);
    assert_eq!(read(ended, "page.html"), html(&report, None), "the page is that of the report");
}

#[test]
fn a_broken_worker_has_its_verdict_in_every_form() {
    let arguments = ["check", "worker", "--only", "first-answers", "--only", "answers"];
    let ended = run(&arguments, &FAULT);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    all_say(&ended, "not conformant: worker (proto), revision 2026-12-draft");
    assert!(ended.stdout.contains("::error title=W-032 fail::"), "{}", ended.stdout);
    assert!(read(&ended, "junit.xml").contains("<failure type=\"fail\" message=\"a second response"));
    assert!(read(&ended, "page.html").contains("id=\"broken-W-032\""));
    assert!(read(&ended, "summary.md").contains("| W-032 "));
}

#[test]
fn a_replay_has_its_verdict_in_every_form() {
    let ended = run(&["replay", "answers", "--times", "2"], &FAULT);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    all_say(&ended, "not conformant: worker (proto), revision 2026-12-draft");
    assert!(ended.stdout.contains("::error title=W-032 fail::"), "{}", ended.stdout);
}

#[test]
fn a_selection_is_no_claim_in_any_form() {
    let ended = run(&["check", "worker", "--only", "first-answers"], &["--", PWP, "worker"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stdout);
    all_say(
        &ended,
        "no violation in what was selected, which is no claim: worker (proto), revision 2026-12-draft",
    );
    assert!(read(&ended, "junit.xml").contains("<error type=\"partial\""));
    // The step fails, and its one annotation says why.
    assert!(
        ended.stdout.contains("::error title=pwp::no violation in what was selected"),
        "{}",
        ended.stdout
    );
    assert_eq!(ended.stdout.matches("::error").count(), 1, "{}", ended.stdout);
}

/// Before anything is started.
#[test]
fn what_can_not_be_written_is_said() {
    for option in ["--junit", "--html"] {
        let ended = Pwp::new(PWP).args(["check", "worker", option, "no/folder/file", "--", "sh"]).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(
            ended.stderr.contains("can't write no/folder/file: its folder is not there"),
            "{}",
            ended.stderr
        );
    }
    let ended = Pwp::new("env")
        .args(["GITHUB_STEP_SUMMARY=no/summary.md", PWP, "check", "worker", "--format", "github"])
        .args(["--only", "first-answers", "--", PWP, "worker"])
        .run();
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("can't write no/summary.md"), "{}", ended.stderr);
}
