//! Objects and arrays, and values that no field asks for.

use std::borrow::Cow;
use std::collections::HashSet;

use super::cursor::Cursor;
use super::string::Text;
use super::{DecodeError, NoteKind};
use crate::MAX_DEPTH;
use crate::decode::note::Label;

/// How many names of one object are remembered to find those that stand twice. A message has a handful; an object of millions of names
/// would otherwise take many times its length in memory.
const REMEMBERED: usize = 1024;

/// The names of an object that no field has.
#[derive(Default)]
pub(super) struct Names<'a>(HashSet<Cow<'a, str>>);

impl<'a> Names<'a> {
    /// Whether this name was remembered.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Remembers a name if there is room for it; false if it was remembered before.
    pub(super) fn insert(&mut self, name: Cow<'a, str>) -> bool {
        if self.0.len() < REMEMBERED { self.0.insert(name) } else { !self.0.contains(&name) }
    }
}

/// The three words of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    True,
    False,
    Null,
}

impl<'a> Cursor<'a, '_> {
    /// Reads the object that begins here. `member` gets each name and reads the value, which is the next thing.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.open(b'{', "an object")?;
        if self.close(b'}') {
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected_name());
            }
            let name = self.string()?;
            self.white_space()?;
            if !self.eat(b':') {
                return Err(self.expected("`:` after a name"));
            }
            self.white_space()?;
            member(self, name)?;
            if self.after_item(b'}', "`,` or `}`")? {
                return Ok(());
            }
        }
    }

    /// Reads the array that begins here. `element` reads each element, which is the next thing.
    pub(super) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.open(b'[', "an array")?;
        if self.close(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.after_item(b']', "`,` or `]`")? {
                return Ok(());
            }
        }
    }

    fn open(&mut self, bracket: u8, expected: &'static str) -> Result<(), DecodeError> {
        let offset = self.at;
        if !self.eat(bracket) {
            return Err(self.expected(expected));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep { offset, limit: MAX_DEPTH });
        }
        self.white_space()
    }

    fn close(&mut self, bracket: u8) -> bool {
        let closed = self.eat(bracket);
        self.depth -= usize::from(closed);
        closed
    }

    /// Reads what follows a member or an element; true if it was the last.
    fn after_item(&mut self, bracket: u8, expected: &'static str) -> Result<bool, DecodeError> {
        self.white_space()?;
        if self.close(bracket) {
            return Ok(true);
        }
        let comma_at = self.at;
        if !self.eat(b',') {
            return Err(self.expected(expected));
        }
        self.white_space()?;
        if self.peek() == Some(bracket) {
            let (offset, line, column) = self.place(comma_at);
            return Err(DecodeError::TrailingComma { offset, line, column });
        }
        Ok(false)
    }

    /// Reads `true`, `false` or `null`.
    pub(super) fn literal(&mut self) -> Result<Literal, DecodeError> {
        let word = self.word();
        let literal = match word {
            "true" => Literal::True,
            "false" => Literal::False,
            "null" => Literal::Null,
            _ => return Err(self.expected_value()),
        };
        self.at += word.len();
        Ok(literal)
    }

    /// Reads a value, whatever it is, and drops it. It must follow the grammar all the same.
    pub(super) fn skip_value(&mut self) -> Result<(), DecodeError> {
        match self.peek() {
            Some(b'{') => {
                let mut names = Names::default();
                self.object(|cursor, name| {
                    cursor.note_text(&name, Label::None);
                    if !names.insert(name.text) {
                        cursor.notes.add(NoteKind::DuplicateKey, name.offset, Label::None);
                    }
                    cursor.skip_value()
                })
            }
            Some(b'[') => self.array(Self::skip_value),
            Some(b'"') => {
                let text = self.string()?;
                self.note_text(&text, Label::None);
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => self.literal().map(|_| ()),
        }
    }

    /// Notes how a string was written.
    pub(super) fn note_text(&mut self, text: &Text<'_>, label: Label<'_>) {
        if let Some(offset) = text.escape {
            self.notes.add(NoteKind::Escaped, offset, label);
        }
        if let Some(offset) = text.lone_surrogate {
            self.notes.add(NoteKind::LoneSurrogate, offset, label);
        }
    }
}
