//! Bugs that are there on purpose: a harness that does not find them would not find others.
//!
//! `fuzz/run --planted` fails unless each is found within seconds, reported and shown again by its reproducer.

use std::hint::black_box;

use pwp_proto::{FrameReader, Framing};

use crate::memory::bounded;

/// Fails for a frame that begins in a certain way, which only a fuzzer that sees how far it got comes upon.
///
/// # Panics
/// For a frame whose body begins with `@pwp`.
pub fn panic(data: &[u8]) {
    let mut reader = FrameReader::new(Framing::Proto, 1 << 20);
    reader.push(data);
    while let Ok(Some(frame)) = reader.next_frame() {
        let is = |at: usize, wanted: u8| black_box(frame.body.get(at)) == Some(&wanted);
        // A branch for each byte, with something in it, so that the compiler keeps them apart. Chance alone would have to
        // guess all at once.
        if is(0, b'@') {
            black_box("@");
            if is(1, b'p') {
                black_box("@p");
                if is(2, b'w') {
                    black_box("@pw");
                    assert!(!is(3, b'p'), "planted: a body begins with @pwp");
                }
            }
        }
    }
}

/// Takes memory for a body that is only declared, as a careless reader does. It is reserved and never touched, so resident
/// memory does not show it.
///
/// # Panics
/// For a frame of more than 1 MiB that has not come.
pub fn memory(data: &[u8]) {
    bounded(data.len(), 8, 1 << 20, || {
        let mut reader = FrameReader::new(Framing::Proto, 256 << 20);
        reader.push(data);
        while let Ok(Some(_)) = reader.next_frame() {}
        if let Some(declared) = reader.declared().and_then(|declared| usize::try_from(declared).ok()) {
            black_box(Vec::<u8>::with_capacity(declared.min(256 << 20)));
        }
    });
}

/// Never ends for a stream of JSON that holds two objects.
pub fn hang(data: &[u8]) {
    let mut reader = FrameReader::new(Framing::Json, 1 << 20);
    reader.push(data);
    let mut frames = 0;
    while let Ok(Some(_)) = reader.next_frame() {
        frames += 1;
    }
    while black_box(frames) == 2 {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_planted_passes() {
        panic(b"\x04@pw!");
        memory(b"\x04@pwp");
        memory(b"\xff\xff\x3f");
        hang(b"{}");
    }

    #[test]
    #[should_panic(expected = "planted")]
    fn a_planted_frame_fails() {
        panic(b"\x00\x04@pwp");
    }

    #[test]
    #[should_panic(expected = "were allocated")]
    fn a_length_that_is_only_declared_fails() {
        memory(b"\xff\xff\xff\x01");
    }
}
