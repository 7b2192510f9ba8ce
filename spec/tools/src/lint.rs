//! `pwp-spec lint`: every rule, over the whole book.

use std::fs;
use std::path::Path;

use super::block::block_lines;
use super::book::{CHANGELOG, REQUIREMENTS};
use super::markdown::Markdown;
use super::sync::read_book;
use super::{Book, LintError, ParsedBlock, Problem, coverage, links, revision};
use pwp_spec::{Catalogue, Evidence};

/// The headings below each revision of the changelog, in their order.
const HEADINGS: [&str; 5] = ["Added", "Changed", "Deprecated", "Removed", "Editorial"];

/// Around the paragraphs that speak about the keywords: must, should and may stand in no sentence of a requirement and
/// nowhere outside one.
const ALLOWED: &str = "<!-- keywords: allowed -->";
const END: &str = "<!-- /keywords -->";

/// The keywords and the stems that their contractions leave (`mustn't`).
const WORDS: [&str; 5] = ["must", "should", "may", "mustn", "shouldn"];

/// Everything that is wrong with the book under `root`, sorted by file and line; empty if nothing is.
pub fn lint(root: &Path, evidence: &Evidence) -> Vec<LintError> {
    let book = match Book::read(root) {
        Ok(book) => book,
        Err(error) => return vec![error],
    };
    let (catalogue, blocks, mut errors) = read_book(root, &book);
    let parsed = errors.is_empty();
    changelog_headings(&book, &mut errors);
    keywords_in_text(&blocks, &mut errors);
    keywords_in_prose(&book, &mut errors);
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

/// Keywords in the sentences of requirements. The informative fields are free to use them.
fn keywords_in_text(blocks: &[ParsedBlock], errors: &mut Vec<LintError>) {
    for block in blocks {
        let prose = Markdown::new(&block.requirement.text).prose.join("\n");
        for word in keywords(&prose) {
            let message = format!(
                "{} says {word:?} in its sentence: the level says it already, so write what the implementation does",
                block.requirement.id
            );
            errors.push(Problem::new("keyword-in-text", message).at(&block.file, block.line));
        }
    }
}

/// Keywords outside blocks, in any case.
fn keywords_in_prose(book: &Book, errors: &mut Vec<LintError>) {
    for page in &book.chapters {
        let markdown = Markdown::new(&page.text);
        let blocks = block_lines(&markdown);
        let mut report = |number, problem: Problem| errors.push(problem.at(&page.file, number + 1));
        let mut allowed_since = None;
        for (number, line) in markdown.lines.iter().enumerate() {
            if markdown.code[number] {
                continue;
            }
            match line.trim() {
                ALLOWED if allowed_since.is_none() => allowed_since = Some(number),
                ALLOWED => report(number, alone(ALLOWED)),
                END if allowed_since.take().is_none() => report(number, alone(END)),
                _ if allowed_since.is_some() || blocks[number] => {}
                _ => keywords(&markdown.prose[number]).for_each(|word| report(number, in_no_block(word))),
            }
        }
        if let Some(number) = allowed_since {
            report(number, alone(ALLOWED));
        }
    }
}

/// A mark that never ends, or an end without a beginning.
fn alone(mark: &str) -> Problem {
    let message = format!("`{mark}` has no counterpart: `{ALLOWED}` and `{END}` come in pairs");
    Problem::new("keyword-mark", message)
}

fn in_no_block(word: &str) -> Problem {
    let message = format!(
        "{word:?} outside a requirement: say it without the word, make it a block, or, where the book speaks about \
         the keywords, put it between `{ALLOWED}` and `{END}`"
    );
    Problem::new("keyword-outside-block", message)
}

/// The keywords in a text, as they are written there.
fn keywords(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| WORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)))
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
