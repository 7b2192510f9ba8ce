//! What is wrong with the form of a TOML or JSON file, in one line: where it stands and what it is. The file may be of any size and have
//! anything in it, so nothing of it is shown but the beginning of the word that is wrong.

use crate::report::{clip, visible_line};

/// The most characters that are shown of what a library says. It has words of the file in it.
const SHOWN: usize = 300;

/// What is wrong with a text that is no TOML of the expected form.
pub(crate) fn toml(text: &str, error: &toml::de::Error) -> String {
    let message = shown(error.message());
    match error.span() {
        Some(span) => {
            let (line, column) = place(text, span.start);
            format!("line {line}, column {column}: {message}")
        }
        None => message,
    }
}

/// What is wrong with a text that is no JSON of the expected form.
pub(crate) fn json(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let message = shown(text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text));
    if line == 0 { message } else { format!("line {line}, column {column}: {message}") }
}

fn shown(message: &str) -> String {
    clip(&visible_line(message.trim()), SHOWN)
}

/// The line and the column of a byte of a text, both from 1.
pub(crate) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = before.split(|byte| *byte == b'\n').next_back().unwrap_or_default();
    (
        before.iter().filter(|byte| **byte == b'\n').count() + 1,
        String::from_utf8_lossy(line).chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Form {
        #[expect(dead_code, reason = "only its form matters")]
        number: u8,
    }

    fn of_toml(text: &str) -> String {
        toml(text, &::toml::from_str::<Form>(text).unwrap_err())
    }

    fn of_json(text: &str) -> String {
        json(&serde_json::from_str::<Form>(text).unwrap_err())
    }

    #[test]
    fn the_place_and_the_mistake_stand_in_one_line() {
        assert_eq!(place("é = 1\nab", 7), (2, 1));
        assert_eq!(place("é = 1", 2), (1, 2));
        assert_eq!(of_toml("number = 1\n[x"), "line 2, column 3: unclosed table, expected `]`");
        assert!(of_toml("number = 'a'").starts_with("line 1, column 10: invalid type: string \"a\""));
        assert!(of_json("{\"number\":\n 300}").starts_with("line 2, column 4: invalid value: integer `300`"));
        assert!(of_json("{").starts_with("line 1, column 1: EOF"));
    }

    #[test]
    fn a_line_of_a_megabyte_is_not_shown() {
        let long = "x".repeat(1 << 20);
        let texts = [
            of_toml(&format!("number = '{long}'")),
            of_toml(&format!("number = 1\n{long} = 1")),
            of_toml(&format!("number = {long}")),
            of_json(&format!("{{\"{long}\": 1}}")),
            of_json(&format!("{{\"number\": \"\x1b{long}\"}}")),
            of_json(&format!("{{\"number\": \"{long}\"}}")),
        ];
        for text in texts {
            assert!(
                text.len() < SHOWN + 60 && text.starts_with("line ") && !text.contains(['\n', '\x1b']),
                "{text}"
            );
        }
    }
}
