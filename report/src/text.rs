//! Text that a subject or a user wrote, made fit to be shown: nothing in it may hide, move or take over the rest.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use pwp_spec::{Catalogue, RequirementId};

/// The most marks that stay on one character. Vietnamese has two, Hebrew with all its accents four; a pile of them covers other lines.
const MARKS: usize = 8;

/// `text` with everything that has no form of its own written out: `\u{1b}` for an escape, `\r` for a carriage
/// return, `\u{202e}` for a change of direction, `\u{200d}` for a joiner. Newlines and tabs stay.
///
/// The characters of the result are all allowed in a document of XML 1.0.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    // A mark needs a character of this text in front of it, or it would stand on what comes before the text.
    let mut marks = MARKS;
    for c in text.chars() {
        let is_mark = is_mark(c);
        let is_shown = if is_mark { marks < MARKS } else { !is_hidden(c) };
        marks = match (is_shown, is_mark) {
            (true, true) => marks + 1,
            (true, false) if !matches!(c, '\n' | '\t') => 0,
            _ => MARKS,
        };
        if is_shown { out.push(c) } else { out.extend(c.escape_default()) }
    }
    Cow::Owned(out)
}

/// [`visible`] in one line: newlines and tabs are written out as well.
pub fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "\\n").replace('\t', "\\t")
}

/// JSON in which nothing is hidden: in its strings, an escape stands for what [`visible`] writes out. Its meaning is the same.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    if !json.contains(|c: char| c != '\n' && is_hidden(c)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if c != '\n' && is_hidden(c) {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Whether a character has no form of its own. Marks, which stand on another character, are seen.
fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_control() && !matches!(c, '\n' | '\t');
    }
    // French and Japanese are written with these two.
    let is_space = matches!(c, '\u{a0}' | '\u{3000}');
    shows_nothing(c) || (!is_space && !is_debugged_as_itself(c))
}

/// Letters, marks and symbols that are defined as showing nothing: their category does not say so, and Rust leaves them as they are.
fn shows_nothing(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fffc}'
            | '\u{13441}'..='\u{13442}'
            | '\u{16fe4}'
            | '\u{1d159}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Whether Rust's `Debug` leaves a character of a text as it is: not one of the Unicode categories control, format, private, unassigned
/// and separator (Cc, Cf, Co, Cn, Zl, Zp, Zs). The tables of the standard library follow Unicode from release to release.
fn is_debugged_as_itself(c: char) -> bool {
    // Behind another character, a mark is left as it is.
    let mut pair = [b'x'; 5];
    let end = 1 + c.encode_utf8(&mut pair[1..]).len();
    str::from_utf8(&pair[..end]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

/// Whether a character that is seen stands on the one before it.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.escape_debug().len() > 1 && !is_hidden(c) && !matches!(c, '\u{a0}' | '\u{3000}')
}

/// The first `most` characters of a text in quotes, with escapes for what can't be seen or would end the quotes.
pub fn quoted(text: &str, most: usize) -> String {
    let head: String = text.chars().take(most).collect();
    format!("{head:?}{}", if head.len() < text.len() { "…" } else { "" })
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
    use regex_syntax::hir::{Class, HirKind};

    use super::{clip, first_words, quoted, utc, visible, visible_json, visible_line};

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
    fn what_shows_nothing_is_written_out() {
        // A tag, a filler, a variation selector, two joiners, a soft hyphen, a blank of Braille, a separator, a private character.
        let hidden = ["e0041", "3164", "fe0f", "200d", "200c", "ad", "2800", "2028", "e000"];
        for code in hidden {
            let c = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
            assert_eq!(visible(&format!("a{c}b")), format!("a\\u{{{code}}}b"));
        }
        for text in
            ["naïve", "nai\u{308}ve", "שָׁלוֹם", "ไทย", "한국어", "日本\u{3000}語", "erreur\u{a0}:", "👩 ✔"]
        {
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible_line("a\nb\tc\u{200b}"), r"a\nb\tc\u{200b}");
        assert_eq!(quoted("a\u{1b}\"bc", 4), "\"a\\u{1b}\\\"b\"…");
    }

    #[test]
    fn marks_stand_on_a_character_of_the_same_text_and_do_not_pile_up() {
        assert_eq!(visible("\u{301}a\n\u{301}"), "\\u{301}a\n\\u{301}");
        let pile = format!("a{}", "\u{301}".repeat(10));
        assert_eq!(visible(&pile), format!("a{}\\u{{301}}\\u{{301}}", "\u{301}".repeat(8)));
    }

    /// The tables of another library, and the definition of XML 1.0, are what this is held against.
    #[test]
    fn nothing_that_is_invisible_by_its_property_or_no_character_of_xml_stays() {
        let invisible = r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}--[\n\t]]";
        let parsed = regex_syntax::parse(invisible).unwrap();
        let HirKind::Class(Class::Unicode(class)) = parsed.kind() else { panic!("{parsed:?}") };
        let is_listed = |c: char| class.iter().any(|range| (range.start()..=range.end()).contains(&c));
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let is_in_xml =
                matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            if is_listed(c) || !is_in_xml {
                assert_ne!(visible(&format!("a{c}")), format!("a{c}"), "{:x}", u32::from(c));
            }
        }
    }

    #[test]
    fn json_means_the_same_when_nothing_is_hidden() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{e0041}\u{9b}\n\u{1b}", "ä"] });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let shown = visible_json(&text);
        assert!(
            shown.contains(r"\u202e") && shown.contains(r"\udb40\udc41\u009b") && shown.contains('ä'),
            "{shown}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
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
