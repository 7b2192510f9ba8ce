//! Protobuf bodies: the scanner, and the reader that stands on it, against prost.
//!
//! Input: the body.

use pwp_proto::wire::{self, Value, WireError};
use pwp_proto::{
    DecodeError, FrameReader, Framing, MAX_DEPTH, Message, NoteKind, WorkRequest, WorkResponse, decode,
    encode,
};

use crate::memory::bounded;

/// How deep what stands in a field is scanned as a message again.
const NESTING: usize = 6;

/// Scans any bytes and reads them as both messages.
///
/// # Panics
/// Where an offset lies outside, prost says otherwise, or a message that was read is another one when it is written.
pub fn check(body: &[u8]) {
    scan(body, NESTING);
    well_formed(body);
    bounded(body.len(), 64, 32 << 10, || reads::<WorkRequest>(body));
    bounded(body.len(), 64, 32 << 10, || reads::<WorkResponse>(body));
}

/// Every byte belongs to one field, and what stands in a field is where it says.
fn scan(body: &[u8], nesting: usize) {
    let mut end = 0;
    for field in wire::scan(body) {
        let field = match field {
            Ok(field) => field,
            Err(error) => {
                assert!(error.offset() >= end && error.offset() <= body.len(), "{error}");
                return;
            }
        };
        assert_eq!(field.offset, end);
        assert!((1..1 << 29).contains(&field.number));
        end += field.len;
        assert!(field.len >= 2 && field.value_offset > field.offset && field.value_offset <= end);
        let value = &body[field.value_offset..end];
        match field.value {
            Value::Varint(_) => assert!((1..=10).contains(&value.len())),
            Value::Fixed64(number) => assert_eq!(value, number.to_le_bytes()),
            Value::Fixed32(number) => assert_eq!(value, number.to_le_bytes()),
            Value::Len(bytes) => {
                assert_eq!(value, bytes);
                if nesting > 0 {
                    scan(bytes, nesting - 1);
                }
            }
            Value::Group(fields) => {
                assert!(value.starts_with(fields) && value.len() > fields.len());
                // What stands in a group was scanned with it.
                assert!(wire::scan(fields).all(|field| field.is_ok()));
                if nesting > 0 {
                    scan(fields, nesting - 1);
                }
            }
        }
    }
    assert_eq!(end, body.len());
}

/// Prost, for which every field is unknown, takes the same bytes; but for bits beyond the 64th, which it refuses, and for
/// the last few levels of nesting.
fn well_formed(body: &[u8]) {
    let theirs = <() as prost::Message>::decode(body);
    let mut fields = wire::scan(body);
    match (fields.find_map(Result::err), theirs) {
        (Some(WireError::TooDeep { limit: MAX_DEPTH, .. }), _) => {}
        (Some(error), Ok(())) => panic!("prost reads what we refuse: {error}"),
        (None, Err(error)) => {
            let odd = |field: wire::Field<'_>| field.overlong || matches!(field.value, Value::Group(_));
            assert!(wire::scan(body).flatten().any(odd), "we read what prost refuses: {error}");
        }
        _ => {}
    }
}

fn reads<M: Message + prost::Message>(body: &[u8]) {
    let theirs = <M as prost::Message>::decode(body);
    let ours = match decode::<M>(Framing::Proto, body) {
        Ok(ours) => ours,
        Err(error) => {
            assert!(error.offset() <= body.len() && !error.to_string().is_empty());
            let too_deep = matches!(error, DecodeError::Wire(WireError::TooDeep { .. }));
            assert!(theirs.is_err() || too_deep, "prost reads what we refuse: {error}");
            return;
        }
    };
    assert!(ours.notes.iter().all(|note| note.offset < body.len() && !note.to_string().is_empty()));
    assert!(ours.notes.is_sorted_by_key(|note| note.offset));
    match theirs {
        Ok(theirs) => {
            assert_eq!(ours.note(NoteKind::InvalidUtf8), None);
            assert_eq!(ours.message, theirs);
        }
        Err(error) => assert!(!ours.notes.is_empty(), "prost refuses what is clean to us: {error}"),
    }
    for dialect in Framing::ALL {
        assert_eq!(again(dialect, &ours.message), ours.message);
    }
}

/// The message as it comes back when it is written, cut and read.
fn again<M: Message>(dialect: Framing, message: &M) -> M {
    let mut reader = FrameReader::new(dialect, usize::MAX);
    reader.push(&encode(dialect, message));
    let frame = reader.next_frame().ok().flatten().unwrap_or_else(|| panic!("{message:?} is no frame"));
    assert_eq!(reader.finish(), Ok(()));
    match decode(dialect, &frame.body) {
        Ok(decoded) => decoded.message,
        Err(error) => panic!("{message:?} can't be read again: {error}"),
    }
}
