//! The fields of a message: protobuf's JSON mapping, with everything that differs noted.

use super::cursor::Cursor;
use super::number::{self, Integer};
use super::value::Literal;
use super::value::Names;
use super::{DecodeError, NoteKind};
use crate::MAX_ELEMENTS;
use crate::decode::base64;
use crate::decode::note::Label;
use crate::fields::{Reflect, Slot};
use crate::v1::Input;

/// What became of a value.
enum Outcome {
    /// The field has it.
    Stored,
    /// It was `null`.
    Null,
    /// It does not belong to the field's type. The value was read.
    WrongType,
    /// An integer that the field cannot hold.
    OutOfRange,
}

impl<'a> Cursor<'a, '_> {
    /// Fills `into` from the object here, which is a value of the field `parent`.
    pub(super) fn message(
        &mut self,
        into: &mut dyn Reflect,
        parent: Option<&'static str>,
    ) -> Result<(), DecodeError> {
        let fields = into.fields();
        let mut seen = 0u32;
        let mut unknown = Names::default();
        self.object(|cursor, name| {
            let known = fields.iter().find(|field| field.json == name.text || field.name == name.text);
            let Some(known) = known else {
                let label = Label::Name { parent, name: &name.text };
                cursor.note_text(&name, label);
                cursor.notes.add(NoteKind::UnknownKey, name.offset, label);
                if unknown.contains(&name.text) {
                    cursor.notes.add(NoteKind::DuplicateKey, name.offset, label);
                }
                unknown.insert(name.text);
                return cursor.skip_value();
            };
            let label = Label::Name { parent, name: known.name };
            cursor.note_text(&name, label);
            if known.json != name.text {
                cursor.notes.add(NoteKind::OriginalFieldName, name.offset, label);
            }
            let Some(slot) = into.slot(known.number) else { return cursor.skip_value() };
            if seen & 1 << known.number != 0 {
                cursor.notes.add(NoteKind::DuplicateKey, name.offset, label);
                slot.clear();
            }
            seen |= 1 << known.number;

            let value_at = cursor.at;
            let Some(slot) = into.slot(known.number) else { return cursor.skip_value() };
            let kind = match cursor.field(slot, known.name, label)? {
                Outcome::Stored if into.value(known.number).is_some_and(|value| value.is_default()) => {
                    NoteKind::ExplicitDefault
                }
                Outcome::Stored => return Ok(()),
                Outcome::Null => NoteKind::NullValue,
                Outcome::WrongType => NoteKind::WrongType,
                Outcome::OutOfRange => NoteKind::IntOutOfRange,
            };
            cursor.notes.add(kind, value_at, label);
            Ok(())
        })
    }

    /// Reads the value here into `slot`.
    fn field(
        &mut self,
        slot: Slot<'_>,
        name: &'static str,
        label: Label<'_>,
    ) -> Result<Outcome, DecodeError> {
        if self.word() == "null" {
            self.literal()?;
            return Ok(Outcome::Null);
        }
        match (slot, self.peek()) {
            (Slot::Int32(place), Some(b'"')) => {
                let value_at = self.at;
                let text = self.string()?;
                self.note_text(&text, label);
                if !number::is_number(&text.text) {
                    return Ok(Outcome::WrongType);
                }
                self.notes.add(NoteKind::QuotedNumber, value_at, label);
                Ok(self.integer(&text.text, value_at, place, label))
            }
            (Slot::Int32(place), Some(b'-' | b'0'..=b'9')) => {
                let value_at = self.at;
                let text = self.number()?;
                Ok(self.integer(text, value_at, place, label))
            }
            (Slot::Bool(place), Some(b'"')) => {
                let value_at = self.at;
                let text = self.string()?;
                self.note_text(&text, label);
                *place = match &*text.text {
                    "true" => true,
                    "false" => false,
                    _ => return Ok(Outcome::WrongType),
                };
                self.notes.add(NoteKind::QuotedBool, value_at, label);
                Ok(Outcome::Stored)
            }
            (Slot::Bool(place), Some(b't' | b'f')) => {
                *place = self.literal()? == Literal::True;
                Ok(Outcome::Stored)
            }
            (Slot::String(place), Some(b'"')) => {
                let text = self.string()?;
                self.note_text(&text, label);
                *place = text.text.into_owned();
                Ok(Outcome::Stored)
            }
            (Slot::Bytes(place), Some(b'"')) => {
                let text = self.string()?;
                self.note_text(&text, label);
                let Some((bytes, canonical)) = base64::decode(&text.text) else {
                    return Ok(Outcome::WrongType);
                };
                if !canonical {
                    self.notes.add(NoteKind::Base64NotCanonical, text.offset, label);
                }
                *place = bytes;
                Ok(Outcome::Stored)
            }
            (Slot::Strings(place), Some(b'[')) => self.elements(label, b'"', |cursor| {
                let text = cursor.string()?;
                cursor.note_text(&text, label);
                place.push(text.text.into_owned());
                Ok(())
            }),
            (Slot::Inputs(place), Some(b'[')) => self.elements(label, b'{', |cursor| {
                let mut input = Input::default();
                cursor.message(&mut input, Some(name))?;
                place.push(input);
                Ok(())
            }),
            _ => {
                self.skip_value()?;
                Ok(Outcome::WrongType)
            }
        }
    }

    /// Reads an array. Elements that begin with `first` are read by `element`, others are noted and left out.
    fn elements(
        &mut self,
        label: Label<'_>,
        first: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<Outcome, DecodeError> {
        let mut all_stored = true;
        self.array(|cursor| {
            if cursor.peek() == Some(first) {
                if cursor.elements == MAX_ELEMENTS {
                    return Err(DecodeError::TooMany { offset: cursor.at, limit: MAX_ELEMENTS });
                }
                cursor.elements += 1;
                return element(cursor);
            }
            all_stored = false;
            cursor.notes.add(NoteKind::WrongType, cursor.at, label);
            cursor.skip_value()
        })?;
        Ok(if all_stored { Outcome::Stored } else { Outcome::WrongType })
    }

    fn integer(&mut self, text: &str, offset: usize, place: &mut i32, label: Label<'_>) -> Outcome {
        match number::integer(text) {
            Integer::Value(value, as_float) => {
                if as_float {
                    self.notes.add(NoteKind::FloatNumber, offset, label);
                }
                *place = value;
                Outcome::Stored
            }
            Integer::OutOfRange => Outcome::OutOfRange,
            Integer::Fraction => Outcome::WrongType,
        }
    }
}
