//! The frame reader as a dialogue: bytes arrive, frames come out, and each way to be wrong is told apart.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::unhex;
use pwp_proto::{Frame, FrameError, FrameReader, Framing, MAX_DEPTH};

/// A reader and what is said to it.
struct Talk(FrameReader);

impl Talk {
    fn proto(limit: usize) -> Self {
        Self(FrameReader::new(Framing::Proto, limit))
    }

    fn json(limit: usize) -> Self {
        Self(FrameReader::new(Framing::Json, limit))
    }

    fn arrives(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.push(bytes.as_ref());
        self
    }

    fn waits(&mut self) -> &mut Self {
        assert_eq!(self.0.next_frame(), Ok(None));
        self
    }

    fn gives(&mut self, frame: Frame) -> &mut Self {
        assert_eq!(self.0.next_frame(), Ok(Some(frame)));
        self
    }

    /// Fails, keeps failing in the same way, and says the same at the end.
    fn fails(&mut self, error: FrameError) -> &mut Self {
        assert_eq!(self.0.next_frame(), Err(error.clone()));
        self.0.push(b"\x00{}");
        assert_eq!(self.0.next_frame(), Err(error.clone()));
        assert_eq!(self.0.finish(), Err(error));
        self
    }

    fn ends(&mut self, end: Result<(), FrameError>) -> &mut Self {
        assert_eq!(self.0.finish(), end);
        self
    }

    fn pending(&mut self, offset: u64, bytes: &[u8], declared: Option<u64>) -> &mut Self {
        assert_eq!((self.0.offset(), self.0.pending(), self.0.declared()), (offset, bytes, declared));
        self
    }
}

fn proto(offset: u64, prefix: usize, body: &[u8]) -> Frame {
    Frame { offset, prefix, body: body.to_vec(), before: 0, overlong: false }
}

fn json(offset: u64, before: usize, body: &str) -> Frame {
    Frame { offset, prefix: 0, body: body.into(), before, overlong: false }
}

#[test]
fn proto_frames_come_out_when_their_last_byte_is_there() {
    Talk::proto(100)
        .waits()
        .ends(Ok(()))
        .arrives([0x02])
        .waits()
        .pending(0, &[0x02], Some(2))
        .arrives([0x20])
        .waits()
        .ends(Err(FrameError::EofInBody { offset: 0, declared: 2, got: 1 }))
        .arrives([0x01, 0x00, 0x82])
        .gives(proto(0, 1, &[0x20, 0x01]))
        .gives(proto(3, 1, &[]))
        .waits()
        .pending(4, &[0x82], None)
        .ends(Err(FrameError::EofInLength { offset: 4 }))
        .arrives([0x00, 0x18, 0x07])
        .gives(Frame { overlong: true, ..proto(4, 2, &[0x18, 0x07]) })
        .waits()
        .pending(8, &[], None)
        .ends(Ok(()));
}

#[test]
fn proto_limit_is_the_largest_body() {
    Talk::proto(2)
        .arrives([2, 1, 1])
        .gives(proto(0, 1, &[1, 1]))
        .arrives([3])
        .fails(FrameError::LengthTooLarge { offset: 3, declared: 3, limit: 2 });
}

#[test]
fn proto_lengths_that_no_frame_can_have() {
    let limit = i32::MAX as u64;
    for (bytes, declared) in [
        ("80 80 80 80 08", 1 << 31),
        ("ff ff ff ff 0f", u64::from(u32::MAX)),
        ("ff ff ff ff ff ff ff ff ff 01", u64::MAX),
    ] {
        let error = FrameError::LengthTooLarge { offset: 0, declared, limit };
        Talk::proto(usize::MAX).arrives(unhex(bytes)).fails(error);
    }
    for bytes in ["80 80 80 80 80 80 80 80 80 80", "ff ff ff ff ff ff ff ff ff 02"] {
        Talk::proto(usize::MAX).arrives(unhex(bytes)).fails(FrameError::LengthMalformed { offset: 0 });
    }
}

#[test]
fn json_objects_come_out_at_their_closing_brace() {
    Talk::json(100)
        .arrives(" \n")
        .waits()
        .ends(Ok(()))
        .arrives("{\"a\":\"}\\\"}")
        .waits()
        .pending(2, b"{\"a\":\"}\\\"}", None)
        .ends(Err(FrameError::EofInObject { offset: 2 }))
        .arrives("\"}")
        .gives(json(2, 2, "{\"a\":\"}\\\"}\"}"))
        .arrives("{}\r\n\t {\"b\":[{}]}\n")
        .gives(json(14, 0, "{}"))
        .gives(json(20, 4, "{\"b\":[{}]}"))
        .waits()
        .pending(31, b"", None)
        .ends(Ok(()));
}

#[test]
fn json_between_objects_is_only_white_space() {
    for (stream, offset, byte) in [
        ("\u{feff}{}", 0, 0xef),
        (")]}'\n{}", 0, b')'),
        ("// comment\n{}", 0, b'/'),
        ("{} hello", 3, b'h'),
        ("{},{}", 2, b','),
        ("[{}]", 0, b'['),
        ("{}}", 2, b'}'),
        ("\0{}", 0, 0),
        ("\u{c}{}", 0, 0xc),
    ] {
        let mut talk = Talk::json(100);
        talk.arrives(stream);
        if stream.starts_with("{}") {
            talk.gives(json(0, 0, "{}"));
        }
        talk.fails(FrameError::NotAnObject { offset, byte });
    }
}

#[test]
fn json_limit_is_the_largest_object() {
    Talk::json(4).arrives("{ }\n{  }").gives(json(0, 0, "{ }")).gives(json(4, 1, "{  }"));
    Talk::json(4)
        .arrives("{   ")
        .waits()
        .arrives("}")
        .fails(FrameError::ObjectTooLarge { offset: 0, limit: 4 });
}

#[test]
fn json_nesting_is_limited() {
    let deepest = format!("{{\"a\":{}{}}}", "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1));
    Talk::json(1000).arrives(&deepest).gives(json(0, 0, &deepest));
    let offset = 5 + MAX_DEPTH as u64 - 1;
    Talk::json(1000)
        .arrives(deepest.replacen('[', "[[", 1))
        .fails(FrameError::TooDeep { offset, limit: MAX_DEPTH });
}

#[test]
fn json_with_wrong_brackets_still_ends_where_its_author_thought() {
    Talk::json(100)
        .arrives("{\"a\":[}{]}{}")
        .gives(json(0, 0, "{\"a\":[}"))
        .gives(json(7, 0, "{]}"))
        .gives(json(10, 0, "{}"));
}

#[test]
fn finish_does_not_mistake_frames_that_wait_to_be_taken() {
    Talk::proto(100).arrives([0x00, 0x01, 0x41]).ends(Ok(())).gives(proto(0, 1, &[]));
    Talk::json(100).arrives("{}{\"a\":1} {").ends(Err(FrameError::EofInObject { offset: 10 }));
    Talk::json(100).arrives("{} x").ends(Err(FrameError::NotAnObject { offset: 3, byte: b'x' }));
}

#[test]
fn hostile_streams_buy_no_memory() {
    // The longest length that is accepted, and ten bytes of the body.
    let mut reader = FrameReader::new(Framing::Proto, usize::MAX);
    reader.push(&unhex("ff ff ff ff 07 00 00 00 00 00 00 00 00 00 00"));
    assert_eq!(reader.next_frame(), Ok(None));
    assert_eq!(reader.declared(), Some(i32::MAX as u64));
    assert!(reader.capacity() < 100, "{}", reader.capacity());

    // White space without end.
    let mut reader = FrameReader::new(Framing::Json, usize::MAX);
    for _ in 0..1000 {
        reader.push(&[b' '; 1000]);
        assert_eq!(reader.next_frame(), Ok(None));
    }
    assert_eq!((reader.offset(), reader.pending()), (1_000_000, &b""[..]));
    assert!(reader.capacity() < 10_000, "{}", reader.capacity());

    // Whatever comes after an error, but for what a diagnosis shows.
    let mut reader = FrameReader::new(Framing::Json, 100);
    reader.push(b"x");
    assert!(reader.next_frame().is_err());
    for _ in 0..1000 {
        reader.push(&[b'x'; 1000]);
    }
    assert_eq!(reader.pending().len(), 64 * 1024);
    assert!(reader.capacity() < 200_000, "{}", reader.capacity());

    // Frames without end, of which a part is always still to come.
    let mut reader = FrameReader::new(Framing::Proto, usize::MAX);
    reader.push(&[100]);
    for _ in 0..10_000 {
        reader.push(&[0; 100]);
        reader.push(&[100]);
        assert!(reader.next_frame().unwrap().is_some());
    }
    assert!(reader.capacity() < 1000, "{}", reader.capacity());

    // A large frame that was taken.
    let mut reader = FrameReader::new(Framing::Proto, usize::MAX);
    reader.push(&unhex("80 80 80 04"));
    reader.push(&vec![0; 8 << 20]);
    assert!(reader.next_frame().unwrap().is_some());
    assert!(reader.capacity() < 100_000, "{}", reader.capacity());
}

#[test]
fn errors_say_where_what_and_what_to_do() {
    let error = FrameError::NotAnObject { offset: 3, byte: b'x' };
    assert_eq!(error.to_string(), "byte 3 is `x` where a JSON object begins: write nothing but JSON objects");
    let error = FrameError::NotAnObject { offset: 0, byte: 0xef };
    assert_eq!(
        error.to_string(),
        "byte 0 is 0xef where a JSON object begins: write nothing but JSON objects"
    );
    let error = FrameError::EofInBody { offset: 0, declared: 104, got: 12 };
    assert_eq!(
        error.to_string(),
        "the stream ended after 12 of the 104 bytes that the length at byte 0 declares: \
         write whole frames and flush them"
    );
    assert!(error.is_eof());
    assert!(!FrameError::LengthMalformed { offset: 0 }.is_eof());
}
