//! The little Markdown that the lint needs: which text is code or a comment, the links, and the anchors.

use std::collections::BTreeMap;
use std::ops::Range;

/// A Markdown text, prepared. Lines count from 0 here.
pub(super) struct Markdown<'a> {
    /// The text as it is.
    pub(super) lines: Vec<&'a str>,
    /// The same lines with code, comments, tags and link targets blanked out: what a reader reads as prose.
    pub(super) prose: Vec<String>,
    /// Whether the line belongs to a fenced block of code.
    pub(super) code: Vec<bool>,
    /// The inline links and link definitions.
    pub(super) links: Vec<Link>,
    /// What `#anchor` can name: headings by their mdBook slug, and the ids of HTML tags.
    pub(super) anchors: Vec<String>,
}

/// A link.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) line: usize,
    pub(super) target: String,
}

impl<'a> Markdown<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let code = fenced(&lines);
        let mut scan = Scan::new(&lines, &code);
        scan.run();
        let anchors = anchors(&lines, &code, scan.ids);
        let prose = scan.prose.split('\n').map(str::to_owned).collect();
        Self { lines, prose, code, links: scan.links, anchors }
    }
}

/// Which lines are in a fenced block of code, its fences included.
fn fenced(lines: &[&str]) -> Vec<bool> {
    let mut open: Option<(char, usize)> = None;
    lines
        .iter()
        .map(|line| {
            let line = line.trim();
            let mark = line.chars().next().filter(|c| matches!(c, '`' | '~')).unwrap_or(' ');
            let length = line.chars().take_while(|c| *c == mark).count();
            match open {
                Some((fence, least)) => {
                    if fence == mark && length >= least && length == line.chars().count() {
                        open = None;
                    }
                    true
                }
                None if mark != ' ' && length >= 3 => {
                    open = Some((mark, length));
                    true
                }
                None => false,
            }
        })
        .collect()
}

/// One pass over the text without its fenced code.
struct Scan {
    text: String,
    /// `text` with blanks, as long as what was scanned so far.
    prose: String,
    links: Vec<Link>,
    ids: Vec<String>,
    at: usize,
}

impl Scan {
    fn new(lines: &[&str], code: &[bool]) -> Self {
        let kept = lines.iter().zip(code).map(|(line, code)| if *code { "" } else { *line });
        let text = kept.collect::<Vec<_>>().join("\n");
        Self { prose: String::with_capacity(text.len()), text, links: Vec::new(), ids: Vec::new(), at: 0 }
    }

    fn run(&mut self) {
        while let Some(next) = self.text[self.at..].chars().next() {
            let rest = &self.text[self.at..];
            let blank = match next {
                '\\' => rest.chars().take(2).map(char::len_utf8).sum(),
                '`' => code_span(rest),
                '<' => self.tag(),
                ']' if rest.starts_with("](") => self.inline_link(),
                '[' if self.prose.is_empty() || self.prose.ends_with('\n') => self.definition(),
                _ => 0,
            };
            if blank > 0 {
                let gone = &self.text[self.at..self.at + blank];
                self.prose.extend(gone.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                self.at += blank;
            } else {
                self.prose.push(next);
                self.at += next.len_utf8();
            }
        }
    }

    fn line(&self) -> usize {
        self.prose.matches('\n').count()
    }

    /// `<!-- … -->`, `<a id="…">`, `<https://…>`: bytes to blank, 0 if it is a plain `<`.
    fn tag(&mut self) -> usize {
        let rest = &self.text[self.at..];
        if rest.starts_with("<!--") {
            return rest.find("-->").map_or(rest.len(), |end| end + 3);
        }
        let tag_like = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let Some(end) = rest.find(['>', '\n']).filter(|end| tag_like && rest[*end..].starts_with('>')) else {
            return 0;
        };
        for attribute in ["id=\"", "name=\""] {
            if let Some((_, value)) = rest[..end].split_once(attribute) {
                self.ids.push(value.split('"').next().unwrap_or_default().to_owned());
            }
        }
        end + 1
    }

    /// `](target)`: bytes to blank after the `]`'s own.
    fn inline_link(&mut self) -> usize {
        let rest = &self.text[self.at..];
        let mut depth = 0;
        for (index, c) in rest.char_indices().skip(1) {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                '\n' => return 0,
                _ => {}
            }
            if depth == 0 {
                let link = Link { line: self.line(), target: target(&rest[2..index]) };
                self.links.push(link);
                return index + 1;
            }
        }
        0
    }

    /// `[label]: target` at the start of a line.
    fn definition(&mut self) -> usize {
        let rest = &self.text[self.at..];
        let line = rest.lines().next().unwrap_or_default();
        match line.split_once("]:") {
            Some((label, value)) if !label[1..].contains(['[', ']']) && !value.trim().is_empty() => {
                let link = Link { line: self.line(), target: target(value) };
                let length = line.len();
                self.links.push(link);
                length
            }
            _ => 0,
        }
    }
}

/// A link's target without its title and angle brackets.
fn target(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    first.trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// The length of the code span that `rest` begins with, 0 if its back-ticks have no counterpart in the paragraph.
fn code_span(rest: &str) -> usize {
    let ticks = rest.bytes().take_while(|b| *b == b'`').count();
    let paragraph: Range<usize> = ticks..paragraph_end(rest);
    let mut at = ticks;
    while let Some(found) = rest[at..paragraph.end].find('`') {
        let start = at + found;
        let run = rest[start..].bytes().take_while(|b| *b == b'`').count();
        at = start + run;
        if run == ticks {
            return at;
        }
    }
    0
}

/// Where the paragraph that `rest` begins in ends: at a line with nothing but white space and `>`.
fn paragraph_end(rest: &str) -> usize {
    let mut end = 0;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        if number > 0 && line.trim_matches(['>', ' ', '\t', '\n', '\r']).is_empty() {
            break;
        }
        end += line.len();
    }
    end
}

/// The anchors of the headings, numbered as mdBook does when two are equal, after those of HTML tags.
fn anchors(lines: &[&str], code: &[bool], ids: Vec<String>) -> Vec<String> {
    let mut anchors = ids;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in lines.iter().zip(code).filter(|(_, code)| !**code).map(|(line, _)| *line) {
        let title = line.trim_start_matches('#');
        let level = line.len() - title.len();
        if !(1..=6).contains(&level) || !title.starts_with(' ') {
            continue;
        }
        if let Some((_, id)) = title.split_once("{#") {
            anchors.push(id.trim_end().trim_end_matches('}').to_owned());
            continue;
        }
        let slug = slug(title);
        let count = seen.entry(slug.clone()).or_default();
        anchors.push(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    anchors
}

/// mdBook's slug of a heading: letters, digits, `_` and `-` in lower case, white space as `-`, nothing else.
fn slug(title: &str) -> String {
    let mut text = String::new();
    let mut rest = title.trim().trim_end_matches('#').trim_end();
    // A link in a heading counts with its text only.
    while let Some((before, after)) = rest.split_once("](") {
        text.push_str(before);
        rest = after.split_once(')').map_or("", |(_, tail)| tail);
    }
    text.push_str(rest);
    text.chars()
        .filter_map(|c| match c {
            _ if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
            _ if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}
