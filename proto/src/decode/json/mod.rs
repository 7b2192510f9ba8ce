//! JSON bodies: from text to a message.
//!
//! | file | what it reads |
//! |---|---|
//! | `cursor.rs` | places, white space, what is wrong at a place |
//! | `string.rs`, `number.rs` | strings with their escapes; numbers, exactly |
//! | `value.rs` | objects and arrays, values that no one asked for |
//! | `fields.rs` | the fields of a message: protobuf's JSON mapping |

mod cursor;
mod fields;
mod number;
mod string;
mod value;

use super::note::Notes;
use super::{DecodeError, NoteKind};
use crate::fields::Reflect;
use cursor::Cursor;

/// Fills `into` from `body`, which must hold one object and nothing else but white space.
pub(super) fn message(into: &mut dyn Reflect, body: &[u8], notes: &mut Notes) -> Result<(), DecodeError> {
    let text =
        std::str::from_utf8(body).map_err(|error| DecodeError::NotUtf8 { offset: error.valid_up_to() })?;
    let mut cursor = Cursor::new(text, notes);
    cursor.white_space()?;
    cursor.message(into, None)?;
    cursor.white_space()?;
    if cursor.peek().is_some() {
        return Err(cursor.expected("nothing after the object"));
    }
    Ok(())
}
