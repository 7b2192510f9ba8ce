//! Memory: a message that says the same thing a hundred thousand times must not take many times its length.
//!
//! Input: one byte of options, a beginning and a middle with their lengths before them, then an end. The middle is repeated.

use std::time::Duration;

use pwp::history::{Event, Mode, Start, Timed, Transcript};
use pwp::oracle::Oracle;
use pwp_proto::frame::length_prefix;
use pwp_proto::{FrameReader, Framing, MAX_DEPTH, WorkRequest, WorkResponse, decode};

use crate::choices::Choices;
use crate::memory::bounded;

/// Bytes of a message, nearly.
const LENGTH: usize = 192 << 10;
/// What is kept whatever the length is: buffers, notes, evidence.
const BESIDES: usize = 1 << 20;

/// Reads what an input becomes when its middle is repeated, in every way in which a peer's bytes are read.
///
/// # Panics
/// Where a reader takes more memory than its part of the table says.
pub fn check(data: &[u8]) {
    let mut choices = Choices::new(data);
    let framing = Framing::ALL[usize::from(choices.byte() & 1)];
    let (begin, middle, end) = (choices.some_bytes(), choices.some_bytes(), choices.rest());
    let times = LENGTH / middle.len().max(1);
    let body = [begin, &middle.repeat(if middle.is_empty() { 0 } else { times }), end].concat();

    // An input is 48 bytes and stands in two; a list that grows has room for twice as many, and the old one beside it.
    bounded(body.len(), 80, BESIDES, || drop(decode::<WorkRequest>(framing, &body)));
    // A response has no lists: a text, and once more while its escapes are taken out.
    bounded(body.len(), 4, BESIDES, || drop(decode::<WorkResponse>(framing, &body)));

    let stream = match framing {
        Framing::Proto => [length_prefix(body.len()), body].concat(),
        Framing::Json => body,
    };
    bounded(stream.len(), 3, BESIDES, || {
        let mut reader = FrameReader::new(framing, LENGTH / 2);
        for piece in stream.chunks(4096) {
            reader.push(piece);
            while let Ok(Some(frame)) = reader.next_frame() {
                drop(frame);
            }
        }
        assert!(reader.pending().len() <= LENGTH / 2 + 4096 + MAX_DEPTH);
    });
    bounded(stream.len(), 8, 2 * BESIDES, || {
        let start = Start {
            argv: vec!["worker".into()],
            dialect: framing.into(),
            features: [].into(),
            mode: Mode::Worker,
            flag: None,
            one_shot: None,
            confined: false,
        };
        let (mut oracle, mut transcript) = (Oracle::new(), Transcript::new(framing));
        let received = stream.chunks(4096).map(|piece| Event::Received(piece.to_vec()));
        let events =
            [Event::Started(start), Event::Sent(pwp_proto::encode(framing, &WorkRequest::default()))];
        for event in events.into_iter().chain(received) {
            let timed = Timed { at: Duration::ZERO, event };
            transcript.record(&timed);
            drop(oracle.observe(&timed));
        }
        drop(oracle.finish());
    });
}
