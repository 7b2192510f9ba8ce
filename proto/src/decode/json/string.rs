//! Strings and their escapes (RFC 8259 section 7).

use std::borrow::Cow;

use super::DecodeError;
use super::cursor::Cursor;

/// A string and how it was written. Offsets are in bytes from the start of the body.
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where its opening quote stands.
    pub(super) offset: usize,
    /// Where its first escape stands.
    pub(super) escape: Option<usize>,
    /// Where its first half surrogate pair stands.
    pub(super) lone_surrogate: Option<usize>,
}

/// What a `\u` escape stands for.
enum Unit {
    Char(char),
    High(u16),
    Low,
}

impl<'a> Cursor<'a, '_> {
    /// Reads the string whose opening quote is here.
    pub(super) fn string(&mut self) -> Result<Text<'a>, DecodeError> {
        let offset = self.at;
        self.at += 1;
        let mut out = Text { text: Cow::Borrowed(""), offset, escape: None, lone_surrogate: None };
        loop {
            let rest = self.rest();
            let plain =
                rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            // The first piece is borrowed: most strings have no other.
            if out.text.is_empty() {
                out.text = Cow::Borrowed(&rest[..plain]);
            } else {
                out.text.to_mut().push_str(&rest[..plain]);
            }
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    out.escape.get_or_insert(self.at);
                    let escape_at = self.at;
                    let c = self.escape()?;
                    if c.is_none() {
                        out.lone_surrogate.get_or_insert(escape_at);
                    }
                    out.text.to_mut().push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(byte) => {
                    let (offset, line, column) = self.place(self.at);
                    return Err(DecodeError::ControlCharacter { offset, line, column, byte });
                }
                None => return Err(self.expected("a closing quote")),
            }
        }
    }

    /// Reads the escape whose backslash is here; `None` is half of a surrogate pair.
    fn escape(&mut self) -> Result<Option<char>, DecodeError> {
        self.at += 1;
        let c = match self.peek() {
            Some(b'u') => return self.unicode_escape(),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.expected("one of \"\\/bfnrtu after a backslash")),
        };
        self.at += 1;
        Ok(Some(c))
    }

    /// Reads `uXXXX`, and a second escape if both make a pair.
    fn unicode_escape(&mut self) -> Result<Option<char>, DecodeError> {
        let high = match self.unit()? {
            Unit::Char(c) => return Ok(Some(c)),
            Unit::Low => return Ok(None),
            Unit::High(high) => high,
        };
        let after_high = self.at;
        if self.rest().starts_with("\\u") {
            self.at += 1;
            let low_at = self.at;
            if let Unit::Low = self.unit()? {
                let low = self.hex(low_at + 1);
                let pair = char::decode_utf16([high, low]).next().and_then(Result::ok);
                return Ok(pair);
            }
            self.at = after_high;
        }
        Ok(None)
    }

    /// Reads `uXXXX`.
    fn unit(&mut self) -> Result<Unit, DecodeError> {
        self.at += 1;
        let start = self.at;
        for _ in 0..4 {
            if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                return Err(self.expected("four hexadecimal digits after \\u"));
            }
            self.at += 1;
        }
        let unit = self.hex(start);
        Ok(match unit {
            0xd800..0xdc00 => Unit::High(unit),
            0xdc00..0xe000 => Unit::Low,
            _ => Unit::Char(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
        })
    }

    /// The four digits at `start`, which were checked.
    fn hex(&self, start: usize) -> u16 {
        u16::from_str_radix(&self.text[start..start + 4], 16).unwrap_or_default()
    }
}
