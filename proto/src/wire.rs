//! Looks at a protobuf message as it stands on the wire: field after field, with offsets, without a schema.

use crate::MAX_DEPTH;
use crate::varint::{self, NoVarint, Varint};

/// How a field's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireType {
    /// 0: one varint.
    Varint,
    /// 1: eight bytes.
    Fixed64,
    /// 2: a varint, and as many bytes as it says.
    Len,
    /// 3 and 4: fields between a start and an end tag.
    Group,
    /// 5: four bytes.
    Fixed32,
}

/// A field's value as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer, or a bool. Bits beyond the 64th are dropped.
    Varint(u64),
    /// Eight bytes, little-endian.
    Fixed64(u64),
    /// A string, bytes, a message or packed numbers.
    Len(&'a [u8]),
    /// The fields between the tags of a group.
    Group(&'a [u8]),
    /// Four bytes, little-endian.
    Fixed32(u32),
}

/// One field on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field's number, at least 1.
    pub number: u32,
    /// How its value is written.
    pub wire_type: WireType,
    /// Where its tag begins, in bytes from the start of the body.
    pub offset: usize,
    /// Its length in bytes, with tag.
    pub len: usize,
    /// Where the value begins, after tag and length, in bytes from the start of the body.
    pub value_offset: usize,
    /// Its value.
    pub value: Value<'a>,
    /// Its tag, length or integer takes more bytes than it needs, or has bits beyond the 64th, which are dropped. Writers
    /// avoid the former; Go's reader refuses the latter.
    pub overlong: bool,
}

/// Why bytes are no protobuf message. Offsets are in bytes from the start of the body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The message ended inside a tag, an integer or a length.
    #[error("the message ends inside the varint at byte {offset}: check the length before the message")]
    TruncatedVarint {
        /// Where the varint begins.
        offset: usize,
    },
    /// A varint that goes on after ten bytes.
    #[error("the varint at byte {offset} has more than 10 bytes: write the message with a protobuf library")]
    VarintTooLong {
        /// Where the varint begins.
        offset: usize,
    },
    /// The message ended inside a value.
    #[error(
        "field {number} at byte {offset} needs {needed} more bytes and {left} are left: \
         check the length before the message"
    )]
    TruncatedField {
        /// Where the field's tag begins.
        offset: usize,
        /// The field's number.
        number: u32,
        /// How many bytes the value takes.
        needed: u64,
        /// How many bytes the message has left for it.
        left: usize,
    },
    /// Wire types 6 and 7 do not exist.
    #[error(
        "field {number} at byte {offset} has wire type {wire_type}, which does not exist: is this text or a log line?"
    )]
    UnknownWireType {
        /// Where the field's tag begins.
        offset: usize,
        /// The field's number.
        number: u32,
        /// 6 or 7.
        wire_type: u8,
    },
    /// There is no field 0.
    #[error("the tag at byte {offset} has field number 0: write the message with a protobuf library")]
    FieldNumberZero {
        /// Where the tag begins.
        offset: usize,
    },
    /// A tag holds at most 32 bits.
    #[error(
        "the tag at byte {offset} has field number {number}, over 536870911: write the message with a protobuf library"
    )]
    FieldNumberTooLarge {
        /// Where the tag begins.
        offset: usize,
        /// The number, at least 2^29.
        number: u64,
    },
    /// The end tag of a group that was not begun, or of another than the innermost.
    #[error(
        "the tag at byte {offset} ends group {number}, which is not open: write the message with a protobuf library"
    )]
    UnmatchedEndGroup {
        /// Where the tag begins.
        offset: usize,
        /// The group's number.
        number: u32,
    },
    /// The message ended inside a group.
    #[error("group {number} at byte {offset} has no end: check the length before the message")]
    UnterminatedGroup {
        /// Where the group's start tag begins.
        offset: usize,
        /// The group's number.
        number: u32,
    },
    /// Groups nested deeper than [`crate::MAX_DEPTH`].
    #[error("the group at byte {offset} opens level {} of nesting: use at most {limit} levels", limit + 1)]
    TooDeep {
        /// Where the group's start tag begins.
        offset: usize,
        /// The deepest nesting that would have been accepted.
        limit: usize,
    },
    /// More than [`crate::MAX_ELEMENTS`] arguments and inputs.
    #[error(
        "there are more than {limit} arguments and inputs at byte {offset}: run the action without a worker"
    )]
    TooMany {
        /// Where the first one begins that is too much.
        offset: usize,
        /// How many would have been accepted.
        limit: usize,
    },
}

impl WireError {
    /// The offset in the body that the error is about, in bytes.
    pub fn offset(&self) -> usize {
        match *self {
            Self::TruncatedVarint { offset }
            | Self::VarintTooLong { offset }
            | Self::TruncatedField { offset, .. }
            | Self::UnknownWireType { offset, .. }
            | Self::FieldNumberZero { offset }
            | Self::FieldNumberTooLarge { offset, .. }
            | Self::UnmatchedEndGroup { offset, .. }
            | Self::UnterminatedGroup { offset, .. }
            | Self::TooDeep { offset, .. }
            | Self::TooMany { offset, .. } => offset,
        }
    }
}

/// The fields of `body`, in the order in which they stand. The fields of nested messages are inside their values: scan
/// those again. After an error nothing follows.
///
/// Source: the encoding of protocol buffers; which oddities are accepted was measured with Java's and Python's runtimes.
pub fn scan(body: &[u8]) -> impl Iterator<Item = Result<Field<'_>, WireError>> {
    scan_at(body, 0)
}

/// Like [`scan`], for a message that stands `base` bytes into the body.
pub(crate) fn scan_at(body: &[u8], base: usize) -> Scan<'_> {
    Scan { body, base, at: 0 }
}

/// A tag before it is known whether it begins a field.
enum Token<'a> {
    Field(Field<'a>),
    StartGroup { number: u32 },
    EndGroup { number: u32 },
}

/// The iterator behind [`scan`].
#[derive(Clone, Debug)]
pub(crate) struct Scan<'a> {
    body: &'a [u8],
    base: usize,
    at: usize,
}

impl<'a> Scan<'a> {
    fn varint(&mut self) -> Result<Varint, WireError> {
        let offset = self.base + self.at;
        let varint = varint::read(&self.body[self.at..]).map_err(|error| match error {
            NoVarint::Truncated => WireError::TruncatedVarint { offset },
            NoVarint::TooLong => WireError::VarintTooLong { offset },
        })?;
        self.at += varint.len;
        Ok(varint)
    }

    fn take(&mut self, needed: u64, number: u32, tag_at: usize) -> Result<&'a [u8], WireError> {
        let left = self.body.len() - self.at;
        if needed > left as u64 {
            return Err(WireError::TruncatedField { offset: self.base + tag_at, number, needed, left });
        }
        let taken = &self.body[self.at..][..needed as usize];
        self.at += taken.len();
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self, number: u32, tag_at: usize) -> Result<[u8; N], WireError> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N as u64, number, tag_at)?);
        Ok(bytes)
    }

    /// The next field, or the start or the end of a group.
    fn token(&mut self) -> Result<Token<'a>, WireError> {
        let tag_at = self.at;
        let offset = self.base + tag_at;
        let tag = self.varint()?;
        let number = u32::try_from(tag.value)
            .map_err(|_| WireError::FieldNumberTooLarge { offset, number: tag.value >> 3 })?
            >> 3;
        if number == 0 {
            return Err(WireError::FieldNumberZero { offset });
        }
        let mut overlong = tag.overlong;
        let mut value_at = self.at;
        let (wire_type, value) = match (tag.value & 7) as u8 {
            0 => {
                let varint = self.varint()?;
                overlong |= varint.overlong || varint.overflow;
                (WireType::Varint, Value::Varint(varint.value))
            }
            1 => (WireType::Fixed64, Value::Fixed64(u64::from_le_bytes(self.fixed(number, tag_at)?))),
            2 => {
                let length = self.varint()?;
                overlong |= length.overlong;
                value_at = self.at;
                (WireType::Len, Value::Len(self.take(length.value, number, tag_at)?))
            }
            3 => return Ok(Token::StartGroup { number }),
            4 => return Ok(Token::EndGroup { number }),
            5 => (WireType::Fixed32, Value::Fixed32(u32::from_le_bytes(self.fixed(number, tag_at)?))),
            wire_type => return Err(WireError::UnknownWireType { offset, number, wire_type }),
        };
        Ok(Token::Field(Field {
            number,
            wire_type,
            offset,
            len: self.at - tag_at,
            value_offset: self.base + value_at,
            value,
            overlong,
        }))
    }

    /// The group whose start tag, at `tag_at`, was just read: everything up to its end tag.
    fn group(&mut self, number: u32, tag_at: usize) -> Result<Field<'a>, WireError> {
        let value_at = self.at;
        let mut outer = Vec::new();
        let mut innermost = (number, tag_at);
        loop {
            let token_at = self.at;
            if token_at == self.body.len() {
                let (number, opened_at) = innermost;
                return Err(WireError::UnterminatedGroup { offset: self.base + opened_at, number });
            }
            match self.token()? {
                Token::Field(_) => {}
                Token::StartGroup { number } => {
                    outer.push(std::mem::replace(&mut innermost, (number, token_at)));
                    if outer.len() == MAX_DEPTH {
                        return Err(WireError::TooDeep { offset: self.base + token_at, limit: MAX_DEPTH });
                    }
                }
                Token::EndGroup { number: ended } if ended == innermost.0 => match outer.pop() {
                    Some(group) => innermost = group,
                    None => {
                        return Ok(Field {
                            number,
                            wire_type: WireType::Group,
                            offset: self.base + tag_at,
                            len: self.at - tag_at,
                            value_offset: self.base + value_at,
                            value: Value::Group(&self.body[value_at..token_at]),
                            overlong: false,
                        });
                    }
                },
                Token::EndGroup { number } => {
                    return Err(WireError::UnmatchedEndGroup { offset: self.base + token_at, number });
                }
            }
        }
    }

    fn field(&mut self) -> Result<Field<'a>, WireError> {
        let tag_at = self.at;
        match self.token()? {
            Token::Field(field) => Ok(field),
            Token::StartGroup { number } => self.group(number, tag_at),
            Token::EndGroup { number } => {
                Err(WireError::UnmatchedEndGroup { offset: self.base + tag_at, number })
            }
        }
    }
}

impl<'a> Iterator for Scan<'a> {
    type Item = Result<Field<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.body.len() {
            return None;
        }
        Some(self.field().inspect_err(|_| self.at = self.body.len()))
    }
}
