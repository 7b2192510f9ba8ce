//! The little Markdown that requirements are written in, as HTML.

use maud::{Markup, html};

use super::super::text::visible;

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
