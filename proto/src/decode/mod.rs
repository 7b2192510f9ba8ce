//! Reads one frame body and notes everything in it that is tolerated but off.
//!
//! A client and a worker only want the message. A judge also wants to know that a name was spelled in snake_case, that a
//! field stood there twice, or at which byte a trailing comma is. So the readers here are as lenient as the most lenient
//! runtime in use wherever that runtime knows what was meant, and say so in a [`Note`]; what no two readers understand
//! in the same way is a [`DecodeError`].
//!
//! - proto: what Java's runtime accepts, plus strings that are not UTF-8. It rejects lengths and tags over 32 bits, of
//!   which Java drops the upper bits.
//! - json: the syntax of RFC 8259 to the letter, the values of protobuf's JSON mapping.

mod base64;
mod error;
mod json;
mod note;
mod wire;

pub use error::DecodeError;
pub use note::{Note, NoteKind};

use crate::{Framing, Message};

/// A message and what is off about the way in which it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<M> {
    /// The message. Fields that could not be read have their defaults.
    pub message: M,
    /// What was tolerated, in the order in which it stands in the body: of each kind the first for each field, and at most
    /// 16.
    pub notes: Vec<Note>,
}

impl<M> Decoded<M> {
    /// The first note of this kind.
    pub fn note(&self, kind: NoteKind) -> Option<&Note> {
        self.notes.iter().find(|note| note.kind == kind)
    }
}

/// Reads the body of one frame: without the length in the dialect `proto`, one object in the dialect `json`.
///
/// Takes time and memory linear in the length of the body, whatever is in it.
///
/// # Errors
/// The body is not a protobuf message, or not a JSON object in UTF-8.
pub fn decode<M: Message>(dialect: Framing, body: &[u8]) -> Result<Decoded<M>, DecodeError> {
    let mut message = M::default();
    let mut notes = note::Notes::default();
    match dialect {
        Framing::Proto => wire::message(&mut message, body, &mut notes)?,
        Framing::Json => json::message(&mut message, body, &mut notes)?,
    }
    Ok(Decoded { message, notes: notes.into_sorted() })
}
