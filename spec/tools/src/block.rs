//! Finds the requirement blocks of a chapter and parses them.

use super::header::{is_header, parse_header};
use super::markdown::Markdown;
use super::{LintError, Problem};
use pwp_spec::{Chapter, Requirement, RequirementId};

/// A block of a chapter. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedBlock {
    /// The requirement that the block states.
    pub requirement: Requirement,
    /// The file, relative to the root of the repository: `spec/src/output.md`.
    pub file: String,
    /// The line in the file that the block begins at.
    pub line: usize,
}

/// The fields that a block can have after its sentence.
const FIELDS: [&str; 5] = ["Why", "Sources", "Remedy", "Clients", "Untested"];

/// Parses the blocks of one chapter. `file` is its path relative to the root of the repository.
///
/// A block with a problem in its first line is left out; with any other problem it is there, as far as it was
/// understood. So the blocks are complete exactly if there is no problem.
pub fn parse_blocks(file: &str, text: &str) -> (Vec<ParsedBlock>, Vec<LintError>) {
    let markdown = Markdown::new(text);
    let mut parser = Parser { file, blocks: Vec::new(), problems: Vec::new() };
    for quote in quotes(&markdown) {
        parser.quote(&markdown, quote);
    }
    for (number, line) in markdown.lines.iter().enumerate() {
        if !markdown.code[number] && is_header(line.trim_start()) {
            parser.report(number, Problem::NotQuoted);
        }
    }
    (parser.blocks, parser.problems)
}

/// Which lines of a chapter belong to requirement blocks, whether or not these are correct.
pub(super) fn block_lines(markdown: &Markdown<'_>) -> Vec<bool> {
    let mut lines = vec![false; markdown.lines.len()];
    for quote in quotes(markdown).filter(|quote| quote.clone().any(|n| is_header(content(markdown.lines[n]))))
    {
        lines[quote].fill(true);
    }
    lines
}

/// The runs of lines that begin with `>`.
fn quotes<'m>(markdown: &'m Markdown<'_>) -> impl Iterator<Item = std::ops::Range<usize>> + 'm {
    let quoted = |n: usize| !markdown.code[n] && markdown.lines[n].starts_with('>');
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = (next..markdown.lines.len()).find(|n| quoted(*n))?;
        next = (start..markdown.lines.len()).find(|n| !quoted(*n)).unwrap_or(markdown.lines.len());
        Some(start..next)
    })
}

/// A quoted line without its `> `.
fn content(line: &str) -> &str {
    let line = line.strip_prefix('>').unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line).trim_end()
}

struct Parser<'a> {
    file: &'a str,
    blocks: Vec<ParsedBlock>,
    problems: Vec<LintError>,
}

impl Parser<'_> {
    fn report(&mut self, number: usize, problem: Problem) {
        self.problems.push(LintError::new(self.file, number + 1, problem));
    }

    /// One run of quoted lines: a block, several that touch, or an ordinary quote.
    fn quote(&mut self, markdown: &Markdown<'_>, quote: std::ops::Range<usize>) {
        let end = quote.end;
        let headers: Vec<usize> = quote.clone().filter(|n| is_header(content(markdown.lines[*n]))).collect();
        let Some(first) = headers.first() else { return };
        for touching in headers.iter().filter(|n| **n > *first || **n > quote.start) {
            self.report(*touching, Problem::BlocksTouch);
        }
        let ends = headers.iter().skip(1).copied().chain([end]);
        let mut last = None;
        for (start, end) in headers.iter().copied().zip(ends) {
            let lines: Vec<&str> = markdown.lines[start..end].iter().map(|line| content(line)).collect();
            last = self.block(start, &lines);
        }
        // Markdown takes a line of text right after a quote as part of its last paragraph.
        if let (Some(id), Some(next)) = (last, markdown.lines.get(end))
            && !next.trim().is_empty()
        {
            self.report(end, Problem::LazyLine(id));
        }
    }

    /// One block: its first line, its sentence, its fields.
    fn block(&mut self, start: usize, lines: &[&str]) -> Option<RequirementId> {
        let header = match parse_header(lines.first().copied().unwrap_or_default()) {
            Ok(header) => header,
            Err(problem) => {
                self.report(start, problem);
                return None;
            }
        };
        let id = header.id;
        let (text, fields_at) = self.text(id, start, lines);
        let [why, sources, remedy, clients, untested] = self.fields(id, start, lines, fields_at);
        if text.is_empty() {
            self.report(start, Problem::NoText(id));
        }
        if why.is_none() {
            self.report(start, Problem::NoWhy(id));
        }
        let sources = sources.as_deref().map(split_sources).unwrap_or_default();
        if sources.is_empty() {
            self.report(start, Problem::NoSources(id));
        }
        let file = self.file.rsplit_once("spec/src/").map_or(self.file, |(_, file)| file);
        let requirement = Requirement {
            id,
            level: header.level,
            status: header.status,
            dialects: header.dialects,
            condition: header.condition,
            workload: header.workload,
            since: header.since,
            text,
            why: why.unwrap_or_default(),
            sources,
            remedy,
            clients,
            untested,
            // The book's script gives each block its ID as an anchor.
            chapter: Chapter { file: file.to_owned(), anchor: id.to_string() },
        };
        self.blocks.push(ParsedBlock { requirement, file: self.file.to_owned(), line: start + 1 });
        Some(id)
    }

    /// The normative text, and the index of the line that its fields begin at.
    fn text(&mut self, id: RequirementId, start: usize, lines: &[&str]) -> (String, usize) {
        let fields_at = lines.iter().position(|line| field_name(line).is_some()).unwrap_or(lines.len());
        let text = &lines[1..fields_at];
        if fields_at < lines.len() && text.last().is_some_and(|line| !line.is_empty()) {
            self.report(start + fields_at, Problem::NoBlankBeforeFields(id));
        }
        let mut out = String::new();
        let mut fresh = true;
        for line in text {
            if line.is_empty() {
                fresh = true;
                continue;
            }
            let item = line.starts_with("- ") || line.starts_with("* ");
            if !out.is_empty() {
                out.push(if fresh || item { '\n' } else { ' ' });
            }
            out.push_str(line.trim());
            fresh = false;
        }
        (out, fields_at)
    }

    /// The fields in the order of [`FIELDS`].
    fn fields(&mut self, id: RequirementId, start: usize, lines: &[&str], at: usize) -> [Option<String>; 5] {
        let mut values: [Option<String>; 5] = Default::default();
        let mut current: Option<usize> = None;
        for (offset, line) in lines.iter().enumerate().skip(at) {
            let number = start + offset;
            match field_name(line) {
                Some((name, value)) => {
                    current = FIELDS.iter().position(|field| *field == name);
                    let Some(index) = current else {
                        self.report(number, Problem::UnknownField { id, field: name.to_owned() });
                        continue;
                    };
                    if values[index].replace(value.trim().to_owned()).is_some() {
                        self.report(number, Problem::FieldTwice { id, field: FIELDS[index] });
                    }
                }
                None if line.is_empty() => current = None,
                None => match current.and_then(|index| values[index].as_mut()) {
                    Some(value) => {
                        value.push(' ');
                        value.push_str(line.trim());
                    }
                    None => self.report(number, Problem::StrayParagraph(id)),
                },
            }
        }
        for (value, field) in values.iter_mut().zip(FIELDS) {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                self.report(start, Problem::EmptyField { id, field });
                *value = None;
            }
        }
        values
    }
}

/// The name and the rest of a line `*Name:* rest`.
fn field_name(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix('*')?.split_once(":*")?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic())).then_some((name, rest))
}

/// Sources stand between semicolons; a full stop ends the last one.
fn split_sources(text: &str) -> Vec<String> {
    let text = text.trim().trim_end_matches('.');
    text.split(';').map(|source| source.trim().to_owned()).filter(|source| !source.is_empty()).collect()
}
