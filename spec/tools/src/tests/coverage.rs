//! The rule that each requirement has a check and a fault, or a reason; and the table of it.

use super::{GOOD, TestBook, evidence};
use crate::{coverage, read_catalogue};
use pwp_spec::{Evidence, RequirementId};

const REASON: &str = "> *Untested:* it takes hours.\n";

/// The rules that the lint finds broken, one word each.
fn rules(chapter: &str, evidence: &Evidence) -> Vec<String> {
    let found = TestBook::new(chapter).lint_with(evidence);
    found.iter().map(|line| line.split(": ").nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_is_judged_needs_a_check_and_a_fault_and_the_rest_a_check_only() {
    let mut half = evidence();
    half.faults.clear();
    let cases: [(&str, &[&str], &[&str]); 4] = [
        ("MUST", &["no-fault"], &["no-check", "no-fault"]),
        ("SHOULD", &["no-fault"], &["no-check", "no-fault"]),
        ("MAY", &[], &["no-check"]),
        ("OBSERVED", &[], &["no-check"]),
    ];
    for (level, without_fault, without_both) in cases {
        let chapter = GOOD.replace("MUST", level);
        assert_eq!(rules(&chapter, &evidence()), [] as [&str; 0], "{level}");
        assert_eq!(rules(&chapter, &half), without_fault, "{level}");
        assert_eq!(rules(&chapter, &Evidence::default()), without_both, "{level}");
    }
}

#[test]
fn a_reason_stands_for_both_and_excludes_a_check() {
    let chapter = format!("{GOOD}{REASON}");
    assert_eq!(rules(&chapter, &Evidence::default()), [] as [&str; 0]);
    assert_eq!(rules(&chapter, &evidence()), ["tested-and-untested"]);
}

#[test]
fn evidence_for_nothing() {
    let mut evidence = evidence();
    evidence.add_check("typo", [RequirementId::worker(13)]);
    evidence.add_fault("slip", [RequirementId::client(1)]);
    let found = TestBook::new(GOOD).lint_with(&evidence);
    assert_eq!(found.len(), 2);
    assert!(found[0].starts_with("spec/requirements.json: unknown-id: check typo names W-013"), "{found:#?}");
    assert!(found[1].starts_with("spec/requirements.json: unknown-id: fault slip names C-001"), "{found:#?}");
}

#[test]
fn the_table_counts_by_level() {
    let other = |number: &str, level: &str| GOOD.replace("031", number).replace("MUST", level);
    let blocks = [
        GOOD.to_owned(),
        other("032", "MUST"),
        format!("{}{REASON}", other("033", "SHOULD")),
        other("034", "SHOULD"),
        other("035", "MUST").replace("1.0", "1.0 · deprecated"),
        other("045", "OBSERVED"),
    ];
    let book = TestBook::new(&blocks.join("\n"));
    let mut evidence = evidence();
    evidence.add_check("one-response", [RequirementId::worker(34), RequirementId::worker(45)]);
    let catalogue = read_catalogue(book.root()).unwrap();
    insta::assert_snapshot!(coverage(&catalogue, &evidence));
}
