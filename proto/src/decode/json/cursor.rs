//! A place in the text: looking ahead, skipping white space, and saying what is wrong there.

use super::{DecodeError, NoteKind, Notes};
use crate::decode::note::Label;

/// How many characters of a wrong word are shown.
const SHOWN: usize = 24;

/// A place in the text.
pub(super) struct Cursor<'a, 'n> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// How many objects and arrays are open.
    pub(super) depth: usize,
    /// How many arguments and inputs were read.
    pub(super) elements: usize,
    pub(super) notes: &'n mut Notes,
}

impl<'a, 'n> Cursor<'a, 'n> {
    pub(super) fn new(text: &'a str, notes: &'n mut Notes) -> Self {
        Self { text, at: 0, depth: 0, elements: 0, notes }
    }

    /// The byte here; `None` at the end.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over `byte` if it is here.
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// Skips white space, and notes it. Comments are found here, because they stand where white space may.
    pub(super) fn white_space(&mut self) -> Result<(), DecodeError> {
        let start = self.at;
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
        if self.at > start {
            self.notes.add(NoteKind::Whitespace, start, Label::None);
        }
        let rest = self.rest();
        if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') {
            let (offset, line, column) = self.place(self.at);
            return Err(DecodeError::Comment { offset, line, column });
        }
        Ok(())
    }

    /// The text from here on.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The letters, digits, `_`, `$` and `.` from here on.
    pub(super) fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"_$.".contains(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    /// Offset, line and column of a byte; it takes time, and is only done for an error.
    pub(super) fn place(&self, offset: usize) -> (usize, usize, usize) {
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (offset, before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The error that something else is expected here.
    pub(super) fn expected(&self, expected: &'static str) -> DecodeError {
        let (offset, line, column) = self.place(self.at);
        let found = match self.rest().chars().next() {
            None => "the end".to_owned(),
            Some('\u{feff}') => "a byte order mark".to_owned(),
            Some(c) if c.is_control() => format!("control character U+{:04X}", u32::from(c)),
            Some(c) => match shown(self.word()) {
                word if word.is_empty() => format!("`{c}`"),
                word => format!("`{word}`"),
            },
        };
        DecodeError::Syntax { offset, line, column, found, expected }
    }

    /// The error that no value begins here.
    pub(super) fn expected_value(&self) -> DecodeError {
        let (offset, line, column) = self.place(self.at);
        let sign = if self.rest().starts_with(['-', '+']) { 1 } else { 0 };
        let word = &self.rest()[sign..];
        if self.peek() == Some(b'\'') {
            DecodeError::SingleQuotes { offset, line, column }
        } else if word.starts_with("NaN") || word.starts_with("Infinity") {
            let end = sign + if word.starts_with('N') { 3 } else { 8 };
            DecodeError::NotANumber { offset, line, column, word: self.rest()[..end].to_owned() }
        } else {
            self.expected("a value")
        }
    }

    /// The error that no name begins here.
    pub(super) fn expected_name(&self) -> DecodeError {
        let (offset, line, column) = self.place(self.at);
        let word = self.word();
        if self.peek() == Some(b'\'') {
            DecodeError::SingleQuotes { offset, line, column }
        } else if word.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$') {
            DecodeError::UnquotedName { offset, line, column, name: shown(word) }
        } else {
            self.expected("a name in double quotes")
        }
    }
}

/// The beginning of a word, short enough for a message.
fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}
