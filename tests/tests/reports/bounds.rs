//! However much a subject does, a report stays small enough to be opened.

use pwp::history::Entry;
use pwp::report::{HTML_LIMIT, Report, Verdict, html, junit};
use pwp_spec::{Catalogue, Role};

use super::{everything, forms::github, junit::problems};

/// Everything is broken, each with as much evidence as the suite keeps, of characters that grow when escaped.
fn huge() -> Report {
    let mut report = everything();
    let mut result = report.result("W-030".parse().unwrap()).unwrap().clone();
    let violation = &mut result.violations[0];
    violation.summary = "\"<&>\u{1b}".repeat(200);
    violation.hex = "3c".repeat(512);
    violation.stderr = "\"\u{1b}<\n".repeat(1000);
    violation.reproduce = "\"'<".repeat(40_000);
    violation.events = (0..1000).collect();
    violation.transcript = (0..240)
        .map(|event| Entry {
            event: event * 1000,
            at_us: event as u64 * 1_000_000,
            kind: ["sent", "received", "stderr", "file"][event % 4].into(),
            hex: "26".repeat(256),
            bytes: Some(u64::MAX),
            note: "\"\u{1b}&<".repeat(100),
        })
        .collect();
    report.requirements = Catalogue::standard()
        .iter()
        .filter(|requirement| requirement.id.role() == Role::Worker)
        .map(|requirement| {
            let mut result = result.clone();
            result.id = requirement.id;
            result.observed =
                (0..100).map(|number| (format!("{number} {}", "<\u{1b}".repeat(150)), 1)).collect();
            result.reason = Some("&\u{202e}".repeat(1000));
            result
        })
        .collect();
    report.subject.command = vec!["<&\"".repeat(100_000)];
    report.conclusion.headline = "\"<&>\u{1b}".repeat(1000);
    report
}

#[test]
fn a_page_has_at_most_two_megabytes_and_says_what_is_left_out() {
    let report = huge();
    let page = html(&report, None);
    assert!(page.len() <= HTML_LIMIT, "{} bytes", page.len());
    assert!(page.len() > HTML_LIMIT / 4, "the evidence that fits is there: {} bytes", page.len());
    assert!(page.contains("is left out to keep this page small"));
    for result in &report.requirements {
        assert!(page.contains(&format!("id=\"broken-{}\"", result.id)), "{}", result.id);
    }
}

#[test]
fn the_last_events_and_the_evidence_are_shown() {
    let mut report = everything();
    report.requirements.retain(|result| result.id.to_string() == "W-030");
    let violation = &mut report.requirements[0].violations[0];
    violation.events = vec![50];
    violation.transcript = (0..200)
        .map(|event| Entry {
            event: if event < 100 { event } else { event + 1000 },
            at_us: event as u64,
            kind: "quiet".into(),
            hex: String::new(),
            bytes: None,
            note: format!("event-{event}."),
        })
        .collect();
    let page = html(&report, None);
    for shown in ["event-0.", "event-11.", "event-50.", "event-160.", "event-199."] {
        assert!(page.contains(shown), "{shown}");
    }
    for hidden in ["event-12.", "event-49.", "event-51.", "event-159."] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    // 12 to 49; 51 to 159, and the 1000 that the transcript does not have.
    assert!(page.contains("… 38 events left out") && page.contains("… 1109 events left out"), "{page}");
    assert_eq!(page.matches("◀ evidence").count(), 1);
}

#[test]
fn a_step_summary_stays_below_what_github_takes() {
    let (printed, page) = github(&huge());
    assert!(page.len() <= 1 << 20, "{} bytes", page.len());
    assert!(page.contains(" more is left out: see the report"), "{}", &page[page.len() - 500..]);
    // GitHub shows ten of each kind; the last one names the rest.
    assert_eq!(printed.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(printed.contains(" more, which the log shows: W-"));
}

#[test]
fn junit_stays_valid_and_small() {
    let mut report = huge();
    let xml = junit(&report);
    assert!(xml.len() < 8 << 20, "{} bytes", xml.len());
    assert_eq!(problems(&xml), [""; 0]);
    // Output of what passed is bounded as well.
    report.requirements.iter_mut().for_each(|result| result.verdict = Verdict::Observed);
    assert!(junit(&report).len() < 1 << 20);
}
