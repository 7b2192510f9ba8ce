//! The paths in a Rust source, found without a compiler: enough for code that rustfmt has formatted.

/// A path that begins with `crate`, `super` or `self`, in the order of its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedPath {
    /// The line that the path or its `use` item begins in, from 1.
    pub(super) line: usize,
    /// The segments: `crate`, `report`, `Verdict`.
    pub(super) segments: Vec<String>,
    /// Whether the path is re-exported: `pub use`, of any visibility.
    pub(super) is_exported: bool,
    /// The name that the path has here: its last segment, or what stands behind `as`.
    pub(super) name: String,
}

/// All paths of a source but those in comments, in text and in tests.
pub(super) fn paths(text: &str) -> Vec<UsedPath> {
    let text = without_tests(&without_comments(text));
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_path(&text, at) {
        let line = text[..start].matches('\n').count() + 1;
        let item = text[..start].rfind([';', '}', '{']).map_or(0, |end| end + 1);
        let before = text[item..start].trim();
        let is_use = before == "use" || before.ends_with(" use") || before.ends_with("\nuse");
        let is_exported = is_use && before.contains("pub");
        let end = if is_use {
            text[start..].find(';').map_or(text.len(), |end| start + end)
        } else {
            end_of_path(&text, start)
        };
        let mut push = |segments: Vec<String>, name: String| {
            found.push(UsedPath { line, segments, is_exported, name });
        };
        expand(&text[start..end], &[], &mut push);
        at = end.max(start + 1);
    }
    found
}

/// Where the next path begins that starts with a name of a module of this crate. In a `use` item of a `mod.rs`, the name of a child
/// is such a name as well: `pub use finding::Finding`.
fn next_path(text: &str, from: usize) -> Option<usize> {
    let starts = ["crate::", "super::", "self::", "use "];
    let mut at = from;
    loop {
        let found = starts
            .iter()
            .filter_map(|start| text[at..].find(start).map(|found| (at + found, *start)))
            .min()?;
        let (place, start) = found;
        let is_word =
            !text[..place].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
        if is_word {
            return Some(if start == "use " { place + start.len() } else { place });
        }
        at = place + 1;
    }
}

fn end_of_path(text: &str, start: usize) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text[start..].find(|c| !is_part(c)).map_or(text.len(), |length| start + length)
}

/// The paths that a tree of `use` stands for.
fn expand(tree: &str, before: &[String], push: &mut impl FnMut(Vec<String>, String)) {
    let tree = tree.trim();
    let Some(brace) = tree.find('{') else {
        let (path, name) =
            tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim())));
        let mut segments = before.to_vec();
        segments.extend(path.split("::").map(|segment| segment.trim().to_owned()));
        segments.retain(|segment| !segment.is_empty());
        // `module::{self}` is the module itself.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        let last = segments.last().cloned().unwrap_or_default();
        push(segments, name.map_or(last, str::to_owned));
        return;
    };
    let mut segments = before.to_vec();
    segments.extend(
        tree[..brace]
            .split("::")
            .map(|segment| segment.trim().to_owned())
            .filter(|segment| !segment.is_empty()),
    );
    let inside = &tree[brace + 1..tree.rfind('}').unwrap_or(tree.len())];
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[start..at].trim().is_empty() {
                    expand(&inside[start..at], &segments, push);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The text without its comments and without what stands in quotes; line ends stay.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = rest.trim_start_matches('r').trim_start_matches('#');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c == 'r' && raw.starts_with('"') && !kept.ends_with(char::is_alphanumeric) {
            let hashes = rest[1..].len() - raw.len();
            let (start, end) = (hashes + 2, format!("\"{}", "#".repeat(hashes)));
            rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
        } else if c == '"' {
            end_of_quotes(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |at| at + 2)
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        kept.extend(rest[..length].chars().filter(|c| *c == '\n'));
        rest = &rest[length..];
    }
    kept
}

/// The length of the text in quotes that `rest` begins with.
fn end_of_quotes(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The text without what is only there in tests: the items behind `#[cfg(test)]`.
fn without_tests(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept += line;
            kept.push('\n');
            continue;
        }
        // rustfmt closes an item at the column that it begins in.
        let indent = line.len() - line.trim_start().len();
        let ends = |line: &str| {
            line.len() > indent
                && !line[indent..].starts_with(' ')
                && (line.trim() == "}" || line.ends_with(';') || line.ends_with("},"))
        };
        kept.push('\n');
        for line in lines.by_ref() {
            kept.push('\n');
            if ends(line) {
                break;
            }
        }
    }
    kept
}
