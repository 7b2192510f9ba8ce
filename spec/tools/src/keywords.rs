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
            let problem = Problem::KeywordInText { id: block.requirement.id, word: word.to_owned() };
            errors.push(LintError::new(&block.file, block.line, problem));
        }
    }
}

/// Keywords outside blocks, in any case.
pub(super) fn in_prose(book: &Book, errors: &mut Vec<LintError>) {
    for page in &book.chapters {
        let markdown = Markdown::new(&page.text);
        let blocks = block_lines(&markdown);
        let mut allowed_since = None;
        for (number, line) in markdown.lines.iter().enumerate() {
            let mut report = |problem| errors.push(LintError::new(&page.file, number + 1, problem));
            if markdown.code[number] {
                continue;
            }
            match line.trim() {
                ALLOWED if allowed_since.is_none() => allowed_since = Some(number),
                ALLOWED => report(Problem::KeywordMark(ALLOWED)),
                END if allowed_since.take().is_none() => report(Problem::KeywordMark(END)),
                _ if allowed_since.is_some() || blocks[number] => {}
                _ => {
                    for word in keywords(&markdown.prose[number]) {
                        report(Problem::KeywordInProse { word: word.to_owned() });
                    }
                }
            }
        }
        if let Some(number) = allowed_since {
            errors.push(LintError::new(&page.file, number + 1, Problem::KeywordMark(ALLOWED)));
        }
    }
}

/// The keywords in a text, as they are written there.
fn keywords(prose: &str) -> impl Iterator<Item = &str> {
    prose
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| WORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word)))
}
