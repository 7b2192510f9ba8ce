//! Frames of the dialect `json`: where an object ends, found without understanding it.

use super::FrameError;
use super::cut::Cut;
use crate::MAX_DEPTH;

/// How far into the current object the splitter has looked. No byte is looked at twice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Splitter {
    /// How many bytes of the object have been seen; 0 means that none is open.
    seen: usize,
    /// How many braces are open.
    braces: usize,
    /// How many square brackets are open. They only count for the nesting: braces alone tell where an object ends, so
    /// `{"a":[}` ends where its author thought it would, and the decoder can say what is wrong with it.
    brackets: usize,
    in_string: bool,
    after_backslash: bool,
}

/// How many bytes of white space (RFC 8259 section 2) are at the start of `bytes`.
fn white_space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

impl Splitter {
    /// How many bytes of white space to drop from the front before the next object.
    pub(super) fn skip(&self, bytes: &[u8]) -> usize {
        if self.seen == 0 { white_space(bytes) } else { 0 }
    }

    /// The object at the start of `bytes`, which must be the same bytes as in the last call, and further ones.
    pub(super) fn cut(&mut self, bytes: &[u8], limit: usize, offset: u64) -> Result<Option<Cut>, FrameError> {
        if let (0, Some(&byte)) = (self.seen, bytes.first())
            && byte != b'{'
        {
            return Err(FrameError::NotAnObject { offset, byte });
        }
        let within_limit = &bytes[..bytes.len().min(limit)];
        for (at, &byte) in within_limit.iter().enumerate().skip(self.seen) {
            if self.in_string {
                match byte {
                    _ if self.after_backslash => self.after_backslash = false,
                    b'\\' => self.after_backslash = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' => self.braces += 1,
                b'[' => self.brackets += 1,
                b']' => self.brackets = self.brackets.saturating_sub(1),
                b'}' => self.braces -= 1,
                _ => {}
            }
            if self.braces == 0 {
                *self = Self::default();
                return Ok(Some(Cut { prefix: 0, body: at + 1, overlong: false }));
            }
            if self.braces + self.brackets > MAX_DEPTH {
                return Err(FrameError::TooDeep { offset: offset + at as u64, limit: MAX_DEPTH });
            }
        }
        self.seen = within_limit.len();
        if bytes.len() > limit {
            return Err(FrameError::ObjectTooLarge { offset, limit: limit as u64 });
        }
        Ok(None)
    }
}

/// What the end of the stream means when `bytes`, without white space before it, is all that is left.
pub(super) fn eof(bytes: &[u8], offset: u64) -> Result<(), FrameError> {
    if bytes.is_empty() { Ok(()) } else { Err(FrameError::EofInObject { offset }) }
}
