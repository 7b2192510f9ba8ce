//! Why a frame body is no message.

use crate::wire::WireError;

/// Why a frame body is no message.
///
/// Offsets are in bytes from the start of the body, lines and columns (in characters) from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// proto: the bytes are not a protobuf message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// json: the text breaks the grammar of RFC 8259 in a way that has no variant of its own.
    #[error(
        "line {line}, column {column}: found {found}, expected {expected}: write the object with a JSON library"
    )]
    Syntax {
        /// Where it stands.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
        /// What stands there, for a person.
        found: String,
        /// What could stand there, for a person.
        expected: &'static str,
    },
    /// json: a comma before a closing bracket. Bazel's own documentation shows one in its example; Bazel refuses it.
    #[error(
        "line {line}, column {column}: comma before a closing bracket: remove it, JSON has no trailing commas"
    )]
    TrailingComma {
        /// Where the comma stands.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// json: a string in single quotes.
    #[error("line {line}, column {column}: string in single quotes: use double quotes, or a JSON library")]
    SingleQuotes {
        /// Where the quote stands.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// json: a comment.
    #[error("line {line}, column {column}: comment: remove it, JSON has no comments")]
    Comment {
        /// Where the comment begins.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
    },
    /// json: a name without quotes.
    #[error("line {line}, column {column}: name `{name}` without quotes: put it into double quotes")]
    UnquotedName {
        /// Where the name begins.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
        /// The name.
        name: String,
    },
    /// json: `NaN` or an infinity as a bare word.
    #[error("line {line}, column {column}: `{word}` is not a JSON number: write an integer")]
    NotANumber {
        /// Where the word begins.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
        /// The word.
        word: String,
    },
    /// json: a control character, such as a raw line break, inside a string.
    #[error(
        "line {line}, column {column}: control character 0x{byte:02x} inside a string: escape it, as in \\n"
    )]
    ControlCharacter {
        /// Where it stands.
        offset: usize,
        /// Its line.
        line: usize,
        /// Its column.
        column: usize,
        /// The character, below 0x20.
        byte: u8,
    },
    /// json: bytes that are not UTF-8.
    #[error("byte {offset} is not UTF-8: encode the object as UTF-8")]
    NotUtf8 {
        /// Where the first bad byte stands.
        offset: usize,
    },
    /// json: objects and arrays nested deeper than [`crate::MAX_DEPTH`].
    #[error("the bracket at byte {offset} opens level {} of nesting: use at most {limit} levels", limit + 1)]
    TooDeep {
        /// Where the bracket stands.
        offset: usize,
        /// The deepest nesting that would have been accepted.
        limit: usize,
    },
    /// json: more than [`crate::MAX_ELEMENTS`] arguments and inputs.
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

impl DecodeError {
    /// The offset in the body that the error is about, in bytes.
    pub fn offset(&self) -> usize {
        match *self {
            Self::Wire(ref error) => error.offset(),
            Self::Syntax { offset, .. }
            | Self::TrailingComma { offset, .. }
            | Self::SingleQuotes { offset, .. }
            | Self::Comment { offset, .. }
            | Self::UnquotedName { offset, .. }
            | Self::NotANumber { offset, .. }
            | Self::ControlCharacter { offset, .. }
            | Self::NotUtf8 { offset }
            | Self::TooDeep { offset, .. }
            | Self::TooMany { offset, .. } => offset,
        }
    }

    /// Whether there is merely more in the message than is read here, and it may be a good one for a reader that takes more.
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::TooMany { .. } | Self::Wire(WireError::TooMany { .. }))
    }
}
