//! Protobuf bodies: from fields on the wire to a message.

use super::note::{Label, NoteKind, Notes};
use crate::MAX_ELEMENTS;
use crate::fields::{Reflect, Slot};
use crate::v1::Input;
use crate::wire::{Value, WireError, scan_at};

/// Fills `into` from `body`.
pub(super) fn message(into: &mut dyn Reflect, body: &[u8], notes: &mut Notes) -> Result<(), WireError> {
    nested(into, body, 0, None, notes)
}

/// Fills `into` from a message that stands `base` bytes into the body and is a value of the field `parent`.
fn nested(
    into: &mut dyn Reflect,
    body: &[u8],
    base: usize,
    parent: Option<&'static str>,
    notes: &mut Notes,
) -> Result<(), WireError> {
    let fields = into.fields();
    let mut highest = 0;
    let mut seen = 0u32;
    let mut elements = 0;
    for field in scan_at(body, base) {
        let field = field?;
        let known = fields.iter().find(|known| known.number == field.number);
        let label = match known {
            Some(known) => Label::Name { parent, name: known.name },
            None => Label::Number { parent, number: field.number },
        };
        let mut note = |kind| notes.add(kind, field.offset, label);
        if field.overlong {
            note(NoteKind::OverlongVarint);
        }
        if field.number < highest {
            note(NoteKind::OutOfOrder);
        }
        highest = highest.max(field.number);

        let (Some(known), Some(slot)) = (known, into.slot(field.number)) else {
            note(NoteKind::UnknownField);
            continue;
        };
        let is_default = match (slot, field.value) {
            (Slot::Int32(place), Value::Varint(value)) => {
                // The value of an int32 is the lower half of its sign extension to 64 bits.
                *place = value as i32;
                if i64::from(*place) as u64 != value {
                    note(NoteKind::IntOutOfRange);
                }
                *place == 0
            }
            (Slot::Bool(place), Value::Varint(value)) => {
                *place = value != 0;
                if value > 1 {
                    note(NoteKind::BoolNotCanonical);
                }
                !*place
            }
            (Slot::String(place), Value::Len(bytes)) => {
                *place = text(bytes, &mut note);
                place.is_empty()
            }
            (Slot::Bytes(place), Value::Len(bytes)) => {
                *place = bytes.to_vec();
                place.is_empty()
            }
            (Slot::Strings(_) | Slot::Inputs(_), Value::Len(_)) if elements == MAX_ELEMENTS => {
                return Err(WireError::TooMany { offset: field.offset, limit: MAX_ELEMENTS });
            }
            (Slot::Strings(place), Value::Len(bytes)) => {
                elements += 1;
                place.push(text(bytes, &mut note));
                continue;
            }
            (Slot::Inputs(place), Value::Len(bytes)) => {
                elements += 1;
                let mut input = Input::default();
                nested(&mut input, bytes, field.value_offset, Some(known.name), notes)?;
                place.push(input);
                continue;
            }
            _ => {
                note(NoteKind::WrongWireType);
                continue;
            }
        };
        if is_default {
            note(NoteKind::ExplicitDefault);
        }
        if seen & 1 << field.number != 0 {
            note(NoteKind::RepeatedScalar);
        }
        seen |= 1 << field.number;
    }
    Ok(())
}

fn text(bytes: &[u8], note: &mut impl FnMut(NoteKind)) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            note(NoteKind::InvalidUtf8);
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}
