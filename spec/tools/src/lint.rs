//! `pwp-spec lint`: every rule, over the whole book.

use std::fs;
use std::path::Path;

use super::book::{CHANGELOG, REQUIREMENTS};
use super::sync::read_book;
use super::{Book, BookError, LintError, Problem, coverage, keywords, links, revision};
use pwp_spec::{Catalogue, Evidence};

/// The headings below each revision of the changelog, in their order.
const HEADINGS: [&str; 5] = ["Added", "Changed", "Deprecated", "Removed", "Editorial"];

/// Everything that is wrong with the book under `root`, sorted by file and line; empty if nothing is.
pub fn lint(root: &Path, evidence: &Evidence) -> Vec<LintError> {
    let book = match Book::read(root) {
        Ok(book) => book,
        Err(error) => {
            let culprit = if matches!(error, BookError::NoRevision) { CHANGELOG } else { "spec" };
            return vec![Problem::new("unreadable", error).at(culprit, 0)];
        }
    };
    let (catalogue, blocks, mut errors) = read_book(root, &book);
    let parsed = errors.is_empty();
    changelog_headings(&book, &mut errors);
    keywords::in_text(&blocks, &mut errors);
    keywords::in_prose(&book, &mut errors);
    links::check(root, &book, &blocks, &mut errors);
    links::check_sources(root, &blocks, &mut errors);
    // While blocks are wrong these would only repeat what is already said.
    if parsed {
        coverage::check(&catalogue, &blocks, evidence, &mut errors);
        errors.extend(stale(root, &catalogue));
        revision::check(root, &book, &catalogue, &mut errors);
    }
    errors.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    errors
}

/// Headings of the changelog that are not the fixed ones, stand there twice or in another order.
fn changelog_headings(book: &Book, errors: &mut Vec<LintError>) {
    let Some(changelog) = book.others.iter().find(|page| page.file == CHANGELOG) else { return };
    let mut next = 0;
    for (number, line) in changelog.text.lines().enumerate() {
        if line.starts_with("## ") {
            next = 0;
        }
        let Some(title) = line.strip_prefix("### ") else { continue };
        match HEADINGS.iter().skip(next).position(|heading| *heading == title.trim()) {
            Some(skipped) => next += skipped + 1,
            None => {
                let message = format!(
                    "{title:?} is no heading of the changelog: use Added, Changed, Deprecated, Removed and Editorial, each once and in this order"
                );
                errors.push(Problem::new("changelog-heading", message).at(CHANGELOG, number + 1));
            }
        }
    }
}

/// Compares the committed file with what the book says.
fn stale(root: &Path, catalogue: &Catalogue) -> Option<LintError> {
    let difference = match fs::read_to_string(root.join(REQUIREMENTS)) {
        Err(_) => "it does not exist".to_owned(),
        Ok(text) if text == catalogue.to_json() => return None,
        Ok(text) => match Catalogue::from_json(&text) {
            Err(error) => return Some(Problem::new("unreadable", error).at(REQUIREMENTS, 0)),
            Ok(committed) => difference(&committed, catalogue),
        },
    };
    let message = format!(
        "requirements.json is not what the book says ({difference}): run `cargo run --release -p pwp-spec-tools -- sync` and commit the file"
    );
    Some(Problem::new("stale", message).at(REQUIREMENTS, 0))
}

/// In words, what the committed file and the book differ in.
fn difference(committed: &Catalogue, book: &Catalogue) -> String {
    if committed.revision() != book.revision() {
        return format!("its revision is {}, the book's {}", committed.revision(), book.revision());
    }
    let differing: Vec<String> = book
        .iter()
        .filter(|requirement| committed.get(requirement.id) != Some(*requirement))
        .map(|requirement| requirement.id.to_string())
        .collect();
    match differing.as_slice() {
        [] => "it is written in another form".to_owned(),
        [id] => format!("{id} differs"),
        [first, .., last] => format!("{} requirements differ, from {first} to {last}", differing.len()),
    }
}
