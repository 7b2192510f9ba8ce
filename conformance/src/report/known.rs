//! What is said about known failures: those that hold in short, what is not as expected with the remedy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::story::wrap;
use super::{EntryOutcome, Expected, ExpectedEntry, Report, RequirementResult, Verdict};

/// The entry that explains why a requirement has a verdict other than `pass`, if there is one and it holds.
pub(super) fn known<'a>(report: &'a Report, result: &RequirementResult) -> Option<&'a ExpectedEntry> {
    let expected = report.expectations.as_ref().filter(|_| result.verdict != Verdict::Pass)?;
    expected.with(EntryOutcome::Holds).find(|entry| entry.requirement == result.id)
}

/// Whether the run is fine: conformant, or, with expectations, as expected.
pub(super) fn fine(report: &Report) -> bool {
    report.expectations.as_ref().map_or(report.conclusion.conformant, |expected| expected.met)
}

/// A broken requirement whose entry holds, in place of its story; `None` if there is no such entry.
pub(super) fn in_short(report: &Report, result: &RequirementResult) -> Option<String> {
    let expected = report.expectations.as_ref()?;
    let entry = expected.with(EntryOutcome::Holds).find(|entry| entry.requirement == result.id)?;
    let mut text = String::new();
    let verdict = result.verdict.as_str().to_uppercase();
    let _ = writeln!(text, "{verdict} {} ({}), as expected", result.id, result.level);
    wrap(&mut text, "  reason:    ", &format!("{} ({}:{})", entry.reason.trim(), expected.file, entry.line));
    for violation in &result.violations {
        wrap(&mut text, "  seen:      ", &violation.summary);
    }
    text.push('\n');
    Some(text)
}

/// What is not as expected, and what to do; nothing if there is nothing to say.
pub(super) fn remarks(expected: &Expected) -> String {
    let mut text = String::new();
    let file = &expected.file;
    for change in &expected.changes {
        wrap(&mut text, "  ", &format!("{file}: {change}"));
    }
    for entry in expected.with(EntryOutcome::Stale) {
        wrap(&mut text, "  ", &format!("{file}:{}: {} {}", entry.line, entry.requirement, entry.note));
        wrap(
            &mut text,
            "    ",
            &format!(
                "correct or remove the entry at {file}:{}, or run with --update-expectations",
                entry.line
            ),
        );
    }
    for entry in expected.with(EntryOutcome::NoReason) {
        wrap(&mut text, "  ", &format!("{file}:{}: {} {}", entry.line, entry.requirement, entry.note));
    }
    for new in &expected.unexpected {
        wrap(
            &mut text,
            "  ",
            &format!("{} is not expected ({}): {}", new.requirement, new.verdict.as_str(), new.note),
        );
    }
    if !expected.unexpected.is_empty() {
        wrap(
            &mut text,
            "    ",
            &format!(
                "repair the worker, or list it in {file} with its reason; --update-expectations adds the entry"
            ),
        );
    }
    let mut undecided: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in expected.with(EntryOutcome::Undecided) {
        undecided.entry(&entry.note).or_default().push(entry.requirement.to_string());
    }
    for (note, ids) in undecided {
        wrap(&mut text, "  ", &format!("{file}: this run says nothing about {}: {note}", ids.join(" ")));
    }
    if text.is_empty() { text } else { format!("expectations:\n{text}\n") }
}

/// The end of the headline.
pub(super) fn verdict(expected: &Expected) -> String {
    let counted = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        count => Some(format!("{count} {many}")),
    };
    let of = |verdicts: &[Verdict]| {
        let is = |entry: &&ExpectedEntry| verdicts.contains(&entry.verdict);
        expected.with(EntryOutcome::Holds).filter(is).count()
    };
    let outcome = |outcome| expected.with(outcome).count();
    let parts = if expected.met {
        [
            counted(of(&[Verdict::Fail, Verdict::Flaky]), "known failure", "known failures"),
            counted(of(&[Verdict::Warn]), "known warning", "known warnings"),
            counted(of(&[Verdict::NotExercised]), "known gap", "known gaps"),
        ]
    } else {
        [
            counted(expected.unexpected.len(), "unexpected failure", "unexpected failures"),
            counted(outcome(EntryOutcome::Stale), "entry no longer holds", "entries no longer hold"),
            counted(outcome(EntryOutcome::NoReason), "entry has no reason", "entries have no reason"),
        ]
    };
    let list = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    match (expected.met, list.as_str()) {
        (true, "") => "as expected (no known failures)".into(),
        (true, list) => format!("as expected ({list})"),
        (false, "") => "not as expected (a class of which nothing was exercised)".into(),
        (false, list) => format!("not as expected ({list})"),
    }
}
