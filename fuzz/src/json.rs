//! JSON bodies: the grammar is RFC 8259 and serde_json's, the values are those of protobuf's mapping.
//!
//! Input: one byte, which chooses the message and how it is written again, then the body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pwp_proto::{
    DecodeError, EncodeOptions, FrameReader, Framing, MAX_DEPTH, Message, NoteKind, WorkRequest,
    WorkResponse, decode, encode_with,
};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::choices::Choices;
use crate::memory::bounded;

/// Reads any bytes as a message, and writes what was read again.
///
/// # Panics
/// Where serde_json takes what is refused here or the other way round, where a value is not the one that serde_json
/// finds, and where a message that was read is another one when it is written.
pub fn check(data: &[u8]) {
    let mut choices = Choices::new(data);
    let options = choices.byte();
    let body = choices.rest();
    bounded(body.len(), 80, 32 << 10, || {
        if options & 0x80 == 0 {
            reads::<WorkRequest, Request>(body, options);
        } else {
            reads::<WorkResponse, Response>(body, options);
        }
    });
}

/// What serde makes of the same text.
trait Theirs<M>: for<'a> Deserialize<'a> {
    fn is(&self, ours: &M) -> bool;
}

fn reads<M: Message, T: Theirs<M>>(body: &[u8], options: u8) {
    let ours = decode::<M>(Framing::Json, body);
    let text = std::str::from_utf8(body);
    let is_object = text.is_ok_and(|text| {
        serde_json::from_str::<IgnoredAny>(text).is_ok() && text.trim_ascii_start().starts_with('{')
    });
    let ours = match ours {
        Ok(ours) => ours,
        Err(error) => {
            assert!(error.offset() <= body.len() && !error.to_string().is_empty());
            let too_deep = matches!(error, DecodeError::TooDeep { limit: MAX_DEPTH, .. });
            assert!(!is_object || too_deep, "an object by RFC 8259 is refused: {error}");
            return;
        }
    };
    assert!(is_object, "this is no object by RFC 8259");
    assert!(ours.notes.iter().all(|note| note.offset < body.len() && !note.to_string().is_empty()));
    assert!(ours.notes.is_sorted_by_key(|note| note.offset));

    let harmless = [NoteKind::Whitespace, NoteKind::Escaped, NoteKind::ExplicitDefault, NoteKind::UnknownKey];
    if ours.notes.iter().all(|note| harmless.contains(&note.kind)) {
        match serde_json::from_slice::<T>(body) {
            Ok(theirs) => assert!(theirs.is(&ours.message), "serde_json reads something else"),
            // It takes -0 for a float.
            Err(error) => assert!(body.windows(2).any(|two| two == b"-0"), "serde_json refuses it: {error}"),
        }
    }
    assert_eq!(again(&ours.message, options), ours.message);
}

/// The message as it comes back when it is written, cut and read.
fn again<M: Message>(message: &M, options: u8) -> M {
    let has = |bit: u8| options & 1 << bit != 0;
    let options = EncodeOptions {
        explicit_defaults: has(0),
        unknown_fields: has(1),
        pretty: has(2),
        newline: has(3),
        escape_all: has(4),
        html_safe: has(5),
        ..EncodeOptions::default()
    };
    let bytes = encode_with(Framing::Json, message, &options);
    let mut reader = FrameReader::new(Framing::Json, usize::MAX);
    reader.push(&bytes);
    let frame = reader.next_frame().ok().flatten().unwrap_or_else(|| panic!("{message:?} is no frame"));
    assert_eq!(reader.finish(), Ok(()));
    assert!(serde_json::from_slice::<IgnoredAny>(&frame.body).is_ok());
    match decode(Framing::Json, &frame.body) {
        Ok(decoded) => decoded.message,
        Err(error) => panic!("{message:?} can't be read again: {error}"),
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    arguments: Vec<String>,
    inputs: Vec<Input>,
    request_id: i32,
    cancel: bool,
    verbosity: i32,
    sandbox_dir: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Input {
    path: String,
    digest: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    exit_code: i32,
    output: String,
    request_id: i32,
    was_cancelled: bool,
}

impl Theirs<WorkRequest> for Request {
    fn is(&self, ours: &WorkRequest) -> bool {
        let input = |ours: &pwp_proto::Input, theirs: &Input| {
            ours.path == theirs.path && STANDARD.encode(&ours.digest) == theirs.digest
        };
        self.arguments == ours.arguments
            && self.inputs.len() == ours.inputs.len()
            && ours.inputs.iter().zip(&self.inputs).all(|(ours, theirs)| input(ours, theirs))
            && (self.request_id, self.cancel, self.verbosity)
                == (ours.request_id, ours.cancel, ours.verbosity)
            && self.sandbox_dir == ours.sandbox_dir
    }
}

impl Theirs<WorkResponse> for Response {
    fn is(&self, ours: &WorkResponse) -> bool {
        (self.exit_code, self.request_id, self.was_cancelled)
            == (ours.exit_code, ours.request_id, ours.was_cancelled)
            && self.output == ours.output
    }
}
