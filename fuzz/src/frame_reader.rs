//! Frames: what is found must not depend on how the bytes arrive, and no memory is taken for what is only declared.
//!
//! Input: one byte of options, a list of cuts with its length before it, then the stream.

use pwp_proto::frame::{Frame, FrameError, FrameReader};
use pwp_proto::{Framing, MAX_DEPTH};

use crate::choices::Choices;
use crate::memory::bounded;

/// Everything that a reader says of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Reading {
    frames: Vec<Frame>,
    end: Result<(), FrameError>,
}

/// Reads a stream whole, byte by byte and in the pieces that the input asks for, and compares.
///
/// # Panics
/// Where one of them differs, a frame is not what stands in the stream, or more memory is taken than bytes arrived.
pub fn check(data: &[u8]) {
    let mut choices = Choices::new(data);
    let options = choices.byte();
    let dialect = Framing::ALL[usize::from(options & 1)];
    let limit = [1 << 20, 0, 5, 300, usize::MAX][usize::from(options >> 1) % 5];
    let cuts = choices.some_bytes();
    let stream = choices.rest();

    let whole = read(dialect, limit, std::iter::once((stream, true)));
    stands_in(&whole, stream, dialect);
    // A frame may be a single byte; a list that grows has room for twice as many, and the old one beside it.
    let pieces = bounded(stream.len(), 8 + 3 * size_of::<Frame>(), 16 << 10, || {
        read(dialect, limit, pieces(stream, cuts))
    });
    assert_eq!(pieces, whole, "in pieces");
    let bytes = read(dialect, limit, stream.chunks(1).map(|byte| (byte, true)));
    assert_eq!(bytes, whole, "byte by byte");

    match dialect {
        Framing::Json => agrees_with_serde_json(&whole, stream, limit),
        Framing::Proto => agrees_with_prost(&whole, stream),
    }
}

/// The stream in the pieces that `cuts` asks for, over and over. The upper bit says whether to look for frames after the
/// piece, or to let it lie.
fn pieces<'a>(stream: &'a [u8], cuts: &'a [u8]) -> impl Iterator<Item = (&'a [u8], bool)> {
    let mut rest = stream;
    let mut cuts = cuts.iter().copied().cycle();
    std::iter::from_fn(move || {
        let cut = cuts.next().unwrap_or(0xff);
        // A piece of no bytes is allowed; endlessly many of them are not.
        let length = usize::from(cut & 0x7f).max(usize::from(cut & 0x80 != 0));
        let (piece, later) = rest.split_at(length.max(1).min(rest.len()));
        let looks = cut & 0x80 != 0;
        (!piece.is_empty()).then(|| {
            rest = later;
            (piece, looks)
        })
    })
}

fn read<'a>(dialect: Framing, limit: usize, pieces: impl Iterator<Item = (&'a [u8], bool)>) -> Reading {
    let mut reader = FrameReader::new(dialect, limit);
    let mut frames = Vec::new();
    let mut pushed = 0;
    for (piece, looks) in pieces {
        reader.push(piece);
        pushed += piece.len();
        assert!(reader.capacity() <= 2 * pushed + 64, "{} bytes for {pushed}", reader.capacity());
        if looks {
            drain(&mut reader, &mut frames, pushed);
        }
    }
    // What `finish` says of frames that were not taken yet is what it says once they are.
    let early = reader.finish();
    drain(&mut reader, &mut frames, pushed);
    let end = reader.finish();
    assert_eq!(early, end);
    Reading { frames, end }
}

fn drain(reader: &mut FrameReader, frames: &mut Vec<Frame>, pushed: usize) {
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => {
                assert_eq!(reader.offset() + reader.pending().len() as u64, pushed as u64, "a byte is lost");
                let _ = reader.declared();
                return;
            }
            Err(error) => {
                assert!(error.offset() <= pushed as u64);
                assert!(!error.is_eof(), "the stream has not ended: {error}");
                assert_eq!(reader.next_frame(), Err(error.clone()), "the first error stays");
                assert_eq!(reader.finish(), Err(error));
                return;
            }
        }
    }
}

/// Each frame is a piece of the stream, and one follows the other.
fn stands_in(reading: &Reading, stream: &[u8], dialect: Framing) {
    let mut end = 0;
    for frame in &reading.frames {
        let start = end + frame.before;
        assert_eq!(frame.offset, start as u64);
        assert_eq!(stream[start + frame.prefix..][..frame.body.len()], frame.body);
        match dialect {
            Framing::Json => {
                assert!(frame.prefix == 0 && !frame.overlong);
                assert!(frame.body.starts_with(b"{") && frame.body.ends_with(b"}"));
                assert!(stream[end..start].iter().all(u8::is_ascii_whitespace));
            }
            Framing::Proto => assert!(frame.before == 0 && frame.prefix >= 1),
        }
        end = start + frame.len();
    }
    match &reading.end {
        Ok(()) if dialect == Framing::Json => assert!(stream[end..].iter().all(u8::is_ascii_whitespace)),
        Ok(()) => assert_eq!(end, stream.len()),
        Err(error) => assert!((end as u64..=stream.len() as u64).contains(&error.offset()), "{error}"),
    }
}

/// Prost reads the same length before each body.
fn agrees_with_prost(reading: &Reading, stream: &[u8]) {
    for frame in &reading.frames {
        let at = usize::try_from(frame.offset).unwrap_or(usize::MAX);
        assert_eq!(prost::decode_length_delimiter(&stream[at..]), Ok(frame.body.len()));
    }
}

/// Where all that stands in the stream is JSON objects, those are the frames.
fn agrees_with_serde_json(reading: &Reading, stream: &[u8], limit: usize) {
    let Ok(text) = std::str::from_utf8(stream) else { return };
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let mut start = 0;
    for position in 0.. {
        let skipped = text[start..].len() - text[start..].trim_ascii_start().len();
        let Some(Ok(_)) = values.next() else { return };
        let object = &stream[start + skipped..values.byte_offset()];
        if !object.starts_with(b"{") || object.len() > limit {
            return;
        }
        match reading.frames.get(position) {
            Some(frame) => assert_eq!(frame.body, object),
            None => {
                let too_deep = matches!(reading.end, Err(FrameError::TooDeep { limit: MAX_DEPTH, .. }));
                assert!(too_deep, "object {position} is not a frame: {:?}", reading.end);
                return;
            }
        }
        start = values.byte_offset();
    }
}
