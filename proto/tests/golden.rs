//! Our writers and our frame reader against bytes that other implementations made (`golden/make.py`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{golden, hex, read, unhex};
use pwp_proto::{
    EncodeOptions, FrameError, Framing, Message, WorkRequest, WorkResponse, decode, encode, encode_with,
};
use serde_json::Value;

const PLAIN: EncodeOptions = EncodeOptions {
    explicit_defaults: false,
    reversed_fields: false,
    unknown_fields: false,
    pretty: false,
    newline: false,
    escape_all: false,
    html_safe: false,
    overlong_length: false,
};

/// Every form in which a golden message was written, by us and by others.
fn check_writers<M: Message>(case: &Value) {
    let name = case["name"].as_str().unwrap();
    let golden = |form: &str| case[form].as_str().unwrap().to_owned();
    let (frames, end) = read(Framing::Proto, &unhex(&golden("frame")), usize::MAX);
    assert_eq!((frames.len(), end), (1, Ok(())), "{name}");
    let decoded = decode::<M>(Framing::Proto, &frames[0].body).unwrap();
    assert_eq!(decoded.notes, [], "{name}");
    let message = decoded.message;

    assert_eq!(hex(&encode(Framing::Proto, &message)), golden("frame"), "{name}");
    let json =
        |options: EncodeOptions| String::from_utf8(encode_with(Framing::Json, &message, &options)).unwrap();
    assert_eq!(encode(Framing::Json, &message), (golden("python") + "\n").into_bytes(), "{name}");
    assert_eq!(json(PLAIN), golden("python"), "{name}");
    assert_eq!(json(EncodeOptions { html_safe: true, ..PLAIN }), golden("java"), "{name}");
    let defaults = EncodeOptions { explicit_defaults: true, html_safe: true, ..PLAIN };
    assert_eq!(json(defaults), golden("java_defaults"), "{name}");

    for form in ["python", "python_defaults", "java", "java_defaults"] {
        let read = decode::<M>(Framing::Json, golden(form).as_bytes()).unwrap().message;
        assert_eq!(read, message, "{name}: {form}");
    }
}

#[test]
fn writers_agree_byte_for_byte() {
    let golden = golden("messages");
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 15);
    for case in cases {
        match case["message"].as_str().unwrap() {
            "WorkRequest" => check_writers::<WorkRequest>(case),
            _ => check_writers::<WorkResponse>(case),
        }
    }
}

#[test]
fn lengths_agree_up_to_8_mib() {
    let golden = golden("messages");
    let cases = golden["lengths"].as_array().unwrap();
    assert_eq!(cases.last().unwrap()["output"], 8 << 20);
    for case in cases {
        let output = "x".repeat(case["output"].as_u64().unwrap() as usize);
        let message = WorkResponse { output, ..Default::default() };
        let frame = encode(Framing::Proto, &message);
        assert_eq!(frame.len() as u64, case["frame"].as_u64().unwrap());
        assert_eq!(hex(&frame[..frame.len().min(10)]), case["head"].as_str().unwrap());
        let (frames, end) = read(Framing::Proto, &frame, 65536);
        assert_eq!((frames.len(), end), (1, Ok(())));
        assert_eq!(decode::<WorkResponse>(Framing::Proto, &frames[0].body).unwrap().message, message);
    }
}

/// Streams that Java reads otherwise than Python and we do, and how.
const STREAM_DIFFERENCES: &[(&str, &str)] = &[
    ("eof-before-body", CUT_SHORT),
    ("declares-2-gib-minus-1", CUT_SHORT),
    ("declares-2-gib", NEGATIVE),
    ("declares-minus-1", NEGATIVE),
    ("declares-minus-1-in-ten-bytes", NEGATIVE),
];
const CUT_SHORT: &str = "Java takes a body that ends early for whole if it ends between two fields";
const NEGATIVE: &str = "Java takes a length over 2^31-1 for an empty message and goes on behind it";

#[test]
fn proto_streams_are_cut_as_others_cut_them() {
    let golden = golden("streams");
    let mut differences = Vec::new();
    for case in golden["proto"].as_array().unwrap() {
        let stream = unhex(case["hex"].as_str().unwrap());
        let (frames, end) = read(Framing::Proto, &stream, usize::MAX);
        let bodies: Vec<String> = frames
            .iter()
            .map(|frame| {
                hex(&common::proto_body(&decode::<WorkRequest>(Framing::Proto, &frame.body).unwrap().message))
            })
            .collect();
        let ours = serde_json::json!({ "frames": bodies, "clean": end.is_ok() });
        assert_eq!(ours, case["python"], "{}", case["name"]);
        if ours != case["java"] {
            differences.push(case["name"].as_str().unwrap().to_owned());
        }
    }
    let listed: Vec<&str> = STREAM_DIFFERENCES.iter().map(|(name, _)| *name).collect();
    assert_eq!(differences, listed);
}

#[test]
fn json_streams_are_cut_as_python_cuts_them() {
    let golden = golden("streams");
    for case in golden["json"].as_array().unwrap() {
        let stream = unhex(case["hex"].as_str().unwrap());
        for chunk in [1, 2, 7, usize::MAX] {
            let (frames, end) = read(Framing::Json, &stream, chunk);
            let objects: Vec<&str> =
                frames.iter().map(|frame| std::str::from_utf8(&frame.body).unwrap()).collect();
            let ours = serde_json::json!({ "objects": objects, "clean": end.is_ok() });
            assert_eq!(ours, case["python"], "{} in chunks of {chunk}", case["name"]);
        }
    }
}

/// Bytes of real implementations, as seen on the wire or fixed in their own tests.
mod captures {
    use super::*;

    #[test]
    fn bazel_writes_this_request() {
        // bazelbuild/bazel, WorkerTest: the JSON form, with the line break that clients write since Bazel 5.1.
        let line = b"{\"arguments\":[\"testRequest\"],\"inputs\":[{\"path\":\"testPath\",\"digest\":\"dGVzdERpZ2VzdA==\"}],\"requestId\":1,\"verbosity\":11}\n";
        let (frames, end) = read(Framing::Json, line, usize::MAX);
        assert_eq!((frames.len(), end), (1, Ok(())));
        let decoded = decode::<WorkRequest>(Framing::Json, &frames[0].body).unwrap();
        assert_eq!(decoded.notes, []);
        assert_eq!(decoded.message.inputs[0].digest, b"testDigest");
        assert_eq!(encode(Framing::Json, &decoded.message), line);
    }

    #[test]
    fn bazel_cancels_a_singleplex_request_with_three_bytes() {
        let cancel = WorkRequest { cancel: true, ..Default::default() };
        assert_eq!(encode(Framing::Proto, &cancel), [0x02, 0x20, 0x01]);
        assert_eq!(encode(Framing::Proto, &WorkRequest::default()), [0x00]);
    }

    #[test]
    fn bazel_escapes_an_equals_sign() {
        let request = WorkRequest { arguments: vec!["--a=b".into()], ..Default::default() };
        let text =
            encode_with(Framing::Json, &request, &EncodeOptions { html_safe: true, ..Default::default() });
        assert_eq!(text, b"{\"arguments\":[\"--a\\u003db\"]}\n");
    }

    #[test]
    fn the_java_worker_library_writes_all_fields_without_a_line_break() {
        let text = b"{\"exitCode\":5,\"output\":\"out\",\"requestId\":0,\"wasCancelled\":false}";
        let (frames, _) = read(Framing::Json, text, 1);
        let decoded = decode::<WorkResponse>(Framing::Json, &frames[0].body).unwrap();
        let fields: Vec<_> = decoded.notes.iter().map(|note| note.field.as_deref().unwrap()).collect();
        assert_eq!(fields, ["request_id", "was_cancelled"]);
        assert_eq!(
            decoded.message,
            WorkResponse { exit_code: 5, output: "out".into(), ..Default::default() }
        );
        let options = EncodeOptions { explicit_defaults: true, newline: false, ..Default::default() };
        assert_eq!(encode_with(Framing::Json, &decoded.message, &options), text);
    }

    #[test]
    fn a_log_line_looks_like_the_length_of_a_frame_that_never_ends() {
        // A client that got "hello" waits for 104 bytes: 'h' is 0x68.
        let (frames, end) = read(Framing::Proto, b"hello, world\n", usize::MAX);
        assert_eq!(frames, []);
        assert_eq!(end, Err(FrameError::EofInBody { offset: 0, declared: 104, got: 12 }));
    }
}
