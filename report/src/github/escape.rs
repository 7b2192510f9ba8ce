//! Escapes of GitHub's two little languages: workflow commands and the Markdown of a summary.

use super::super::text::visible;

/// The text of a command, in one line.
pub(super) fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property: also what would end it.
pub(super) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text in a paragraph or a cell: it stays in one line, and nothing in it is Markdown, HTML or a link.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let text = visible(text);
    for (at, c) in text.char_indices() {
        match c {
            '\n' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // As an entity: `@name` mentions and `#1` refers, whatever stands before them.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // `https://` becomes a link by itself.
            ':' if text[at..].starts_with("://") => out.push_str("&#58;"),
            _ => out.push(c),
        }
    }
    out
}

/// Text as a block of code: the fence is longer than any in the text.
pub(super) fn block(text: &str) -> String {
    let text = visible(text);
    let (mut longest, mut run) = (2, 0);
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{block, data, inline, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\r\n::error::x,y"), "100%25\\r%0A::error::x,y");
        assert_eq!(property("a:b,c%3A\n"), "a%3Ab%2Cc%253A%0A");
    }

    #[test]
    fn nothing_is_markdown() {
        assert_eq!(inline("<b>|`x`|\n@me #1 https://a"), r"&lt;b&gt;\|\`x\`\| &#64;me &#35;1 https&#58;//a");
        assert_eq!(block("a\n````\nb\n"), "`````text\na\n````\nb\n`````\n");
    }
}
