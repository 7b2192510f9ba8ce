//! What the tests share: the golden files, hexadecimal, and reading a whole stream.
#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use pwp_proto::{Frame, FrameError, FrameReader, Framing, Message, encode};
use serde_json::Value;

/// A limit that no test frame reaches.
pub(crate) const LIMIT: usize = 64 << 20;

/// One of `golden/*.json`.
pub(crate) fn golden(name: &str) -> Value {
    let path = format!("{}/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let text = text.replace(' ', "");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The shortest protobuf bytes of a message, without a length before them.
pub(crate) fn proto_body<M: Message>(message: &M) -> Vec<u8> {
    let (frames, end) = read(Framing::Proto, &encode(Framing::Proto, message), usize::MAX);
    assert_eq!((frames.len(), end), (1, Ok(())));
    frames.into_iter().next().unwrap().body
}

/// All frames of a stream that arrives in chunks of `chunk` bytes, and how it ends.
pub(crate) fn read(dialect: Framing, stream: &[u8], chunk: usize) -> (Vec<Frame>, Result<(), FrameError>) {
    let mut reader = FrameReader::new(dialect, LIMIT);
    let mut frames = Vec::new();
    for bytes in stream.chunks(chunk.max(1)) {
        reader.push(bytes);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Err(error)),
            }
        }
    }
    (frames, reader.finish())
}
