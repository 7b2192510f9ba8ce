//! Known failures as text: those that hold in short, and all that is not as expected with the remedy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::story::wrap;
use super::{EntryOutcome, Expected, Report, RequirementResult};

/// The text about a broken requirement whose entry holds, in place of its story; `None` if there is no such entry.
pub(super) fn in_short(report: &Report, result: &RequirementResult) -> Option<String> {
    let expected = report.expectations.as_ref()?;
    let entry = report.known_failure(result)?;
    let mut text = String::new();
    let verdict = result.verdict.to_string().to_uppercase();
    let _ = writeln!(text, "{verdict} {} ({}), as expected", result.id, result.level);
    wrap(&mut text, "  reason:    ", &format!("{} ({}:{})", entry.reason.trim(), expected.file, entry.line));
    for violation in &result.violations {
        wrap(&mut text, "  seen:      ", &violation.summary);
    }
    text.push('\n');
    Some(text)
}

/// The text about all that is not as expected, and what to do; empty if there is nothing to say.
pub(super) fn remarks(expected: &Expected) -> String {
    let mut text = String::new();
    let file = &expected.file;
    let mut say = |indent: &str, sentence: String| wrap(&mut text, indent, &sentence);
    for change in &expected.changes {
        say("  ", format!("{file}: {change}"));
    }
    for outcome in [EntryOutcome::Stale, EntryOutcome::NoReason] {
        for entry in expected.with(outcome) {
            let place = format!("{file}:{}", entry.line);
            say("  ", format!("{place}: {} {}", entry.requirement, entry.note));
            if outcome == EntryOutcome::Stale {
                let remedy = "or run with --update-expectations";
                say("    ", format!("correct or remove the entry at {place}, {remedy}"));
            }
        }
    }
    for new in &expected.unexpected {
        say("  ", format!("{} is not expected ({}): {}", new.requirement, new.verdict, new.note));
    }
    if !expected.unexpected.is_empty() {
        let how = "with its reason; --update-expectations adds the entry";
        say("    ", format!("repair the worker, or list it in {file} {how}"));
    }
    let mut undecided: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for entry in expected.with(EntryOutcome::Undecided) {
        undecided.entry(&entry.note).or_default().push(entry.requirement.to_string());
    }
    for (note, ids) in undecided {
        say("  ", format!("{file}: this run says nothing about {}: {note}", ids.join(" ")));
    }
    if text.is_empty() { text } else { format!("expectations:\n{text}\n") }
}
