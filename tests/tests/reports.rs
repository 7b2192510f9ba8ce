//! The forms of a report beside JSON: JUnit XML, the page, a GitHub workflow. All come from one stream of events, and
//! nothing that a subject wrote can break out of any of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "reports/bounds.rs"]
mod bounds;
#[path = "reports/forms.rs"]
mod forms;
#[path = "reports/junit.rs"]
mod junit;
#[path = "reports/later.rs"]
mod later;
#[path = "reports/runs.rs"]
mod runs;
#[path = "schemas/walk.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod walk;

use pwp::report::Report;

/// A report with every verdict, every outcome of an expectation, and hostile text wherever a subject can put some.
const EVERYTHING: &str = include_str!("reports/everything.json");

fn everything() -> Report {
    serde_json::from_str(EVERYTHING).unwrap()
}

/// A report that a run gave: the reference worker's.
fn conformant() -> Report {
    let text = include_str!("../../schema/report/v1/examples/valid/conformant.json");
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_report_of_these_tests_is_valid_and_has_every_verdict() {
    let value = serde_json::from_str(EVERYTHING).unwrap();
    assert_eq!(walk::v1("report").problems(&value), []);
    assert_eq!(everything().totals.len(), 9);
    assert!(conformant().conclusion.conformant);
}
