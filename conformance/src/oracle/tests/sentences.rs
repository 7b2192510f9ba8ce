//! Every violation in words, as users see it.

use std::collections::BTreeMap;
use std::mem::Discriminant;
use std::time::Duration;

use super::*;

/// How many variants [`Violation`] has.
const VARIANTS: usize = 57;

/// Fails to compile when there is a variant more; then it needs a case, and [`VARIANTS`] is one more.
fn known(violation: &Violation) {
    use Violation::*;
    match violation {
        Stray { .. }
        | Unanswered { .. }
        | Surplus { .. }
        | WrongId { .. }
        | HeldBack { .. }
        | BadBody { .. }
        | BadJson { .. }
        | WrongWireType { .. }
        | OverlongLength { .. }
        | Incomplete { .. }
        | TooLarge { .. }
        | InvalidUtf8 { .. }
        | OriginalName { .. }
        | JsonType { .. }
        | DuplicateKey { .. }
        | BareObject
        | UnknownField { .. }
        | NotCanonical { .. }
        | StdoutClosed { .. }
        | StdinClosed { .. }
        | NeverServed { .. }
        | DiedUnanswered { .. }
        | DiedAnswered { .. }
        | DiedFailed { .. }
        | MalformedIgnored { .. }
        | MalformedAnswered { .. }
        | MalformedSilent
        | TruncatedAnswered { .. }
        | ExitCode { .. }
        | OutputText { .. }
        | OutputMixed { .. }
        | CrashSilent { .. }
        | OutputFile { .. }
        | WrittenLater { .. }
        | HeldUp { .. }
        | CancelAnswered { .. }
        | CancelUnknownAnswered { .. }
        | CancelLateAnswered { .. }
        | CancelTwiceAnswered { .. }
        | CancelUndeclaredAnswered { .. }
        | WasCancelledUnasked { .. }
        | NeighbourCancelled { .. }
        | CancelSlow { .. }
        | EofIgnored { .. }
        | EofStatus { .. }
        | TermIgnored { .. }
        | Survivors { .. }
        | OneShotStays { .. }
        | OneShotAnswers
        | OneShotStatus { .. }
        | Differs { .. }
        | OneShotDiffers { .. }
        | OutsideSandbox { .. }
        | SandboxIgnored { .. }
        | CancelledWrites { .. }
        | KeptOpen { .. }
        | VerbosityIgnored { .. } => {}
    }
}

#[test]
fn no_violation_is_without_case() {
    let have: BTreeMap<String, Discriminant<Violation>> =
        all_cases().iter().map(|case| (variant(&case.violation), case.violation.symptom())).collect();
    all_cases().iter().for_each(|case| known(&case.violation));
    assert_eq!(have.len(), VARIANTS, "{:?}", have.keys());
}

/// The variant's name.
fn variant(violation: &Violation) -> String {
    let debug = format!("{violation:?}");
    debug.split([' ', '{']).next().unwrap_or_default().to_owned()
}

/// One line for each sentence that the cases give, in the order of the requirements.
#[test]
fn the_sentences() {
    let mut lines: Vec<(u16, String)> = Vec::new();
    for case in all_cases() {
        let id = case.violation.requirement();
        let line = format!("{id} {}: {}", variant(&case.violation), case.violation);
        if !lines.iter().any(|(_, known)| *known == line) {
            lines.push((id.number(), line));
        }
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Numbers, lists and texts that are longer than a line takes.
#[test]
fn long_lists_and_texts_are_cut() {
    let many = Violation::WrongId { got: 99, open: (1..=10).collect() };
    let text =
        Violation::OutputText { name: "hello".into(), expected: "Hello".into(), got: "\u{fc}".repeat(200) };
    let soon = Violation::EofIgnored { open: 1, limit: Duration::from_millis(250) };
    let later = Violation::EofIgnored { open: 2, limit: Duration::from_millis(1500) };
    let byte = Violation::Stray { look: Look::LineEnd, bytes: b"\n".to_vec(), offset: 3 };
    let none = Violation::WrongId { got: 1, open: vec![] };
    let all = [many, none, text, soon, later, byte].map(|violation| violation.to_string());
    insta::assert_snapshot!(all.join("\n"));
}

/// A hang costs a time limit; how it shows is the same for every kind.
#[test]
fn hangs_are_told_from_what_shows_by_itself() {
    for case in all_cases() {
        let limited = format!("{:?}", case.violation).contains("limit:");
        let late = matches!(case.violation, Violation::HeldBack { .. } | Violation::Incomplete { .. });
        assert_eq!(case.violation.is_a_hang(), limited || late, "{:?}", case.violation);
    }
}

#[test]
fn what_is_about_bytes_shows_them() {
    for case in all_cases() {
        let shown = format!("{:?}", case.violation).contains("bytes: [");
        assert_eq!(case.violation.bytes().is_some(), shown, "{:?}", case.violation);
        let stray = matches!(case.violation, Violation::Stray { .. });
        assert_eq!(case.violation.remedy().is_some(), stray, "{:?}", case.violation);
    }
}
