//! Every violation in words, as users see it.

use std::time::Duration;

use super::*;

#[test]
fn no_violation_is_without_case() {
    let have: BTreeSet<&str> = all_cases().iter().map(|(_, violation)| violation.symptom()).collect();
    assert_eq!(have, BTreeSet::from_iter(WorkerViolation::ALL.iter().copied()));
}

/// One line for each sentence that the cases give, in the order of the requirements.
#[test]
fn the_sentences() {
    let line = |violation: &WorkerViolation| {
        let id = violation.requirement();
        (id.number(), format!("{id} {}: {violation}", violation.symptom()))
    };
    let lines: BTreeSet<(u16, String)> = all_cases().iter().map(|(_, violation)| line(violation)).collect();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Numbers, lists and texts that are longer than a line takes.
#[test]
fn long_lists_and_texts_are_cut() {
    let many = WorkerViolation::WrongId { got: 99, open: (1..=10).collect() };
    let text = WorkerViolation::OutputText {
        name: "hello".into(),
        expected: "Hello".into(),
        got: "\u{fc}".repeat(200),
    };
    let soon = WorkerViolation::EofIgnored { open: 1, limit: Duration::from_millis(250) };
    let later = WorkerViolation::EofIgnored { open: 2, limit: Duration::from_millis(1500) };
    let byte = WorkerViolation::Stray { kind: Stray::LineEnd, bytes: b"\n".to_vec(), offset: 3 };
    let none = WorkerViolation::WrongId { got: 1, open: vec![] };
    let all = [many, none, text, soon, later, byte].map(|violation| violation.to_string());
    insta::assert_snapshot!(all.join("\n"));
}

/// A hang costs a time limit; how it shows is the same for every kind.
#[test]
fn hangs_are_told_from_what_shows_by_itself() {
    for (_, violation) in all_cases() {
        let limited = format!("{:?}", violation).contains("limit:");
        let late = matches!(violation, WorkerViolation::HeldBack { .. } | WorkerViolation::Incomplete { .. });
        assert_eq!(Violation::from(violation.clone()).is_a_hang(), limited || late, "{:?}", violation);
    }
}

#[test]
fn what_is_about_bytes_shows_them() {
    for (_, violation) in all_cases() {
        let told = Violation::from(violation.clone());
        let shown = format!("{:?}", violation).contains("bytes: [");
        assert_eq!(told.bytes().is_some(), shown, "{:?}", violation);
        use WorkerViolation::{ObjectTooLarge, Stray, TooLarge};
        let has_own_remedy = matches!(violation, Stray { .. } | TooLarge { .. } | ObjectTooLarge { .. });
        assert_eq!(told.remedy().is_some(), has_own_remedy, "{:?}", violation);
    }
}
