//! Which notes and which errors a frame body gives, and where.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::unhex;
use pwp_proto::wire::{self, WireError};
use pwp_proto::{DecodeError, Framing, Input, Message, NoteKind, WorkRequest, WorkResponse, decode};

use NoteKind::*;

fn notes<M: Message>(dialect: Framing, body: &[u8]) -> Vec<(NoteKind, usize, Option<String>)> {
    let decoded = decode::<M>(dialect, body).unwrap();
    decoded.notes.into_iter().map(|note| (note.kind, note.offset, note.field)).collect()
}

/// Notes without allocation in the table.
fn assert_notes<M: Message>(dialect: Framing, body: &[u8], expected: &[(NoteKind, usize, &str)]) {
    let found = notes::<M>(dialect, body);
    let found: Vec<_> =
        found.iter().map(|(kind, offset, field)| (*kind, *offset, field.as_deref().unwrap_or(""))).collect();
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(body));
}

#[test]
fn wire_notes_name_field_and_offset() {
    for (body, expected) in [
        ("18 07 c0 3e 2c", &[(UnknownField, 2, "1000")][..]),
        ("38 00 40 00 38 00", &[(UnknownField, 0, "7"), (UnknownField, 2, "8"), (OutOfOrder, 4, "7")]),
        ("12 06 0a 01 61 c0 3e 2c", &[(UnknownField, 5, "inputs.1000")]),
        ("20 01 1d 00 00 00 00", &[(OutOfOrder, 2, "request_id"), (WrongWireType, 2, "request_id")]),
        ("12 05 08 07 12 01 61", &[(WrongWireType, 2, "inputs.path")]),
        ("18 87 00", &[(OverlongVarint, 0, "request_id")]),
        ("98 00 07", &[(OverlongVarint, 0, "request_id")]),
        ("0a 81 00 61", &[(OverlongVarint, 0, "arguments")]),
        ("18 fb ff ff ff 0f", &[(IntOutOfRange, 0, "request_id")]),
        ("20 02", &[(BoolNotCanonical, 0, "cancel")]),
        ("18 07 18 08 18 09", &[(RepeatedScalar, 2, "request_id")]),
        ("20 01 18 07", &[(OutOfOrder, 2, "request_id")]),
        (
            "18 00 20 00 28 00 32 00",
            &[
                (ExplicitDefault, 0, "request_id"),
                (ExplicitDefault, 2, "cancel"),
                (ExplicitDefault, 4, "verbosity"),
                (ExplicitDefault, 6, "sandbox_dir"),
            ],
        ),
        ("12 04 0a 00 12 00", &[(ExplicitDefault, 2, "inputs.path"), (ExplicitDefault, 4, "inputs.digest")]),
        ("0a 01 ff", &[(InvalidUtf8, 0, "arguments")]),
        ("0a 00 0a 00 12 00", &[]),
    ] {
        assert_notes::<WorkRequest>(Framing::Proto, &unhex(body), expected);
    }
}

#[test]
fn json_notes_name_field_and_offset() {
    for (body, expected) in [
        (r#"{"future":{"a":1}}"#, &[(UnknownKey, 1, "future")][..]),
        (r#"{"inputs":[{"size":3}]}"#, &[(UnknownKey, 12, "inputs.size")]),
        (r#"{"requestId":1,"requestId":2}"#, &[(DuplicateKey, 15, "request_id")]),
        (r#"{"a":1,"a":2}"#, &[(UnknownKey, 1, "a"), (DuplicateKey, 7, "a")]),
        (r#"{"a":{"b":1,"b":2}}"#, &[(UnknownKey, 1, "a"), (DuplicateKey, 12, "")]),
        (r#"{"request_id":1}"#, &[(OriginalFieldName, 1, "request_id")]),
        (r#"{"requestId":"3"}"#, &[(QuotedNumber, 13, "request_id")]),
        (r#"{"requestId":3.0}"#, &[(FloatNumber, 13, "request_id")]),
        (r#"{"cancel":"true"}"#, &[(QuotedBool, 10, "cancel")]),
        (r#"{"cancel":null}"#, &[(NullValue, 10, "cancel")]),
        (r#"{"inputs":[{"digest":"-_8"}]}"#, &[(Base64NotCanonical, 21, "inputs.digest")]),
        (r#"{ "requestId": 1}"#, &[(Whitespace, 1, "")]),
        (r#"{"arguments":["a\u003d\u003d","\u003d"]}"#, &[(Escaped, 16, "arguments")]),
        (r#"{"\u0061":1}"#, &[(UnknownKey, 1, "a"), (Escaped, 2, "a")]),
        (r#"{"sandboxDir":"\ud800"}"#, &[(Escaped, 15, "sandbox_dir"), (LoneSurrogate, 15, "sandbox_dir")]),
        (r#"{"requestId":"abc"}"#, &[(WrongType, 13, "request_id")]),
        (r#"{"requestId":1.5}"#, &[(WrongType, 13, "request_id")]),
        (r#"{"requestId":4294967296}"#, &[(IntOutOfRange, 13, "request_id")]),
        (
            r#"{"arguments":[],"cancel":false}"#,
            &[(ExplicitDefault, 13, "arguments"), (ExplicitDefault, 25, "cancel")],
        ),
        (r#"{"arguments":["a",3]}"#, &[(WrongType, 18, "arguments")]),
        (r#"{"inputs":[null]}"#, &[(WrongType, 11, "inputs")]),
    ] {
        assert_notes::<WorkRequest>(Framing::Json, body.as_bytes(), expected);
    }
}

#[test]
fn what_is_noted_still_has_its_meaning() {
    let body = br#"{"request_id":"7","exitCode":3e0,"output":"\ud83d\ude00\ud83d","wasCancelled":"true"}"#;
    let message = decode::<WorkResponse>(Framing::Json, body).unwrap().message;
    let output = "😀\u{fffd}".to_owned();
    assert_eq!(message, WorkResponse { exit_code: 3, output, request_id: 7, was_cancelled: true });

    for (text, output) in [
        (r"\ud83d\u0041", "\u{fffd}A"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        (r"\ude00\ud83d\n", "\u{fffd}\u{fffd}\n"),
        (r"\ud83dx\ude00", "\u{fffd}x\u{fffd}"),
    ] {
        let body = format!("{{\"output\":\"{text}\"}}");
        let decoded = decode::<WorkResponse>(Framing::Json, body.as_bytes()).unwrap();
        assert_eq!(decoded.message.output, output, "{text}");
    }

    let body = br#"{"arguments":["a"],"inputs":[{"path":"p","path":"q"}],"arguments":["b"],"requestId":5,"requestId":null}"#;
    let message = decode::<WorkRequest>(Framing::Json, body).unwrap().message;
    let inputs = vec![Input { path: "q".into(), digest: Vec::new() }];
    assert_eq!(message, WorkRequest { arguments: vec!["b".into()], inputs, ..Default::default() });
}

#[test]
fn json_errors_have_their_place() {
    let fail = |body: &str| decode::<WorkResponse>(Framing::Json, body.as_bytes()).unwrap_err();
    let (line, column) = (2, 7);
    assert_eq!(fail("{\n\"é\":1 ,}"), DecodeError::TrailingComma { offset: 9, line, column });
    assert_eq!(fail("{\"a\":\n      'x'}"), DecodeError::SingleQuotes { offset: 12, line, column: 7 });
    assert_eq!(fail("{'a':1}"), DecodeError::SingleQuotes { offset: 1, line: 1, column: 2 });
    assert_eq!(fail("{/**/}"), DecodeError::Comment { offset: 1, line: 1, column: 2 });
    assert_eq!(fail("{\"a\":1 # x\n}"), DecodeError::Comment { offset: 7, line: 1, column: 8 });
    let name = "exitCode".to_owned();
    assert_eq!(fail("{exitCode:1}"), DecodeError::UnquotedName { offset: 1, line: 1, column: 2, name });
    let word = "-Infinity".to_owned();
    assert_eq!(fail("{\"a\":-Infinity}"), DecodeError::NotANumber { offset: 5, line: 1, column: 6, word });
    assert_eq!(
        fail("{\"a\":\"\n\"}"),
        DecodeError::ControlCharacter { offset: 6, line: 1, column: 7, byte: 10 }
    );
    let error = decode::<WorkResponse>(Framing::Json, b"{\"a\":\"\xff\"}").unwrap_err();
    assert_eq!(error, DecodeError::NotUtf8 { offset: 6 });
    let deep = "[".repeat(200);
    assert_eq!(fail(&format!("{{\"a\":{deep}")), DecodeError::TooDeep { offset: 104, limit: 100 });
    assert_eq!(
        fail("{\"exitCode\":0\n \"output\":\"\"}").to_string(),
        "line 2, column 2: found `\"`, expected `,` or `}`: write the object with a JSON library"
    );
    assert_eq!(
        fail(&"x".repeat(100)).to_string(),
        format!(
            "line 1, column 1: found `{}…`, expected an object: write the object with a JSON library",
            "x".repeat(24)
        )
    );
}

#[test]
fn wire_errors_have_their_place() {
    let fail = |body: &str| decode::<WorkRequest>(Framing::Proto, &unhex(body)).unwrap_err();
    for (body, error) in [
        ("20 01 18 87", WireError::TruncatedVarint { offset: 3 }),
        ("18 ff ff ff ff ff ff ff ff ff ff 01", WireError::VarintTooLong { offset: 1 }),
        ("20 01 0a 05 61", WireError::TruncatedField { offset: 2, number: 1, needed: 5, left: 1 }),
        ("12 04 0a 05 61 61", WireError::TruncatedField { offset: 2, number: 1, needed: 5, left: 2 }),
        ("20 01 1f", WireError::UnknownWireType { offset: 2, number: 3, wire_type: 7 }),
        ("07 00", WireError::FieldNumberZero { offset: 0 }),
        ("a3 06 a3 06 a4 06", WireError::UnterminatedGroup { offset: 0, number: 100 }),
        ("a3 06 ac 06", WireError::UnmatchedEndGroup { offset: 2, number: 101 }),
        ("20 01 a4 06", WireError::UnmatchedEndGroup { offset: 2, number: 100 }),
    ] {
        assert_eq!(fail(body), DecodeError::Wire(error), "{body}");
    }
}

#[test]
fn scan_shows_each_field_as_it_stands() {
    let body = unhex("c0 3e 2c 12 03 0a 01 61 a3 06 08 01 a4 06 ad 06 01 00 00 00 98 00 07 0f");
    let fields: Vec<_> = wire::scan(&body).collect();
    let shown: Vec<_> = fields[..5]
        .iter()
        .map(|field| {
            let field = field.as_ref().unwrap();
            (field.number, field.offset, field.len, field.value_offset, field.value, field.overlong)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1000, 0, 3, 2, wire::Value::Varint(44), false),
            (2, 3, 5, 5, wire::Value::Len(&[0x0a, 0x01, 0x61]), false),
            (100, 8, 6, 10, wire::Value::Group(&[0x08, 0x01]), false),
            (101, 14, 6, 16, wire::Value::Fixed32(1), false),
            (3, 20, 3, 22, wire::Value::Varint(7), true),
        ]
    );
    assert_eq!(fields[5..], [Err(WireError::UnknownWireType { offset: 23, number: 1, wire_type: 7 })]);
}

#[test]
fn a_flood_of_oddities_is_cut_off() {
    // A million bytes of unknown fields, all alike, and then all different.
    let alike = [0x38, 0x00].repeat(500_000);
    assert_eq!(notes::<WorkRequest>(Framing::Proto, &alike).len(), 1);
    let different: String = (0..50_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let different = format!("{{{different}\"requestId\":0}}");
    let found = notes::<WorkRequest>(Framing::Json, different.as_bytes());
    assert_eq!(found.iter().filter(|(kind, ..)| *kind == UnknownKey).count(), 16);
    assert_eq!(found.last().unwrap().0, ExplicitDefault);
}
