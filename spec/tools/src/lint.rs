//! `pwp-spec lint`: every rule, over the whole book.

use std::fs;
use std::path::Path;

use super::book::{CHANGELOG, REQUIREMENTS};
use super::sync::read_book;
use super::{Book, BookError, LintError, Problem, changelog, coverage, keywords, links, revision};
use pwp_spec::{Catalogue, Evidence};

/// Everything that is wrong with the book under `root`, sorted by file and line; empty if nothing is.
pub fn lint(root: &Path, evidence: &Evidence) -> Vec<LintError> {
    let book = match Book::read(root) {
        Ok(book) => book,
        Err(error) => return vec![LintError::new(culprit(&error), 0, error.into())],
    };
    let (catalogue, blocks, mut errors) = read_book(root, &book);
    let parsed = errors.is_empty();
    changelog::check(&book, &mut errors);
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

const fn culprit(error: &BookError) -> &'static str {
    match error {
        BookError::NoRevision => CHANGELOG,
        BookError::Read { .. } => "spec",
    }
}

/// Compares the committed file with what the book says.
fn stale(root: &Path, catalogue: &Catalogue) -> Option<LintError> {
    let report = |problem| Some(LintError::new(REQUIREMENTS, 0, problem));
    let Ok(text) = fs::read_to_string(root.join(REQUIREMENTS)) else {
        return report(Problem::Stale("it does not exist".to_owned()));
    };
    if text == catalogue.to_json() {
        return None;
    }
    match Catalogue::from_json(&text) {
        Err(error) => report(error.into()),
        Ok(committed) => report(Problem::Stale(difference(&committed, catalogue))),
    }
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
