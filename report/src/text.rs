//! Text that a subject wrote, made fit to be shown: nothing in it may hide, move or take over the rest.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use pwp_spec::{Catalogue, RequirementId};

/// `text` with everything that has no form of its own written out: `\u{1b}` for an escape, `\r` for a carriage
/// return, `\u{202e}` for a change of direction. Newlines and tabs stay.
///
/// The characters of the result are all allowed in a document of XML 1.0.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn is_hidden(c: char) -> bool {
    let invisible = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}'
    );
    invisible || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The first `most` characters of a text that was made [`visible`].
pub fn clip(text: &str, most: usize) -> String {
    // No character becomes shorter, so the rest of the text is not needed.
    let head = text.char_indices().nth(most + 1).map_or(text, |(end, _)| &text[..end]);
    let shown = visible(head);
    match shown.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// Words behind `start`, in lines of at most `width` characters; those after the first begin with `indent` spaces.
pub fn wrapped(start: &str, indent: usize, words: &str, width: usize) -> String {
    let (mut text, mut line) = (String::new(), start.to_owned());
    let mut is_empty = true;
    for word in words.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > width {
            text = text + &line + "\n";
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    text + &line + "\n"
}

/// Bytes as text, with `other` in place of those that are no printable ASCII.
pub(crate) fn printable(bytes: &[u8], other: char) -> String {
    let is_printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    bytes.iter().map(|byte| if is_printable(byte) { *byte as char } else { other }).collect()
}

/// The first sentence of a requirement, at most `most` characters of it, without Markdown's marks.
pub(crate) fn first_words(id: RequirementId, most: usize) -> String {
    let text = Catalogue::standard().get(id).map_or("", |requirement| requirement.text.as_str());
    let end = text.find(['\n', ':']).into_iter().chain(text.find(". ")).min().unwrap_or(text.len());
    let first = text[..end].trim_end_matches('.').replace(['`', '*'], "");
    let short: String = first.chars().take(most).collect();
    if short.len() == first.len() { first } else { format!("{}…", short.trim_end()) }
}

/// The chapter of the book that has a requirement, without folder and ending: `request-loop`.
pub(crate) fn chapter(id: RequirementId) -> String {
    let file = Catalogue::standard().get(id).map_or("", |requirement| requirement.chapter.file.as_str());
    let name = file.rsplit('/').next().unwrap_or(file).trim_end_matches(".md");
    if name.is_empty() { "other".to_owned() } else { name.to_owned() }
}

/// Seconds since 1970 as a date and time in UTC: `2026-11-22T14:05:09`. A clock that is wrong by millennia shows the last second
/// of the year 9999, since no later year has four digits.
pub fn utc(unix: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(unix.min(253_402_300_799));
    humantime::format_rfc3339_seconds(time).to_string().trim_end_matches('Z').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{clip, first_words, utc, visible};

    #[test]
    fn what_has_no_form_is_written_out() {
        assert_eq!(visible("plain ä 漢 \n\t<&"), "plain ä 漢 \n\t<&");
        assert_eq!(visible("\x1b[31mred\r\0\u{85}"), r"\u{1b}[31mred\r\u{0}\u{85}");
        assert_eq!(visible("a\u{202e}b\u{feff}\u{ffff}"), r"a\u{202e}b\u{feff}\u{ffff}");
        assert_eq!(clip("äöü", 2), "äö…");
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("\x1b\x1b\x1b", 8), r"\u{1b}\u…");
    }

    #[test]
    fn dates_are_right_around_leap_days_and_new_year() {
        for (unix, expected) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (1_709_251_200, "2024-03-01T00:00:00"),
            (1_798_761_599, "2026-12-31T23:59:59"),
            (1_798_761_600, "2027-01-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ] {
            assert_eq!(utc(unix), expected);
        }
        assert_eq!(&utc(u64::MAX)[..8], "9999-12-");
    }

    #[test]
    fn first_words_are_one_line_without_marks() {
        for requirement in pwp_spec::Catalogue::standard().iter() {
            let words = first_words(requirement.id, 70);
            assert!(!words.is_empty() && words.chars().count() <= 71, "{}: {words}", requirement.id);
            assert!(!words.contains(['`', '\n']), "{words}");
        }
    }
}
