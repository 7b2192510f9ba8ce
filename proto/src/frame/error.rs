//! Each way in which a stream of bytes can fail to be a stream of frames.

use std::ops::Range;

/// Why no further frame can be found in a stream. There is no way to go on after it: where the next frame begins is unknown.
///
/// Offsets are in bytes from the start of the stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length that is no varint of 64 bits: it goes on after ten bytes, or its tenth byte has too many bits.
    #[error(
        "the length at byte {offset} is not a varint: write each frame as varint length, then that many bytes"
    )]
    LengthMalformed {
        /// Where the length begins.
        offset: u64,
    },
    /// A length over the reader's limit or over 2^31-1, which is the largest size of a protobuf message. A negative
    /// int32, written as a varint, is among them.
    #[error(
        "the length at byte {offset} declares {declared} bytes, more than {limit}: \
         write each frame as varint length, then that many bytes"
    )]
    LengthTooLarge {
        /// Where the length begins.
        offset: u64,
        /// The body's length as declared, in bytes.
        declared: u64,
        /// The largest body that would have been accepted, in bytes.
        limit: u64,
    },
    /// The stream ended inside a length.
    #[error(
        "the stream ended inside the length that begins at byte {offset}: write whole frames and flush them"
    )]
    EofInLength {
        /// Where the length begins.
        offset: u64,
    },
    /// The stream ended inside a body.
    #[error(
        "the stream ended after {got} of the {declared} bytes that the length at byte {offset} declares: \
         write whole frames and flush them"
    )]
    EofInBody {
        /// Where the length begins.
        offset: u64,
        /// The body's length as declared, in bytes.
        declared: u64,
        /// How many bytes of the body arrived.
        got: u64,
    },
    /// Something other than white space or `{` between JSON objects.
    #[error("byte {offset} is {} where a JSON object begins: write nothing but JSON objects", show(*byte))]
    NotAnObject {
        /// Where the byte stands.
        offset: u64,
        /// The byte that was found.
        byte: u8,
    },
    /// A JSON object over the reader's limit.
    #[error(
        "the object at byte {offset} is longer than {limit} bytes: check that its braces and quotes are closed"
    )]
    ObjectTooLarge {
        /// Where the object begins.
        offset: u64,
        /// The largest object that would have been accepted, in bytes.
        limit: u64,
    },
    /// The stream ended inside a JSON object.
    #[error(
        "the stream ended inside the object that begins at byte {offset}: close its braces and quotes and flush it"
    )]
    EofInObject {
        /// Where the object begins.
        offset: u64,
    },
    /// Objects and arrays nested deeper than [`crate::MAX_DEPTH`].
    #[error("the bracket at byte {offset} opens level {} of nesting: use at most {limit} levels", limit + 1)]
    TooDeep {
        /// Where the bracket stands.
        offset: u64,
        /// The deepest nesting that would have been accepted.
        limit: usize,
    },
}

impl FrameError {
    /// The offset in the stream that the error is about, in bytes.
    pub fn offset(&self) -> u64 {
        match *self {
            Self::LengthMalformed { offset }
            | Self::LengthTooLarge { offset, .. }
            | Self::EofInLength { offset }
            | Self::EofInBody { offset, .. }
            | Self::NotAnObject { offset, .. }
            | Self::ObjectTooLarge { offset, .. }
            | Self::EofInObject { offset }
            | Self::TooDeep { offset, .. } => offset,
        }
    }

    /// Whether the message is larger than the reader's limit, and may be a good one for a reader that takes more.
    pub fn is_too_large(&self) -> bool {
        match *self {
            Self::LengthTooLarge { declared, .. } => declared <= i32::MAX as u64,
            Self::ObjectTooLarge { .. } => true,
            _ => false,
        }
    }

    /// Whether the stream merely ended too early: every byte of it could have been the start of a valid stream.
    pub fn is_eof(&self) -> bool {
        matches!(self, Self::EofInLength { .. } | Self::EofInBody { .. } | Self::EofInObject { .. })
    }
}

const PRINTABLE: Range<u8> = b'!'..0x7f;

/// A byte for a person: `'x'`, or `0xef`.
fn show(byte: u8) -> String {
    if PRINTABLE.contains(&byte) { format!("`{}`", byte as char) } else { format!("0x{byte:02x}") }
}
