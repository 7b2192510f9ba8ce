//! What a reader tolerates and a judge wants to know.

use std::fmt;

/// Something in a frame body that is off, although the body can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is off.
    pub kind: NoteKind,
    /// Where it stands, in bytes from the start of the body.
    pub offset: usize,
    /// The field: its name in the schema (`inputs.digest` for a field of an input), the number of an unknown protobuf
    /// field, or an unknown JSON name, of which the first 200 bytes are kept. `None` if the note is about no field, or about something inside an unknown one.
    pub field: Option<String>,
}

/// The kinds of [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoteKind {
    /// proto: a field number that the schema does not have. Readers ignore the field.
    UnknownField,
    /// proto: a known field number with a wire type that does not belong to it. Java's and Python's runtimes treat it as
    /// an unknown field.
    WrongWireType,
    /// proto: a tag, length or integer with more bytes than it needs, or with bits beyond the 64th.
    OverlongVarint,
    /// proto: an int32 whose varint is not the sign extension of 32 bits; readers keep the lower 32. json: an integer
    /// that int32 cannot hold; readers refuse it, here the field keeps its default.
    IntOutOfRange,
    /// proto: a bool written as something other than 0 or 1; readers take it for true.
    BoolNotCanonical,
    /// proto: a field that is not repeated stands there twice. The last one counts.
    RepeatedScalar,
    /// proto: a field after one with a higher number.
    OutOfOrder,
    /// A field with its default value, which writers usually leave out.
    ExplicitDefault,
    /// proto: a string that is not UTF-8. Java's runtime refuses it; here it is decoded with U+FFFD.
    InvalidUtf8,
    /// json: a name that the schema does not have.
    UnknownKey,
    /// json: a name that stands twice in one object, in either spelling. The last one counts.
    DuplicateKey,
    /// json: a name spelled as in the .proto file (`request_id`). Protobuf's readers take both spellings, Bazel only
    /// `requestId`.
    OriginalFieldName,
    /// json: an integer inside a string (`"3"`).
    QuotedNumber,
    /// json: an integer with a fraction of zeros or an exponent (`3.0`, `3e0`).
    FloatNumber,
    /// json: a boolean inside a string (`"true"`). Only Java's runtime takes it.
    QuotedBool,
    /// json: `null`, which stands for the default.
    NullValue,
    /// json: bytes in the URL-safe alphabet, without padding, with white space, or with bits left over.
    Base64NotCanonical,
    /// json: white space outside strings, which readers skip.
    Whitespace,
    /// json: at least one backslash escape in a string.
    Escaped,
    /// json: half of a surrogate pair (`\ud800`), which is no character. Decoded as U+FFFD.
    LoneSurrogate,
    /// json: a value of a type that does not belong to the field (`"exitCode":"abc"`). The field keeps its default.
    WrongType,
}

impl NoteKind {
    /// What it is called in reports: `unknown field`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownField => "unknown field",
            Self::WrongWireType => "wrong wire type",
            Self::OverlongVarint => "varint longer than needed",
            Self::IntOutOfRange => "integer out of the range of int32",
            Self::BoolNotCanonical => "bool other than 0 or 1",
            Self::RepeatedScalar => "field more than once",
            Self::OutOfOrder => "fields not in ascending order",
            Self::ExplicitDefault => "default value written out",
            Self::InvalidUtf8 => "string that is not UTF-8",
            Self::UnknownKey => "unknown name",
            Self::DuplicateKey => "name more than once",
            Self::OriginalFieldName => "name in snake_case",
            Self::QuotedNumber => "number inside a string",
            Self::FloatNumber => "integer with fraction or exponent",
            Self::QuotedBool => "boolean inside a string",
            Self::NullValue => "null for a default value",
            Self::Base64NotCanonical => "base64 not in its canonical form",
            Self::Whitespace => "white space inside the object",
            Self::Escaped => "backslash escape",
            Self::LoneSurrogate => "half of a surrogate pair",
            Self::WrongType => "value of the wrong type",
        }
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Note {
    /// `name more than once: requestId at byte 12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}: {field} at byte {}", self.kind, self.offset),
            None => write!(f, "{} at byte {}", self.kind, self.offset),
        }
    }
}

/// How a field is named while notes are taken, without allocating for notes that are dropped.
#[derive(Clone, Copy, Debug)]
pub(super) enum Label<'a> {
    None,
    /// A field, in the message behind the field `parent` if there is one.
    Name {
        parent: Option<&'static str>,
        name: &'a str,
    },
    /// A field number that the schema does not have.
    Number {
        parent: Option<&'static str>,
        number: u32,
    },
}

/// Bytes of a name that are kept. A name can be as long as the message.
const NAME: usize = 200;

/// The beginning of a name.
fn short(name: &str) -> &str {
    match name.get(..name.len().min(NAME)) {
        Some(short) => short,
        // A character has at most four bytes, so one of the three places before is between two of them.
        None => (NAME - 3..NAME).rev().find_map(|end| name.get(..end)).unwrap_or_default(),
    }
}

impl Label<'_> {
    fn text(self) -> Option<String> {
        let (parent, name) = match self {
            Self::None => return None,
            Self::Name { parent, name } => (parent, short(name).to_owned()),
            Self::Number { parent, number } => (parent, number.to_string()),
        };
        Some(match parent {
            Some(parent) => format!("{parent}.{name}"),
            None => name,
        })
    }

    /// Whether `text` is what [`text`](Self::text) gives.
    fn is(self, text: Option<&str>) -> bool {
        let (parent, text) = match (self, text) {
            (Self::None, text) => return text.is_none(),
            (_, None) => return false,
            (Self::Name { parent, .. } | Self::Number { parent, .. }, Some(text)) => (parent, text),
        };
        let found = match parent {
            None => Some(text),
            Some(parent) => text.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.')),
        };
        match self {
            Self::None => false,
            Self::Name { name, .. } => found == Some(short(name)),
            Self::Number { number, .. } => found.is_some_and(|text| text.parse() == Ok(number)),
        }
    }
}

/// How many notes of one kind are kept. More would tell nothing new, and a hostile body would buy memory with them.
const KEPT_PER_KIND: usize = 16;

/// Takes notes: of each kind the first for each field, at most [`KEPT_PER_KIND`].
#[derive(Debug, Default)]
pub(super) struct Notes {
    notes: Vec<Note>,
    /// The kinds that have all the notes they may have, one bit each, so that a flood of them costs next to nothing.
    full: u32,
}

impl Notes {
    pub(super) fn add(&mut self, kind: NoteKind, offset: usize, label: Label<'_>) {
        let bit = 1 << kind as u32;
        if self.full & bit != 0 {
            return;
        }
        let mut of_kind = self.notes.iter().filter(|note| note.kind == kind);
        let count = of_kind.clone().count();
        if of_kind.any(|note| label.is(note.field.as_deref())) {
            return;
        }
        self.notes.push(Note { kind, offset, field: label.text() });
        if count + 1 == KEPT_PER_KIND {
            self.full |= bit;
        }
    }

    /// The notes in the order of their offsets.
    pub(super) fn into_sorted(mut self) -> Vec<Note> {
        self.notes.sort_by_key(|note| note.offset);
        self.notes
    }
}
