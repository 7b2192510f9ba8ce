//! What the lint needs to know of a Markdown text, line by line: what is code, what a reader reads as prose, links, anchors.
//!
//! The parser is that of mdBook, so that the lint sees what the site shows.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};

/// A Markdown text, prepared. Lines count from 0 here.
pub(super) struct Markdown<'a> {
    /// The text as it is.
    pub(super) lines: Vec<&'a str>,
    /// The same lines with code, comments, tags and link targets blanked out: what a reader reads as prose.
    pub(super) prose: Vec<String>,
    /// Whether the line belongs to a fenced block of code, its fences included, that stands in no quote.
    pub(super) code: Vec<bool>,
    /// The inline links and link definitions, by line.
    pub(super) links: Vec<Link>,
    /// What `#anchor` can name: the ids of HTML tags, and headings by their mdBook slug.
    pub(super) anchors: Vec<String>,
}

/// A link in a chapter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The line of the target.
    pub(super) line: usize,
    /// The path, the anchor or both, as it is written.
    pub(super) target: String,
}

impl<'a> Markdown<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut reader = Reader {
            text,
            starts: std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect(),
            prose: text.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect(),
            code: vec![false; lines.len()],
            ..Reader::default()
        };
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES;
        let parser = Parser::new_ext(text, options);
        for (_, definition) in parser.reference_definitions().iter() {
            reader.link(definition.span.start, &definition.dest);
        }
        for (event, range) in parser.into_offset_iter() {
            reader.event(event, range);
        }
        reader.links.sort_by_key(|link| link.line);
        // What was copied begins and ends between characters, and all else is blanks.
        let prose = String::from_utf8_lossy(&reader.prose).lines().map(str::to_owned).collect();
        Self { lines, prose, code: reader.code, links: reader.links, anchors: reader.anchors }
    }
}

/// Takes the events of the parser.
#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    /// The offsets at which lines begin.
    starts: Vec<usize>,
    /// Blanks and line ends in the place of everything that is not prose.
    prose: Vec<u8>,
    code: Vec<bool>,
    links: Vec<Link>,
    anchors: Vec<String>,
    /// How often each slug was there without its number.
    seen: BTreeMap<String, usize>,
    /// The text of the heading that is open.
    heading: Option<String>,
    /// How many quotes are open.
    quotes: usize,
    in_code: bool,
}

impl Reader<'_> {
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at) - 1
    }

    fn link(&mut self, at: usize, target: &str) {
        self.links.push(Link { line: self.line(at), target: target.to_owned() });
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::BlockQuote(_)) => self.quotes += 1,
            Event::End(TagEnd::BlockQuote(_)) => self.quotes -= 1,
            Event::Start(Tag::CodeBlock(kind)) => {
                self.in_code = true;
                if matches!(kind, CodeBlockKind::Fenced(_)) && self.quotes == 0 {
                    let last = self.line(range.end - 1);
                    let first = self.line(range.start);
                    self.code[first..=last].fill(true);
                }
            }
            Event::End(TagEnd::CodeBlock) => self.in_code = false,
            Event::Start(Tag::Heading { id, .. }) => {
                self.heading = Some(String::new());
                self.anchors.extend(id.map(String::from));
            }
            Event::End(TagEnd::Heading(_)) => self.end_heading(&range),
            Event::Start(
                Tag::Link { link_type: LinkType::Inline, dest_url, .. }
                | Tag::Image { link_type: LinkType::Inline, dest_url, .. },
            ) => self.link(range.end - 1, &dest_url),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => self.html(range),
            Event::Text(text) if !self.in_code => {
                self.keep(range);
                self.add_to_heading(&text);
            }
            Event::Code(code) => self.add_to_heading(&code),
            _ => {}
        }
    }

    fn keep(&mut self, range: Range<usize>) {
        self.prose[range.clone()].copy_from_slice(&self.text.as_bytes()[range]);
    }

    fn add_to_heading(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(text);
        }
    }

    /// A heading has an anchor of its own, or one that mdBook makes of its text and numbers where two are equal.
    fn end_heading(&mut self, range: &Range<usize>) {
        let Some(title) = self.heading.take() else { return };
        if self.text[range.clone()].contains("{#") {
            return;
        }
        let slug = slug(&title);
        let count = self.seen.entry(slug.clone()).or_default();
        self.anchors.push(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }

    /// Of HTML a reader sees what stands between tags and comments; the ids of tags are anchors.
    fn html(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let rest = &self.text[at..range.end];
            let length = if rest.starts_with("<!--") {
                rest.find("-->").map_or(rest.len(), |end| end + 3)
            } else if rest.starts_with('<') {
                let tag = &rest[..rest.find('>').map_or(rest.len(), |end| end + 1)];
                let values = ["id=\"", "name=\""].iter().filter_map(|name| tag.split_once(name));
                let ids = values.filter_map(|(_, value)| value.split('"').next());
                self.anchors.extend(ids.map(str::to_owned));
                tag.len()
            } else {
                let length = rest.find('<').unwrap_or(rest.len());
                self.keep(at..at + length);
                length
            };
            at += length;
        }
    }
}

/// mdBook's slug of a heading: letters, digits, `_` and `-` in lower case, white space as `-`, nothing else.
fn slug(title: &str) -> String {
    title
        .trim()
        .chars()
        .filter_map(|c| match c {
            _ if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
            _ if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}
