//! What the sections of the page share: a verdict as a word on a colour, bytes, the book's Markdown, and the size that is left.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::Verdict;
use super::super::text::{printable, visible};

/// The sign of a verdict, for readers who can't tell the colours apart.
pub(super) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Warn => "!",
        Verdict::Observed => "◦",
        Verdict::Unsupported | Verdict::Untested => "–",
        Verdict::NotExercised => "?",
        Verdict::Flaky => "≈",
        Verdict::Error => "‼",
    }
}

/// A verdict with its sign.
pub(super) fn badge(verdict: Verdict) -> Markup {
    html! {
        span class={ "badge b-" (verdict) } { span aria-hidden="true" { (sign(verdict)) " " } (verdict) }
    }
}

/// The number of bytes in a line, for which a phone is wide enough.
const ROW: usize = 8;

/// A dump of the first `most` bytes, beside the number `of` all that there were.
pub(super) fn dump(bytes: &[u8], most: usize, of: u64) -> Markup {
    let shown = &bytes[..bytes.len().min(most)];
    let mut lines = String::new();
    for (row, chunk) in shown.chunks(ROW).enumerate() {
        let pairs: Vec<String> = chunk.chunks(2).map(hex::encode).collect();
        let _ = writeln!(lines, "{:03x} {:<19} {}", row * ROW, pairs.join(" "), printable(chunk, '·'));
    }
    html! {
        // A dump that is too high is scrolled, also with the keyboard.
        pre.dump tabindex="0" role="group" aria-label="bytes in hex and as text" { (lines.trim_end_matches('\n')) }
        @if (shown.len() as u64) < of {
            p.muted { (shown.len()) " of " (of) " bytes are shown." }
        }
    }
}

/// Paragraphs and list items, one to a line.
pub(super) fn prose(text: &str) -> Markup {
    let text = visible(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    html! {
        @for group in lines.chunk_by(|a, b| item(a).is_some() && item(b).is_some()) {
            @if group.iter().all(|line| item(line).is_some()) {
                ul { @for line in group { li { (inline(item(line).unwrap_or(line))) } } }
            } @else {
                @for line in group { p { (inline(line)) } }
            }
        }
    }
}

fn item(line: &str) -> Option<&str> {
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))
}

/// Code between backticks; everything else as it is.
pub(super) fn inline(text: &str) -> Markup {
    let mut parts: Vec<&str> = text.split('`').collect();
    // A backtick without its partner is text.
    let lone = if parts.len().is_multiple_of(2) { parts.pop() } else { None };
    html! {
        @for (number, part) in parts.iter().enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part.replace("**", "")) }
        }
        @if let Some(lone) = lone { "`" (lone) }
    }
}

/// The bytes of a page that are left for what a subject has a hand in, so that no subject decides how large the page is.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) const fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes the bytes of `markup` from the budget; `None` if too few are left.
    pub(super) fn fit(&mut self, markup: Markup) -> Option<Markup> {
        self.0 = self.0.checked_sub(markup.0.len())?;
        Some(markup)
    }
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn paragraphs_lists_and_code() {
        assert_eq!(
            prose("A worker **never**:\n- writes `a<b`;\n- waits.\nIt `ends").into_string(),
            "<p>A worker never:</p><ul><li>writes <code>a&lt;b</code>;</li><li>waits.</li></ul><p>It `ends</p>"
        );
    }
}
