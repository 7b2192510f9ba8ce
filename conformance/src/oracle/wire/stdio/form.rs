//! What is unusual in how a request is written.

use pwp_proto::{Decoded, Framing, NoteKind, WorkRequest};

use crate::oracle::Trait;

/// Bytes of a message that do not fit into a pipe of 64 KiB with its length before it.
const LARGE: usize = (64 << 10) - 8;

/// The traits that stand in the message itself. `length`: the bytes of its body.
pub(super) fn traits(framing: Framing, length: usize, decoded: &Decoded<WorkRequest>) -> Vec<Trait> {
    let request = &decoded.message;
    let noted = |kinds: &[NoteKind]| decoded.notes.iter().any(|note| kinds.contains(&note.kind));
    let known_fields_empty =
        *request == WorkRequest { request_id: request.request_id, ..WorkRequest::default() };
    let is_empty = known_fields_empty && length <= 2;
    let mut texts = request.arguments.iter().chain(request.inputs.iter().map(|input| &input.path));
    let all = [
        (framing == Framing::Proto && length >= 128, Trait::MultiByteLength),
        (length > LARGE, Trait::Large),
        (is_empty, Trait::Empty),
        (noted(&[NoteKind::UnknownField, NoteKind::UnknownKey]), Trait::UnknownFields),
        (request.arguments.is_empty() && !is_empty, Trait::Sparse),
        (noted(&[NoteKind::ExplicitDefault]), Trait::ExplicitDefaults),
        (noted(&[NoteKind::OutOfOrder]), Trait::Reordered),
        (noted(&[NoteKind::Whitespace]), Trait::Whitespace),
        (noted(&[NoteKind::Escaped]), Trait::Escaped),
        (request.inputs.iter().any(|input| !is_usual(&input.digest)), Trait::OddDigest),
        (texts.any(|text| !text.is_ascii()), Trait::NonAscii),
        (request.verbosity != 0, Trait::Verbosity),
        (request.request_id > 0xffff, Trait::HighId),
        (request.request_id < 0, Trait::NegativeId),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, what)| what).collect()
}

/// Bazel's digests: the 64 lower-case hex digits of a SHA-256 (`WorkerSpawnRunner.java`).
fn is_usual(digest: &[u8]) -> bool {
    digest.len() == 64 && digest.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
