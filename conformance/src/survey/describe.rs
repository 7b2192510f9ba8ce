//! A survey of a workload as text for people.

use std::fmt::Write as _;

use super::assess::{LeftOut, Survey};
use crate::report;
use crate::workload::Kind;

/// Longest line of a list, in characters.
const WIDTH: usize = 100;

/// The survey as text; ends with a newline.
pub fn describe(survey: &Survey) -> String {
    let mut text = wrapped("", &survey.name);
    let mut row = |name: &str, value: &str| text.push_str(&wrapped(&format!("  {name:<10}"), value));
    row("command", &or(&survey.command.join(" "), "none; the command line has to name it"));
    row("dialect", &survey.dialect);
    row("features", &or(&survey.features.join(", "), "none"));
    row("inputs", &format!("{}, {}", count(survey.input_files, "file"), count(survey.input_bytes, "byte")));
    row(
        "outputs",
        &format!("{}, the content of {} is known", count(survey.output_files, "file"), survey.known_outputs),
    );
    for kind in Kind::ALL {
        let names = survey.requests.get(kind.as_str()).map(Vec::as_slice).unwrap_or_default();
        if !names.is_empty() {
            row(kind.as_str(), &format!("{}: {}", count(names.len(), "request"), names.join(", ")));
        }
    }
    let exercises: Vec<String> = survey.exercises.iter().map(ToString::to_string).collect();
    row("adds", &or(&exercises.join(" "), "nothing to what the suite sees without a workload"));
    if survey.left_out.is_empty() {
        text.push_str("\nNothing is left out that a workload can add for this dialect and these features.\n");
    } else {
        text.push_str("\nLeft out:\n");
        survey.left_out.iter().for_each(|left_out| text.push_str(&lines(left_out)));
    }
    if !survey.warnings.is_empty() {
        text.push_str("\nWarnings:\n");
        survey.warnings.iter().for_each(|warning| text.push_str(&wrapped("  ", warning)));
    }
    text
}

fn lines(left_out: &LeftOut) -> String {
    let mut text = format!("  {}", left_out.missing);
    match left_out.scripts.as_slice() {
        [] => text.push('\n'),
        scripts => {
            let _ = writeln!(text, ", so {} can't be run:", count(scripts.len(), "script"));
            text.push_str(&wrapped("    ", &scripts.join(" ")));
        }
    }
    for requirement in &left_out.requirements {
        let start = format!("    not seen: {} {} ", requirement.id, requirement.level);
        text.push_str(&wrapped_at(&start, 8, &requirement.text));
    }
    text
}

/// Words behind `start`, in lines that begin where the first word does.
fn wrapped(start: &str, words: &str) -> String {
    wrapped_at(start, start.len(), words)
}

fn wrapped_at(start: &str, indent: usize, words: &str) -> String {
    // A workload may come from anybody, and what it says goes to a terminal.
    let is_unsafe = |c: char| c.is_control() && !c.is_whitespace();
    report::wrapped(start, indent, &words.replace(is_unsafe, "\u{fffd}"), WIDTH)
}

fn or(text: &str, nothing: &str) -> String {
    if text.is_empty() { nothing.to_owned() } else { text.to_owned() }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
