//! The Markdown of the evidence pages: links between them and to the chapters, and texts that stay what they are.

use std::collections::BTreeMap;

use super::SavedReport;
use crate::links;
use pwp_spec::{Catalogue, Requirement, RequirementId, Role};

/// A link to a requirement's sentence. An ID that the book does not have is not linked.
pub(super) fn sentence(catalogue: &Catalogue, id: RequirementId) -> String {
    match catalogue.get(id) {
        Some(requirement) => {
            format!("[{id}](../{}#{})", requirement.chapter.file, requirement.chapter.anchor)
        }
        None => id.to_string(),
    }
}

pub(super) fn sentences(catalogue: &Catalogue, ids: &[RequirementId]) -> String {
    list(ids.iter().map(|id| sentence(catalogue, *id)))
}

/// The anchor of a check: a script for workers and a case for clients may have the same name.
pub fn check_anchor(role: Role, name: &str) -> String {
    if role == Role::Client { format!("case-{name}") } else { format!("check-{name}") }
}

/// The anchor of a fault.
pub fn fault_anchor(role: Role, name: &str) -> String {
    if role == Role::Client { format!("client-fault-{name}") } else { format!("fault-{name}") }
}

pub(super) fn check(role: Role, name: &str) -> String {
    format!("[{name}](checks.md#{})", check_anchor(role, name))
}

pub(super) fn fault(role: Role, name: &str) -> String {
    format!("[{name}](faults.md#{})", fault_anchor(role, name))
}

pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(", ")
}

/// An anchor: there without any script.
pub(super) fn anchor(id: impl std::fmt::Display) -> String {
    format!("<a id=\"{id}\"></a>")
}

/// A table of Markdown: its first line, and the others.
pub(super) fn table(head: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rule = vec!["---"; head.len()].join("|");
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    format!("{}|{rule}|\n{}", line(head), rows.into_iter().map(line).collect::<String>())
}

/// Markdown of the book, as one cell of a table.
pub(super) fn cell(markdown: &str) -> String {
    markdown.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// Markdown of a block, as one cell of a table, with its links as they are from the evidence pages.
pub(super) fn of_block(requirement: &Requirement, markdown: &str) -> String {
    let chapter = &requirement.chapter.file;
    let mut out = String::new();
    let mut rest = markdown;
    while let Some((before, after)) = rest.split_once("](") {
        let (target, tail) = after.split_once(')').unwrap_or((after, ""));
        let (path, hash) = target.find('#').map_or((target, ""), |at| target.split_at(at));
        let path = match () {
            () if !links::is_relative(target) => path.to_owned(),
            () if path.is_empty() => format!("../{chapter}"),
            () => format!("../{}", links::resolve(chapter, path)),
        };
        out += &format!("{before}]({path}{hash})");
        rest = tail;
    }
    cell(&(out + rest))
}

/// A text that nobody wrote as Markdown, as one cell of a table: it shows as it is.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' | '!' => out.extend(['\\', c]),
            _ if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            _ => out.push(c),
        }
    }
    out
}

/// A heading for each chapter, with the requirements that stand in it, in the order of the catalogue.
pub(super) fn by_chapter(catalogue: &Catalogue) -> BTreeMap<&str, Vec<&Requirement>> {
    let mut chapters: BTreeMap<&str, Vec<&Requirement>> = BTreeMap::new();
    for requirement in catalogue.iter() {
        chapters.entry(&requirement.chapter.file).or_default().push(requirement);
    }
    chapters
}

/// What the saved reports say about one requirement, as counts: `5 pass, 1 fail`. Empty if none says anything.
pub fn today_in_words(reports: &[SavedReport], id: RequirementId) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for verdict in reports.iter().filter_map(|report| report.verdict(id)) {
        *counts.entry(verdict.into()).or_default() += 1;
    }
    let rank = |verdict: &str| {
        ["pass", "fail", "warn", "flaky", "observed"].iter().position(|word| *word == verdict)
    };
    let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
    words.sort_by_key(|(verdict, _)| rank(verdict).unwrap_or(usize::MAX));
    list(words.into_iter().map(|(verdict, count)| format!("{count} {verdict}")))
}
