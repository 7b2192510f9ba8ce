//! Finds the requirement blocks of a chapter and parses them.

use std::fmt::Display;
use std::ops::Range;

use super::header::{is_header, parse_header};
use super::markdown::Markdown;
use super::{LintError, Problem};
use pwp_spec::{Requirement, RequirementId};

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
            let message = "a requirement stands outside a block quote: begin each of its lines with `> `";
            parser.report(number, "block-shape", message);
        }
    }
    (parser.blocks, parser.problems)
}

/// Which lines of a chapter belong to requirement blocks, whether or not these are correct.
pub(super) fn block_lines(markdown: &Markdown<'_>) -> Vec<bool> {
    let mut lines = vec![false; markdown.lines.len()];
    for quote in quotes(markdown) {
        if markdown.lines[quote.clone()].iter().any(|line| is_header(content(line))) {
            lines[quote].fill(true);
        }
    }
    lines
}

/// The runs of lines that begin with `>`.
fn quotes(markdown: &Markdown<'_>) -> Vec<Range<usize>> {
    let quoted = |n: &usize| !markdown.code[*n] && markdown.lines[*n].starts_with('>');
    let lines: Vec<usize> = (0..markdown.lines.len()).filter(quoted).collect();
    lines.chunk_by(|a, b| a + 1 == *b).map(|run| run[0]..run[0] + run.len()).collect()
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
    fn report(&mut self, number: usize, rule: &'static str, message: impl Display) {
        self.problems.push(Problem::new(rule, message).at(self.file, number + 1));
    }

    /// One run of quoted lines: a block, several that touch, or an ordinary quote.
    fn quote(&mut self, markdown: &Markdown<'_>, quote: Range<usize>) {
        let Range { start, end } = quote;
        let headers: Vec<usize> = quote.filter(|n| is_header(content(markdown.lines[*n]))).collect();
        for touching in headers.iter().filter(|n| **n > start) {
            let message =
                "a requirement begins in the middle of a quote: put an empty line without `>` before it";
            self.report(*touching, "block-shape", message);
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
            let remedy = "begin it with `> `, or put an empty line before it";
            self.report(end, "block-shape", format!("{id} goes on in a line without `>`: {remedy}"));
        }
    }

    /// One block: its first line, its sentence, its fields.
    fn block(&mut self, start: usize, lines: &[&str]) -> Option<RequirementId> {
        let mut requirement = match parse_header(lines[0]) {
            Ok(requirement) => requirement,
            Err(problem) => {
                self.problems.push(problem.at(self.file, start + 1));
                return None;
            }
        };
        let id = requirement.id;
        let fields_at = lines.iter().position(|line| field_name(line).is_some()).unwrap_or(lines.len());
        let text = &lines[1..fields_at];
        if fields_at < lines.len() && text.last().is_some_and(|line| !line.is_empty()) {
            let message = format!("{id} has a field right after its sentence: put a line `>` between them");
            self.report(start + fields_at, "block-shape", message);
        }
        requirement.text = sentence(text);
        let [why, sources, remedy, clients, untested] = self.fields(id, start, lines, fields_at);
        let mut missing = |rule, what| self.report(start, rule, format!("{id} has no {what}"));
        if requirement.text.is_empty() {
            missing("no-text", "sentence: write it on the line after the block's first line");
        }
        if why.is_none() {
            missing("no-why", "reason: add a line `> *Why:* …`");
        }
        requirement.sources = sources.as_deref().map(split_sources).unwrap_or_default();
        if requirement.sources.is_empty() {
            missing(
                "no-sources",
                "source: add a line `> *Sources:* file (owner/repository); owner/repository#123.`",
            );
        }
        requirement.why = why.unwrap_or_default();
        (requirement.remedy, requirement.clients, requirement.untested) = (remedy, clients, untested);
        let file = self.file.rsplit_once("spec/src/").map_or(self.file, |(_, file)| file);
        file.clone_into(&mut requirement.chapter.file);
        self.blocks.push(ParsedBlock { requirement, file: self.file.to_owned(), line: start + 1 });
        Some(id)
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
                        let remedy = "write Why, Sources, Remedy, Clients or Untested";
                        let message = format!("{id} has an unknown field {name:?}: {remedy}");
                        self.report(number, "block-field", message);
                        continue;
                    };
                    if values[index].replace(value.trim().to_owned()).is_some() {
                        let message = format!("{id} has two fields {name:?}: join them");
                        self.report(number, "block-field", message);
                    }
                }
                None if line.is_empty() => current = None,
                None => match current.and_then(|index| values[index].as_mut()) {
                    Some(value) => {
                        value.push(' ');
                        value.push_str(line.trim());
                    }
                    None => {
                        let remedy = "put it before `*Why:*` or into a field";
                        let message =
                            format!("{id} has a paragraph after its fields began that is none: {remedy}");
                        self.report(number, "block-shape", message);
                    }
                },
            }
        }
        for (value, field) in values.iter_mut().zip(FIELDS) {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                let message = format!("{id} has an empty field {field:?}: fill it or remove it");
                self.report(start, "block-field", message);
                *value = None;
            }
        }
        values
    }
}

/// The normative text: one line for each paragraph and each item of a list.
fn sentence(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut fresh = true;
    for line in lines {
        let item = line.starts_with("- ") || line.starts_with("* ");
        if !out.is_empty() && !line.is_empty() {
            out.push(if fresh || item { '\n' } else { ' ' });
        }
        out.push_str(line.trim());
        fresh = line.is_empty();
    }
    out
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
