//! What becomes of an entry, for each verdict.

use crate::report::{CutShort, EntryOutcome, Expected, Report, Verdict};
use crate::selection::Selection;
use pwp_spec::Feature;

use super::{cut_short, file, in_run, report, selected};
use crate::expect::judge;

fn expected(entries: &str, report: &Report) -> Expected {
    judge(&file(entries), report, &selected(&Selection::default()))
}

/// What becomes of one entry for W-031, a MUST, with further lines.
fn outcome(lines: &str, report: &Report) -> EntryOutcome {
    let entry = format!("[[expect]]\nrequirement = \"W-031\"\nreason = \"known\"\n{lines}\n");
    let expected = expected(&entry, report);
    let [entry] = expected.entries.as_slice() else { panic!("{expected:#?}") };
    let bad = matches!(entry.outcome, EntryOutcome::Stale | EntryOutcome::NoReason);
    assert_eq!(expected.met, !bad && expected.unexpected.is_empty(), "{expected:#?}");
    entry.outcome
}

/// Verdicts never merge: an entry holds for the one verdict that it names, apart from `flaky`.
#[test]
fn an_entry_holds_for_its_verdict_alone() {
    use EntryOutcome::{Holds, Stale};
    let rows = [
        ("", [Holds, Stale, Stale, Stale]),
        ("verdict = \"fail\"", [Holds, Stale, Stale, Stale]),
        ("verdict = \"warn\"", [Stale, Stale, Stale, Stale]),
        ("verdict = \"flaky\"", [Holds, Holds, Holds, Stale]),
        ("verdict = \"not-exercised\"", [Stale, Stale, Stale, Holds]),
        ("symptom = \"not answered\"", [Holds, Stale, Stale, Stale]),
        ("symptom = \"two answers\"", [Stale, Stale, Stale, Stale]),
        ("verdict = \"flaky\"\nsymptom = \"two answers\"", [Stale, Stale, Holds, Stale]),
    ];
    let verdicts = [Verdict::Fail, Verdict::Flaky, Verdict::Pass, Verdict::NotExercised];
    for (lines, outcomes) in rows {
        for (verdict, wanted) in verdicts.into_iter().zip(outcomes) {
            assert_eq!(outcome(lines, &report(&[("W-031", verdict)])), wanted, "{lines} and {verdict:?}");
        }
    }
}

#[test]
fn a_should_is_expected_to_warn() {
    let entry = "[[expect]]\nrequirement = \"W-087\"\nreason = \"known\"\n";
    assert!(expected(entry, &report(&[("W-087", Verdict::Warn)])).met);
    assert!(!expected(entry, &report(&[("W-087", Verdict::Pass)])).met);
    // It need not be listed.
    assert!(expected("", &report(&[("W-087", Verdict::Warn)])).met);
}

#[test]
fn what_a_run_did_not_get_to_is_not_stale() {
    for why in [CutShort::NoAnswer, CutShort::Waiting, CutShort::Budget] {
        let run = cut_short(report(&[("W-031", Verdict::NotExercised)]), why);
        assert_eq!(outcome("", &run), EntryOutcome::Undecided, "{why:?}");
        let run = cut_short(report(&[("W-031", Verdict::Pass)]), why);
        let wanted = if why == CutShort::Budget { EntryOutcome::Stale } else { EntryOutcome::Undecided };
        assert_eq!(outcome("", &run), wanted, "{why:?}");
    }
}

#[test]
fn a_selection_decides_nothing_about_the_rest() {
    let file = file("[[expect]]\nrequirement = \"W-012\"\nreason = \"known\"\n");
    let judged = |only: &str, verdict| {
        let selection = Selection::new(&[only.to_owned()], &[]);
        judge(&file, &report(&[("W-012", verdict)]), &selected(&selection)).entries[0].outcome
    };
    // The scripts that are made for it are all run.
    assert_eq!(judged("W-012", Verdict::Pass), EntryOutcome::Stale);
    // Only one script is run, and that one is for others.
    assert_eq!(judged("first-answers", Verdict::Pass), EntryOutcome::Undecided);
    assert_eq!(judged("first-answers", Verdict::Fail), EntryOutcome::Holds);
    let skipped = Selection::new(&[], &["W-012".to_owned()]);
    assert_eq!(judge(&file, &report(&[]), &selected(&skipped)).entries[0].outcome, EntryOutcome::Undecided);
}

#[test]
fn an_entry_for_another_run_says_nothing_about_this_one() {
    let run = report(&[("W-031", Verdict::Fail)]);
    let entry = |lines: &str| {
        expected(&format!("[[expect]]\nrequirement = \"W-031\"\nreason = \"known\"\n{lines}\n"), &run)
    };
    for lines in ["dialect = \"json\"", "features = [\"multiplex\"]"] {
        let expected = entry(lines);
        assert!(expected.entries.is_empty() && !expected.met, "{lines}");
        assert_eq!(expected.unexpected.len(), 1, "{lines}");
    }
    assert!(entry("dialect = \"proto\"\nfeatures = []").met);
    let run = in_run(run.clone(), "json", &[Feature::Multiplex, Feature::MultiplexSandboxing]);
    let lines = "dialect = \"json\"\nfeatures = [\"multiplex-sandboxing\"]";
    assert_eq!(outcome(lines, &run), EntryOutcome::Holds);
}

#[test]
fn a_reason_is_asked_for() {
    let run = report(&[("W-031", Verdict::Fail)]);
    for reason in ["", "  ", "TODO", "tbd.", "?", "..."] {
        let entry = format!("[[expect]]\nrequirement = \"W-031\"\nreason = \"{reason}\"\n");
        let expected = expected(&entry, &run);
        assert_eq!(expected.entries[0].outcome, EntryOutcome::NoReason, "{reason:?}");
        assert!(!expected.met, "{reason:?}");
    }
}

/// Entries that can match nothing, whatever the worker does.
#[test]
fn an_entry_that_matches_nothing_is_stale() {
    let mut unsupported = report(&[("W-031", Verdict::Unsupported)]);
    unsupported.requirements[0].reason = Some("multiplex not declared".into());
    assert_eq!(outcome("", &unsupported), EntryOutcome::Stale);
    for id in ["W-60000", "C-001", "W-029"] {
        let entry = format!("[[expect]]\nrequirement = \"{id}\"\nreason = \"known\"\n");
        let expected = expected(&entry, &report(&[]));
        assert_eq!(expected.entries[0].outcome, EntryOutcome::Stale, "{id}");
        assert!(!expected.met, "{id}");
    }
}

#[test]
fn what_is_not_listed_counts() {
    let counts = |id, verdict| !expected("", &report(&[(id, verdict)])).met;
    assert!(counts("W-031", Verdict::Fail));
    assert!(counts("W-031", Verdict::Flaky));
    assert!(counts("W-031", Verdict::NotExercised));
    assert!(counts("W-031", Verdict::Error));
    assert!(!counts("W-031", Verdict::Pass));
    assert!(!counts("W-031", Verdict::Unsupported));
    assert!(!counts("W-087", Verdict::Warn));
    // A class that was never tried is not conformant, and no requirement says so.
    let mut empty = report(&[]);
    empty.conclusion.conformant = false;
    assert!(!expected("", &empty).met);
}
