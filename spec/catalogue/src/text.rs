//! Line breaking for the texts of `pwp explain` and `pwp list`.

/// The columns of an explanation: narrow enough to read, wide enough for a terminal of 100.
pub(super) const WIDTH: usize = 96;

/// Breaks `text` at spaces into lines of at most `width` characters, each after `indent` spaces. A newline in the
/// text stays one; a word that is longer than a line stands alone.
pub(super) fn wrap(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > width {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out.push('\n');
    }
    out
}

/// The text on one line of at most `width` characters, cut with an ellipsis.
pub(super) fn one_line(text: &str, width: Option<usize>) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match width {
        Some(width) if line.chars().count() > width => {
            let kept: String = line.chars().take(width.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
        _ => line,
    }
}
