//! Writes whole frames: the canonical form, or an unusual one that a reader has to accept just as well.

mod json;
mod proto;

use crate::frame::{write_proto, write_proto_overlong};
use crate::{Framing, Message};

/// How a frame is written. The default is the canonical form; every other form means the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EncodeOptions {
    /// Write fields that have their default value: scalars, and in the dialect `json` empty lists.
    pub explicit_defaults: bool,
    /// proto: write the fields in descending order of their numbers.
    pub reversed_fields: bool,
    /// Add fields that the schema does not have, to the message and to each input. proto: 100 (length-delimited), 101
    /// (four bytes), 102 (eight bytes) and 1000 (varint). json: names with an object, an array and `null`.
    pub unknown_fields: bool,
    /// json: break lines and indent inside the object.
    pub pretty: bool,
    /// json: end with a line break. The only option that is on by default.
    pub newline: bool,
    /// json: write every character of every string value as `\uXXXX`, characters beyond U+FFFF as surrogate pairs. Names
    /// stay as they are.
    pub escape_all: bool,
    /// json: write `=`, `<`, `>`, `&`, `'`, U+2028 and U+2029 as `\uXXXX`, but not the `=` of base64: byte for byte what
    /// Bazel's JSON library writes.
    pub html_safe: bool,
    /// proto: write the frame's length with one byte more than it needs.
    pub overlong_length: bool,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self {
            explicit_defaults: false,
            reversed_fields: false,
            unknown_fields: false,
            pretty: false,
            newline: true,
            escape_all: false,
            html_safe: false,
            overlong_length: false,
        }
    }
}

/// Writes `message` as one frame in its canonical form.
///
/// proto: the shortest length, the fields in ascending order, defaults left out. json: one object without white space, names
/// in lowerCamelCase, defaults left out, no escapes but those that RFC 8259 asks for, and a line break at its end.
pub fn encode<M: Message>(dialect: Framing, message: &M) -> Vec<u8> {
    encode_with(dialect, message, &EncodeOptions::default())
}

/// Writes `message` as one frame in the form that `options` asks for.
pub fn encode_with<M: Message>(dialect: Framing, message: &M, options: &EncodeOptions) -> Vec<u8> {
    match dialect {
        Framing::Proto => {
            let body = proto::body(message, options);
            let mut out = Vec::with_capacity(body.len() + 6);
            let write = if options.overlong_length { write_proto_overlong } else { write_proto };
            write(&body, &mut out);
            out
        }
        Framing::Json => json::object(message, options),
    }
}
