//! Faults of how a response is encoded. They spoil every response, as a wrong encoder does.

use pwp_proto::{Framing, WorkResponse};

use super::kit::{body, frame, json, rewrite, session};
use super::{Fault, JSON, PROTO};
use crate::session::Out;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "garbage-body",
        "writes frames of the right length whose bodies are no message",
        &["W-036"],
        session(|_| rewrite(|_, response| frame(&vec![0xff; body(response).len().max(3)]))),
    )
    .only(PROTO)
    .may_also_break(&[("W-031", "a response that cannot be read is none")]),
    Fault::new(
        "wrong-wire-type",
        "writes exit_code once more, as fixed32",
        &["W-036"],
        session(|_| rewrite(|_, response| with_field(response, &[1 << 3 | 5, 0, 0, 0, 0]))),
    )
    .only(PROTO),
    Fault::new(
        "overlong-length",
        "writes each length with one byte more than it needs",
        &["W-037"],
        session(|_| {
            rewrite(|_, response| {
                let mut bytes = frame(&body(response));
                let last = bytes.iter().take_while(|byte| **byte >= 0x80).count();
                bytes[last] |= 0x80;
                bytes.insert(last + 1, 0);
                bytes
            })
        }),
    )
    .only(PROTO),
    Fault::new(
        "invalid-utf8",
        "ends each output with bytes that are not UTF-8",
        &["W-039"],
        session(|_| rewrite(invalid_utf8)),
    )
    .may_also_break(&[
        ("W-036", "a message whose text is not UTF-8 is rejected by protobuf's own readers"),
        ("W-040", "JSON is UTF-8"),
        ("W-031", "a response that cannot be read is none"),
    ]),
    Fault::new(
        "trailing-comma",
        "writes a comma behind the last member of each object",
        &["W-040"],
        session(|_| rewrite(|out, response| json(out, response).replace("}\n", ",}\n").into_bytes())),
    )
    .only(JSON)
    .may_also_break(&[("W-031", "a response that cannot be read is none")]),
    Fault::new(
        "single-quotes",
        "writes strings in single quotes",
        &["W-040"],
        session(|_| rewrite(|out, response| single_quotes(&json(out, response)).into_bytes())),
    )
    .only(JSON)
    .may_also_break(&[("W-031", "a response that cannot be read is none")]),
    Fault::new(
        "snake-case",
        "writes the names of the .proto file",
        &["W-041"],
        session(|_| rewrite(snake_case)),
    )
    .only(JSON)
    .may_also_break(&[
        ("W-031", "a reader that knows only the JSON names finds no id"),
        ("W-046", "names that are not the JSON names are unknown keys"),
    ]),
    Fault::new(
        "string-exit-code",
        "writes exitCode as a string",
        &["W-042"],
        session(|_| rewrite(|out, response| exit_code(out, response, "\"exitCode\":\"#\""))),
    )
    .only(JSON),
    Fault::new(
        "float-exit-code",
        "writes exitCode with a decimal point",
        &["W-042"],
        session(|_| rewrite(|out, response| exit_code(out, response, "\"exitCode\":#.0"))),
    )
    .only(JSON),
    Fault::new(
        "duplicate-key",
        "writes exitCode twice",
        &["W-043"],
        session(|_| rewrite(|out, response| exit_code(out, response, "\"exitCode\":#,\"exitCode\":#"))),
    )
    .only(JSON),
    Fault::new(
        "empty-object",
        "leaves out default values, so that a success without messages and id is `{}`",
        &["W-044"],
        session(|_| rewrite(|_, response| pwp_proto::encode(Framing::Json, response))),
    )
    .only(JSON),
    Fault::new(
        "extra-field",
        "writes a field that WorkResponse does not have",
        &["W-046"],
        session(|_| rewrite(extra_field)),
    ),
    Fault::new(
        "repeated-field",
        "writes exit_code twice",
        &["W-048"],
        session(|_| {
            rewrite(|_, response| {
                let response_before = WorkResponse { exit_code: 1, ..WorkResponse::default() };
                let mut fields = body(&response_before);
                fields.extend(explicit_exit_code(response));
                let rest = WorkResponse { exit_code: 0, ..response.clone() };
                fields.extend(body(&rest));
                frame(&fields)
            })
        }),
    )
    .only(PROTO),
];

/// The response with one more field, given as its bytes.
fn with_field(response: &WorkResponse, field: &[u8]) -> Vec<u8> {
    let mut fields = body(response);
    fields.extend_from_slice(field);
    frame(&fields)
}

/// Field 1 with the exit code, also if that is 0.
fn explicit_exit_code(response: &WorkResponse) -> Vec<u8> {
    let alone = WorkResponse { exit_code: response.exit_code, ..WorkResponse::default() };
    if response.exit_code == 0 { vec![1 << 3, 0] } else { body(&alone) }
}

/// U+E000 is three bytes in UTF-8 and private: nothing else in a response has it, and the length stays as it is.
fn invalid_utf8(out: &Out, response: &WorkResponse) -> Vec<u8> {
    const MARK: &[u8] = "\u{e000}".as_bytes();
    let marked = WorkResponse { output: format!("{}\u{e000}", response.output), ..response.clone() };
    let mut bytes = out.encode(&marked);
    if let Some(place) = bytes.windows(MARK.len()).rposition(|window| window == MARK) {
        bytes[place..place + MARK.len()].copy_from_slice(b"\xff\xfe\xfd");
    }
    bytes
}

/// Every string in single quotes, and single quotes in strings escaped, so that a lenient reader understands it.
fn single_quotes(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut characters = json.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => text.push('\''),
            '\'' => text.push_str("\\u0027"),
            '\\' => {
                text.push('\\');
                text.extend(characters.next());
            }
            other => text.push(other),
        }
    }
    text
}

fn snake_case(out: &Out, response: &WorkResponse) -> Vec<u8> {
    // A quote inside of `output` is escaped, so these are names only.
    json(out, response)
        .replace("\"exitCode\":", "\"exit_code\":")
        .replace("\"requestId\":", "\"request_id\":")
        .replace("\"wasCancelled\":", "\"was_cancelled\":")
        .into_bytes()
}

/// The object with another form of its exit code; `#` stands for the number.
fn exit_code(out: &Out, response: &WorkResponse, form: &str) -> Vec<u8> {
    let number = response.exit_code.to_string();
    json(out, response)
        .replacen(&format!("\"exitCode\":{number}"), &form.replace('#', &number), 1)
        .into_bytes()
}

fn extra_field(out: &Out, response: &WorkResponse) -> Vec<u8> {
    match out.dialect() {
        // Field 100, a varint.
        Framing::Proto => with_field(response, &[0xa0, 0x06, 0x01]),
        Framing::Json => json(out, response).replace("}\n", ",\"elapsedMillis\":1}\n").into_bytes(),
    }
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("garbage-body", |d, _| each(d, &[print("x")]), |o| o.undecodable),
        ("wrong-wire-type", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::WrongWireType)),
        ("overlong-length", |d, _| each(d, &[print("x")]), |o| o.overlong && o.responses[0].output == "x\n"),
        (
            "invalid-utf8",
            |d, _| each(d, &[print("x")]),
            |o| o.has_note(NoteKind::InvalidUtf8) || o.undecodable,
        ),
        ("trailing-comma", |d, _| each(d, &[print("x")]), |o| o.undecodable && o.bytes.ends_with(b",}\n")),
        (
            "single-quotes",
            |d, _| each(d, &[print("x")]),
            |o| o.undecodable && o.bytes.starts_with(b"{'exitCode':0"),
        ),
        ("snake-case", |d, _| each(d, &[id(5)]), |o| o.has_note(NoteKind::OriginalFieldName)),
        ("string-exit-code", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::QuotedNumber)),
        ("float-exit-code", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::FloatNumber)),
        ("duplicate-key", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::DuplicateKey)),
        ("empty-object", |d, _| each(d, &[work(&[])]), |o| o.bytes.trim_ascii() == b"{}"),
        (
            "extra-field",
            |d, _| each(d, &[print("x")]),
            |o| o.has_note(NoteKind::UnknownField) || o.has_note(NoteKind::UnknownKey),
        ),
        (
            "repeated-field",
            |d, _| each(d, &[print("x")]),
            |o| o.has_note(NoteKind::RepeatedScalar) && o.responses[0].exit_code == 0,
        ),
    ];
}
