//! Command lines as text: what is shown can be typed into a shell again, and hides nothing.

use super::text::{visible, visible_line};

/// The words of a command as a shell reads them, in one line. What can't be seen is written as its bytes: `$'\x1b'`.
pub fn command_line(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| shell_word(word.as_ref())).collect::<Vec<_>>().join(" ")
}

/// One word of a command as a shell reads it.
pub fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if visible_line(word) == word {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        escaped(word)
    }
}

/// The word in the quotes that bash, zsh and ksh know, and POSIX since 2024.
fn escaped(word: &str) -> String {
    let mut text = String::from("$'");
    let mut bytes = [0; 4];
    for c in word.chars() {
        let one = &*c.encode_utf8(&mut bytes);
        match c {
            '\n' => text.push_str(r"\n"),
            '\t' => text.push_str(r"\t"),
            '\'' | '\\' => text.extend(['\\', c]),
            _ if visible(one) == one => text.push(c),
            _ => one.bytes().for_each(|byte| text.push_str(&format!(r"\x{byte:02x}"))),
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 9] =
        ["", "plain", "two words", "it's", "a\nb\t\\'", "\x1b[31mred", "\u{202e}é", "e\u{301}", "$HOME `x`"];

    #[test]
    fn what_cannot_be_seen_is_written_as_bytes() {
        let shown = [
            "''",
            "plain",
            "'two words'",
            r"'it'\''s'",
            r"$'a\nb\t\\\''",
            r"$'\x1b[31mred'",
            r"$'\xe2\x80\xaeé'",
            "'e\u{301}'",
            "'$HOME `x`'",
        ];
        assert_eq!(WORDS.map(shell_word), shown);
        assert_eq!(command_line(&["sh", "-c", "echo a\r"]), r"sh -c $'echo a\x0d'");
    }

    /// A shell is what this is held against.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_words_again() {
        let script = format!("printf '%s\\0' {}", command_line(&WORDS));
        let Ok(ran) = std::process::Command::new("bash").args(["-c", &script]).output() else { return };
        let read = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(read.split_terminator('\0').collect::<Vec<_>>(), WORDS);
    }
}
