//! One violation as text: the symptom, the bytes, the sentence that was broken, the reaction of clients, the remedy. Known failures are
//! told in short, and all that is not as expected with the remedy.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pwp_spec::Catalogue;

use super::text::{printable, visible, wrapped};
use super::{Entry, EntryOutcome, Expected, Report, RequirementResult, Verdict, ViolationReport};

/// The number of lines of a hex dump that are shown.
const DUMP: usize = 6;
/// The number of lines of a transcript that are shown without `--verbose`.
const LINES: usize = 14;
/// The number of lines that are shown behind the last one that shows the violation.
const BEHIND: usize = 4;
/// The number of earlier lines that are shown because they show the violation, too.
const EARLIER: usize = 4;
/// The most characters of a line of text.
const WIDTH: usize = 104;

/// The story of a broken requirement. Text of the subject can't steer a terminal, since it is made visible.
pub fn story(result: &RequirementResult, verbose: bool) -> String {
    let mut text = String::new();
    for violation in &result.violations {
        one(&mut text, result, violation, verbose);
    }
    visible(&text).into_owned()
}

fn one(text: &mut String, result: &RequirementResult, violation: &ViolationReport, verbose: bool) {
    let verdict = match result.verdict {
        Verdict::Flaky if violation.expected => "FLAKY as expected".to_owned(),
        Verdict::Flaky => format!("FLAKY {}/{}", violation.confirmed.shown, violation.confirmed.of),
        other => other.to_string().to_uppercase(),
    };
    let _ = writeln!(text, "{verdict} {} ({})", result.id, result.level);
    wrap(text, "  seen:      ", &violation.summary);
    let bytes = hex::decode(&violation.hex).unwrap_or_default();
    for (number, row) in bytes.chunks(16).take(DUMP).enumerate() {
        let (label, at) = (if number == 0 { "bytes:" } else { "" }, number * 16);
        let _ = writeln!(text, "  {label:9}  {at:06x}  {:<47}  {}", spaced_hex(row), printable(row, '.'));
    }
    if bytes.len() > DUMP * 16 {
        let _ = writeln!(text, "  {:9}  … {} bytes in all that were kept", "", bytes.len());
    }
    if let Some(requirement) = Catalogue::standard().get(result.id) {
        wrap(text, "  standard:  ", &requirement.text);
        if let Some(clients) = requirement.clients.as_deref().filter(|clients| !clients.is_empty()) {
            wrap(text, "  clients:   ", clients);
        }
    }
    if !violation.remedy.is_empty() {
        wrap(text, "  remedy:    ", &violation.remedy);
    }
    let times = if result.violated == 1 { "once".to_owned() } else { format!("{} times", result.violated) };
    let _ = writeln!(
        text,
        "  found:     {times}, first in {} `{}`; {} showed it in {} of {} runs{}",
        violation.unit(),
        violation.found_in,
        if violation.script.is_some() && !violation.expected { "the smallest script" } else { "it" },
        violation.confirmed.shown,
        violation.confirmed.of,
        if violation.expected { " (expected, not investigated)" } else { "" }
    );
    transcript(text, violation, verbose);
    let stderr: Vec<&str> = violation.stderr.lines().rev().take(if verbose { 40 } else { 4 }).collect();
    for (number, line) in stderr.iter().rev().enumerate() {
        let _ = writeln!(text, "  {:9}  {}", if number == 0 { "stderr:" } else { "" }, shorten(line));
    }
    let mut label = "again:";
    if violation.name() != violation.found_in {
        let _ = writeln!(text, "  {label:9}  save the script with --transcripts DIR, then");
        label = "";
    }
    let _ = writeln!(text, "  {label:9}  {}", violation.reproduce);
    let _ = writeln!(text);
}

fn transcript(text: &mut String, violation: &ViolationReport, verbose: bool) {
    let entries: Vec<&Entry> = violation
        .transcript
        .iter()
        .filter(|entry| verbose || !matches!(entry.kind.as_str(), "expected" | "memory" | "started"))
        .collect();
    let shown = if verbose { entries.len() } else { LINES };
    // The events that show a violation come last as a rule, so the end matters most.
    let marked = |entry: &&&Entry| violation.events.contains(&entry.event);
    let last =
        entries.iter().rposition(|entry| marked(&entry)).map_or(entries.len(), |last| last + 1 + BEHIND);
    let until = last.clamp(shown.min(entries.len()), entries.len());
    let from = until.saturating_sub(shown);
    if from > 0 {
        let _ = writeln!(text, "  run:       … {from} events before");
    }
    let earlier: Vec<&&Entry> = entries[..from].iter().filter(marked).collect();
    for entry in &earlier[earlier.len().saturating_sub(EARLIER)..] {
        line(text, "", entry, violation);
    }
    for (number, entry) in entries[from..until].iter().enumerate() {
        line(text, if number == 0 && from == 0 { "run:" } else { "" }, entry, violation);
    }
    if until < entries.len() {
        let _ = writeln!(text, "             … {} events behind", entries.len() - until);
    }
}

fn line(text: &mut String, label: &str, entry: &Entry, violation: &ViolationReport) {
    let mark = if violation.events.contains(&entry.event) { '>' } else { ' ' };
    let mut bytes = String::new();
    if let Some(count) = entry.bytes {
        let kept = hex::decode(&entry.hex).unwrap_or_default();
        let head = spaced_hex(&kept[..kept.len().min(12)]);
        bytes = format!("{count} bytes  {head}{}", if count > 12 { " …" } else { "" });
    }
    let note =
        if entry.note.is_empty() { String::new() } else { format!("  {}", entry.note.replace('\n', " ")) };
    let line = format!("{mark} {:>9.3} ms  {:12} {bytes}{note}", entry.at_us as f64 / 1000.0, entry.kind);
    let _ = writeln!(text, "  {label:9}{}", shorten(&line));
}

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

/// Writes `content` behind `label`, in lines of at most [`WIDTH`] characters.
pub(super) fn wrap(text: &mut String, label: &str, content: &str) {
    text.push_str(&wrapped(label, label.len(), content, WIDTH));
}

fn shorten(line: &str) -> String {
    let limit = WIDTH + 30;
    if line.chars().count() > limit {
        line.chars().take(limit).chain(['…']).collect()
    } else {
        line.to_owned()
    }
}

fn spaced_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
