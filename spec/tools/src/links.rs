//! Links between the pages of the book, and sources: each leads to a file that is there and an anchor that it has.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::book::{Page, SUMMARY};
use super::markdown::Markdown;
use super::source::SOURCES;
use super::{Book, LintError, ParsedBlock, Problem, SourceTable};

/// Dead relative links, and chapters that the summary leaves out. Links with a scheme are not followed.
pub(super) fn check(root: &Path, book: &Book, blocks: &[ParsedBlock], errors: &mut Vec<LintError>) {
    let pages: BTreeMap<&str, (&Page, Markdown<'_>)> =
        book.pages().map(|page| (page.file.as_str(), (page, Markdown::new(&page.text)))).collect();
    let has_anchor = |file: &str, markdown: &Markdown<'_>, anchor: &str| {
        // The book's script gives each block its ID as an anchor.
        markdown.anchors.iter().any(|known| known == anchor)
            || blocks.iter().any(|block| block.file == file && block.requirement.chapter.anchor == anchor)
    };
    for (page, markdown) in pages.values() {
        for link in markdown.links.iter().filter(|link| is_relative(&link.target)) {
            let (path, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let target = if path.is_empty() { page.file.clone() } else { resolve(&page.file, path) };
            let problem = match pages.get(target.as_str()) {
                Some((_, markdown)) if anchor.is_empty() || has_anchor(&target, markdown, anchor) => continue,
                Some(_) => dead_link(
                    &link.target,
                    format_args!("{target} has no heading or id {anchor:?}; correct the anchor"),
                ),
                None if root.join(&target).exists() => continue,
                None => no_file(&link.target, &target),
            };
            errors.push(problem.at(&page.file, link.line + 1));
        }
    }
    for page in book.pages() {
        includes(root, page, errors);
    }
    let Some((_, summary)) = pages.get(SUMMARY) else { return };
    let listed: Vec<String> = summary.links.iter().map(|link| resolve(SUMMARY, &link.target)).collect();
    let of_the_book = book.pages().filter(|page| page.file.starts_with("spec/src/") && page.file != SUMMARY);
    for page in of_the_book.filter(|page| !listed.contains(&page.file)) {
        let message = "the chapter is not in SUMMARY.md, so the book leaves it out: add a line for it";
        errors.push(Problem::new("not-in-summary", message).at(&page.file, 0));
    }
}

/// Reports sources that no link can be made of.
pub(super) fn check_sources(root: &Path, blocks: &[ParsedBlock], errors: &mut Vec<LintError>) {
    let table = match SourceTable::read(root) {
        Ok(table) => table,
        Err(error) => return errors.push(Problem::new("unreadable", error).at(SOURCES, 0)),
    };
    for block in blocks {
        for source in block.requirement.sources.iter().filter(|source| table.link(source).is_none()) {
            let message = format!(
                "{} has a source that a reader cannot open: {source:?}; write `path (owner/repository)`, \
                 `owner/repository#123` or `RFC 8259`, or say in spec/sources.toml where it is",
                block.requirement.id
            );
            errors.push(Problem::new("source", message).at(&block.file, block.line));
        }
    }
}

/// Files that a page embeds with mdBook's `{{#include path}}`, in code too.
fn includes(root: &Path, page: &Page, errors: &mut Vec<LintError>) {
    for (number, line) in page.text.lines().enumerate() {
        let Some((_, rest)) = line.split_once("{{#include ") else { continue };
        let link = rest.split("}}").next().unwrap_or_default().trim();
        // Lines or a part can follow: `file.rs:2:10`.
        let target = resolve(&page.file, link.split(':').next().unwrap_or_default());
        if !root.join(&target).is_file() {
            errors.push(no_file(link, &target).at(&page.file, number + 1));
        }
    }
}

fn no_file(link: &str, target: &str) -> Problem {
    dead_link(link, format_args!("no file {target}; correct the path"))
}

fn dead_link(link: &str, what: fmt::Arguments<'_>) -> Problem {
    Problem::new("dead-link", format_args!("dead link {link:?}: {what}"))
}

/// Whether a link leads to a file of the repository or an anchor of the same page.
pub(super) fn is_relative(target: &str) -> bool {
    let scheme =
        target.split_once(':').is_some_and(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphanumeric()));
    !target.is_empty() && !scheme && !target.starts_with('/')
}

/// The path that a link in `from` means, relative to the root.
pub(super) fn resolve(from: &str, path: &str) -> String {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
