//! What holds for all messages, all options, all chunkings and all bytes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{LIMIT, proto_body, read};
use proptest::collection::vec;
use proptest::prelude::*;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use pwp_proto::{
    EncodeOptions, FrameReader, Framing, Input, Message, NoteKind, WorkRequest, WorkResponse, decode, encode,
    encode_with, wire,
};

/// Strings that are hard to write: quotes, controls, HTML, surrogate pairs.
fn text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(
        "\"\\/{}[]=<>&'\0\u{8}\n\r\t\u{1f}\u{7f}\u{2028}\u{feff}é日😀".chars().collect::<Vec<_>>(),
    );
    vec(prop_oneof![hard, any::<char>()], 0..12).prop_map(|chars| chars.into_iter().collect())
}

fn int() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), Just(1), Just(-1), Just(i32::MAX), Just(i32::MIN), any::<i32>()]
}

fn input() -> impl Strategy<Value = Input> {
    (text(), vec(any::<u8>(), 0..10)).prop_map(|(path, digest)| Input { path, digest })
}

fn request() -> impl Strategy<Value = WorkRequest> {
    (vec(text(), 0..4), vec(input(), 0..4), int(), any::<bool>(), int(), text()).prop_map(
        |(arguments, inputs, request_id, cancel, verbosity, sandbox_dir)| WorkRequest {
            arguments,
            inputs,
            request_id,
            cancel,
            verbosity,
            sandbox_dir,
        },
    )
}

fn response() -> impl Strategy<Value = WorkResponse> {
    (int(), text(), int(), any::<bool>()).prop_map(|(exit_code, output, request_id, was_cancelled)| {
        WorkResponse { exit_code, output, request_id, was_cancelled }
    })
}

fn dialect() -> impl Strategy<Value = Framing> {
    prop::sample::select(&Framing::ALL[..])
}

fn options() -> impl Strategy<Value = EncodeOptions> {
    any::<[bool; 8]>().prop_map(|[a, b, c, d, e, f, g, h]| EncodeOptions {
        explicit_defaults: a,
        reversed_fields: b,
        unknown_fields: c,
        pretty: d,
        newline: e,
        escape_all: f,
        html_safe: g,
        overlong_length: h,
    })
}

/// Pieces of frames, so that random streams get past the first byte.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<Vec<u8>> = [
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b":",
        b",",
        b" ",
        b"\n",
        b"null",
        b"-1.5e3",
        b"\\ud800",
        b"'",
        b"//",
        b"\"requestId\"",
        b"\"inputs\"",
        b"\"digest\":\"AA\"",
        b"\xef\xbb\xbf",
        b"\xff",
        b"\x18\x07",
        b"\x12\x03\x0a\x01",
        b"\xa3\x06",
        b"\xa4\x06",
        b"\x80",
        b"\x0a\x05",
        b"\x00",
    ]
    .iter()
    .map(|piece| piece.to_vec())
    .collect();
    vec(prop_oneof![prop::sample::select(pieces), vec(any::<u8>(), 1..4)], 0..40)
        .prop_map(|pieces| pieces.concat())
}

fn schema() -> DescriptorPool {
    let root = env!("CARGO_MANIFEST_DIR");
    let descriptors = protox::compile([format!("{root}/pwp/worker/v1/worker.proto")], [root]).unwrap();
    DescriptorPool::from_file_descriptor_set(descriptors).unwrap()
}

fn descriptor<M: Message>() -> MessageDescriptor {
    thread_local!(static SCHEMA: DescriptorPool = schema());
    SCHEMA.with(|schema| schema.get_message_by_name(&format!("pwp.worker.v1.{}", M::NAME)).unwrap())
}

/// The notes that each option may cause, in either dialect.
fn allowed(options: &EncodeOptions) -> Vec<NoteKind> {
    let mut kinds = vec![NoteKind::Escaped];
    kinds.extend(options.explicit_defaults.then_some(NoteKind::ExplicitDefault));
    kinds.extend(options.reversed_fields.then_some(NoteKind::OutOfOrder));
    kinds.extend(options.unknown_fields.then_some(NoteKind::UnknownField));
    kinds.extend(options.unknown_fields.then_some(NoteKind::UnknownKey));
    kinds.extend(options.pretty.then_some(NoteKind::Whitespace));
    kinds
}

/// Writes, cuts and reads a message, and asks prost and prost-reflect for their opinion.
fn round_trip<M: Message + prost::Message>(message: &M, dialect: Framing, options: &EncodeOptions) {
    let bytes = encode_with(dialect, message, options);
    let (frames, end) = read(dialect, &bytes, usize::MAX);
    assert_eq!((frames.len(), end), (1, Ok(())));
    assert_eq!(frames[0].overlong, dialect == Framing::Proto && options.overlong_length);
    let body = &frames[0].body;

    let decoded = decode::<M>(dialect, body).unwrap();
    assert_eq!(&decoded.message, message);
    let allowed = allowed(options);
    assert!(decoded.notes.iter().all(|note| allowed.contains(&note.kind)), "{:?}", decoded.notes);

    match dialect {
        Framing::Proto => {
            assert_eq!(&M::decode(&body[..]).unwrap(), message);
            if *options == EncodeOptions::default() {
                assert_eq!(bytes, message.encode_length_delimited_to_vec());
            }
        }
        Framing::Json => {
            let mut json = serde_json::Deserializer::from_slice(body);
            let lenient = prost_reflect::DeserializeOptions::new().deny_unknown_fields(false);
            let theirs =
                DynamicMessage::deserialize_with_options(descriptor::<M>(), &mut json, &lenient).unwrap();
            assert_eq!(&theirs.transcode_to::<M>().unwrap(), message);
            if *options == EncodeOptions::default() {
                let mut dynamic = DynamicMessage::new(descriptor::<M>());
                dynamic.transcode_from(message).unwrap();
                let theirs = serde_json::to_value(&dynamic).unwrap();
                assert_eq!(serde_json::from_slice::<serde_json::Value>(body).unwrap(), theirs);
            }
        }
    }
}

proptest! {
    #[test]
    fn requests_survive_every_form(message in request(), dialect in dialect(), options in options()) {
        round_trip(&message, dialect, &options);
        round_trip(&message, dialect, &EncodeOptions::default());
    }

    #[test]
    fn responses_survive_every_form(message in response(), dialect in dialect(), options in options()) {
        round_trip(&message, dialect, &options);
        round_trip(&message, dialect, &EncodeOptions::default());
    }

    #[test]
    fn chunks_change_nothing(
        messages in vec((request(), options()), 0..5),
        dialect in dialect(),
        cuts in vec(0usize..40, 1..20),
    ) {
        let stream: Vec<u8> =
            messages.iter().flat_map(|(message, options)| encode_with(dialect, message, options)).collect();
        let (expected, end) = read(dialect, &stream, usize::MAX);
        prop_assert_eq!((expected.len(), end), (messages.len(), Ok(())));

        let mut reader = FrameReader::new(dialect, LIMIT);
        let (mut frames, mut rest) = (Vec::new(), &stream[..]);
        for cut in cuts.iter().cycle() {
            let (chunk, later) = rest.split_at((*cut).min(rest.len()));
            rest = later;
            reader.push(if cuts.iter().all(|cut| *cut == 0) { std::mem::take(&mut rest) } else { chunk });
            while let Some(frame) = reader.next_frame().unwrap() {
                frames.push(frame);
            }
            // Nothing is lost: what was not given is still pending.
            let given = stream.len() - rest.len() - reader.pending().len();
            prop_assert_eq!(reader.offset(), given as u64);
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(frames, expected);
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn chunks_change_no_error(stream in stream(), dialect in dialect(), chunk in 1usize..5) {
        prop_assert_eq!(read(dialect, &stream, chunk), read(dialect, &stream, usize::MAX));
    }

    #[test]
    fn any_bytes_are_read_or_refused(body in stream(), dialect in dialect()) {
        for at in 0..=body.len() {
            let _ = decode::<WorkResponse>(dialect, &body[at..]);
        }
        if let Ok(decoded) = decode::<WorkRequest>(dialect, &body) {
            prop_assert!(decoded.notes.iter().all(|note| note.offset < body.len()));
            prop_assert!(decoded.notes.is_sorted_by_key(|note| note.offset));
            // What was read is a message: it survives being written.
            let again = decode::<WorkRequest>(Framing::Proto, &proto_body(&decoded.message)).unwrap();
            prop_assert_eq!(again.message, decoded.message);
        } else if let Err(error) = decode::<WorkRequest>(dialect, &body) {
            prop_assert!(error.offset() <= body.len());
        }
    }

    /// What RFC 8259 allows is for serde_json to say; it does not know about nesting, and replaces nothing.
    #[test]
    fn json_syntax_is_what_serde_json_takes(inner in stream()) {
        let body = [b"{\"a\":", &inner[..], b"}"].concat();
        let ours = decode::<WorkRequest>(Framing::Json, &body);
        let lone = ours.as_ref().is_ok_and(|decoded| decoded.note(NoteKind::LoneSurrogate).is_some());
        let theirs = serde_json::from_slice::<serde_json::Value>(&body);
        prop_assert_eq!(ours.is_ok() && !lone, theirs.is_ok(), "{:?} {:?}", ours, theirs);
    }

    /// Where nothing is noted, prost reads the same; and prost reads nothing that we refuse.
    #[test]
    fn prost_agrees_on_clean_bodies(body in stream()) {
        let ours = decode::<WorkRequest>(Framing::Proto, &body);
        let theirs = <WorkRequest as prost::Message>::decode(&body[..]);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) if ours.notes.iter().all(|note| note.kind != NoteKind::InvalidUtf8) => {
                prop_assert_eq!(ours.message, theirs);
            }
            (Ok(ours), Err(error)) => prop_assert!(!ours.notes.is_empty(), "{error}"),
            (Err(error), Ok(_)) => prop_assert!(false, "prost reads what we refuse: {error}"),
            _ => {}
        }
    }

    #[test]
    fn scan_covers_every_byte(body in stream()) {
        let mut end = 0;
        for field in wire::scan(&body) {
            let Ok(field) = field else { return Ok(()) };
            prop_assert_eq!(field.offset, end);
            end += field.len;
        }
        prop_assert_eq!(end, body.len());
    }

    #[test]
    fn cut_messages_are_not_whole(message in request(), dialect in dialect()) {
        let frame = encode(dialect, &message);
        let whole = if dialect == Framing::Json { frame.len() - 1 } else { frame.len() };
        for end in 1..whole {
            let (frames, error) = read(dialect, &frame[..end], usize::MAX);
            prop_assert!(frames.is_empty());
            prop_assert!(error.unwrap_err().is_eof());
        }
    }
}
