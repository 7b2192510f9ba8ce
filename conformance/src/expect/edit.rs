//! Changes to the text of an expectations file that leave every other byte as it is.
//!
//! The library `toml_edit` (0.25) was tried and cannot do this: it writes every line end as `\n`, so that a file with those of
//! Windows changes in each line, and a comment below an entry is a part of the next entry for it.

use std::fmt::Write as _;
use std::ops::Range;

use super::model::Entry;
use crate::report::{Symptom, Verdict};

/// A part of the text and the text that replaces it.
pub(super) type Edit = (Range<usize>, String);

/// Characters of a line after which the names of scripts go on in the next one.
const LINE: usize = 140;

/// Replaces parts of a text. The parts do not overlap. Where the last entry was cut out, the blank lines before it go,
/// too.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse((range.start, range.end)));
    let mut changed = text.to_owned();
    for (range, new) in edits {
        changed.replace_range(range, &new);
    }
    let ends_blank = |text: &str| last_line(text).filter(|line| line.trim().is_empty()).map(str::len);
    if ends_blank(text).is_none() {
        while let Some(length) = ends_blank(&changed) {
            changed.truncate(changed.len() - length);
        }
    }
    changed
}

/// What an entry takes up, to be cut out: the comment lines directly above it, its own lines, comment lines directly
/// below it, and the blank lines that set it off from the next one.
pub(super) fn cut(text: &str, entry: &Entry) -> Range<usize> {
    let (start, end) = lines_of(text, entry);
    start..end + blank(&text[end..])
}

/// From the beginning of the first line to the end of the last one, its line end included.
fn lines_of(text: &str, entry: &Entry) -> (usize, usize) {
    let mut start = text[..entry.spans.all.start].rfind('\n').map_or(0, |at| at + 1);
    while let Some(line) = last_line(&text[..start]).filter(|line| is_comment(line)) {
        start -= line.len();
    }
    let mut end = line_end(text, entry.spans.all.end);
    // Comment lines below belong to this entry, unless another one begins right behind them.
    let below: usize =
        text[end..].split_inclusive('\n').take_while(|line| is_comment(line)).map(str::len).sum();
    let next = text[end + below..].lines().next().unwrap_or_default().trim();
    if next.is_empty() {
        end += below;
    }
    (start, end)
}

/// Sets the verdict of an entry.
pub(super) fn set_verdict(text: &str, entry: &Entry, verdict: Verdict) -> Edit {
    if let Some(range) = &entry.spans.verdict {
        return (range.clone(), format!("\"{verdict}\""));
    }
    let value = &entry.spans.requirement;
    let line_start = text[..value.start].rfind('\n').map_or(0, |at| at + 1);
    let indent: String = text[line_start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let end = line_end(text, value.end);
    let newline = newline(text);
    let gap = if text[..end].ends_with('\n') { "" } else { newline };
    (end..end, format!("{gap}{indent}verdict = \"{verdict}\"{newline}"))
}

/// Sets what the failure of an entry looked like.
pub(super) fn set_seen(text: &str, entry: &Entry, seen: &[Symptom]) -> Edit {
    let newline = newline(text);
    let value = seen_value(seen).replace('\n', newline);
    if let Some(range) = &entry.spans.seen {
        return (range.clone(), value);
    }
    let end = line_end(text, entry.spans.all.end);
    let gap = if text[..end].ends_with('\n') { "" } else { newline };
    (end..end, format!("{gap}seen = {value}{newline}"))
}

/// One line for each symptom, and more where it has many scripts.
fn seen_value(seen: &[Symptom]) -> String {
    let mut text = "[\n".to_owned();
    for symptom in seen {
        let suspects: Vec<String> = symptom.suspects.iter().map(|id| format!("\"{id}\"")).collect();
        let _ = write!(
            text,
            "    {{ kind = {:?}, suspects = [{}], found_in = [",
            symptom.kind,
            suspects.join(", ")
        );
        let mut width = text.len() - text.rfind('\n').map_or(0, |at| at + 1);
        for (number, name) in symptom.found_in.iter().enumerate() {
            let (comma, name) = (if number == 0 { "" } else { "," }, format!("{name:?}"));
            width += name.len() + 2;
            if width > LINE {
                let _ = write!(text, "{comma}\n        {name}");
                width = 8 + name.len();
            } else {
                let _ = write!(text, "{comma}{}{name}", if number == 0 { "" } else { " " });
            }
        }
        text.push_str("] },\n");
    }
    text + "]"
}

/// Puts a block behind the last line, with a blank line between.
pub(super) fn append(text: &mut String, block: &str) {
    let newline = newline(text);
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(newline);
    }
    if last_line(text).is_some_and(|line| !line.trim().is_empty()) {
        text.push_str(newline);
    }
    text.push_str(&block.replace('\n', newline));
}

/// How the lines of a text end.
fn newline(text: &str) -> &'static str {
    if text.split_inclusive('\n').next().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

/// The last line of a text, its line end included; `None` for an empty text.
fn last_line(text: &str) -> Option<&str> {
    text.split_inclusive('\n').next_back()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Where the line of `at` ends, its line end included.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length + 1)
}

/// The length of the blank lines that a text begins with.
fn blank(text: &str) -> usize {
    text.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum()
}
