//! Whoever ends `pwp` by force finds reports that say that the run did not come to its end, and not those of an earlier run.
//!
//! A program of its own: what a killed run leaves is for a moment the child of this one, and other tests would take it for theirs.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use pwp::report::{Report, html, junit, to_json};
use pwp_tests::watched::Pwp;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// The report of a conformant subject.
const OLD: &str = include_str!("../../schema/report/v1/examples/valid/conformant.json");

#[test]
fn a_killed_run_leaves_no_claim() {
    let old: Report = serde_json::from_str(OLD).unwrap();
    assert!(old.headline().starts_with("conformant: "));
    for (check, subject) in [
        (&["check", "worker", "--cases", "5000", "--budget", "1000s"][..], &["worker"][..]),
        (&["check", "client", "command"], &["client", "--outcomes={outcomes}", "{plan}"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("report.json"), to_json(&old)).unwrap();
        fs::write(at("junit.xml"), junit(&old)).unwrap();
        fs::write(at("page.html"), html(&old, None)).unwrap();
        let counted = r#"echo >> "$0"; exec "$@""#;
        let mut running = Pwp::new(PWP)
            .args(check)
            .args(["--report".as_ref(), at("report.json").as_os_str()])
            .args(["--junit".as_ref(), at("junit.xml").as_os_str()])
            .args(["--html".as_ref(), at("page.html").as_os_str()])
            .args(["--", "sh", "-c", counted])
            .args([at("starts").as_os_str(), PWP.as_ref()])
            .args(subject)
            .start();
        running.until(|| fs::read(at("starts")).is_ok_and(|lines| lines.len() >= 3));
        assert_eq!(running.kill(), [""; 0]);
        let report: Report = serde_json::from_str(&fs::read_to_string(at("report.json")).unwrap()).unwrap();
        assert!(!report.conclusion.conformant && report.conclusion.partial, "{}", report.headline());
        // What is left of `pwp` takes the end of the process that was killed as an interrupt, if it has the time.
        let why = report.headline();
        assert!(why.starts_with("not finished") || why.starts_with("interrupted"), "{why}");
        assert!(fs::read_to_string(at("junit.xml")).unwrap().contains("<error "));
        assert!(fs::read_to_string(at("page.html")).unwrap().contains("<header class=\"partial\">"));
    }
}
