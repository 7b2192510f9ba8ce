//! The keywords: must, should and may stand in no sentence of a requirement and nowhere outside one.

use super::block::block_lines;
use super::markdown::Markdown;
use super::{Book, LintError, ParsedBlock, Problem};

/// Around the paragraphs that speak about the keywords.
const ALLOWED: &str = "<!-- keywords: allowed -->";
const END: &str = "<!-- /keywords -->";

/// The keywords and the stems that their contractions leave (`mustn't`).
const WORDS: [&str; 5] = ["must", "should", "may", "mustn", "shouldn"];

/// Keywords in the sentences of requirements. The informative fields are free to use them.
pub(super) fn in_text(blocks: &[ParsedBlock], errors: &mut Vec<LintError>) {
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
pub(super) fn in_prose(book: &Book, errors: &mut Vec<LintError>) {
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
