//! The client's bytes, cut into requests and cancel requests.

use std::cell::Cell;
use std::time::Duration;

use pwp_proto::{Decoded, Frame, FrameReader, Framing, MAX_MESSAGE, Note, NoteKind, WorkRequest, decode};

use crate::oracle::{Excerpt, Trait};

use super::super::{Cancel, Lines, Message, Reading, Request, Unfinished, Unreadable};
use super::names::Names;

/// How soon behind a write another one is delivered together with it: a guess at what one read of a worker that is busy
/// takes.
const AT_ONCE: Duration = Duration::from_millis(2);
/// Bytes of a first message that are looked at in the other framing.
const FIRST: usize = 1 << 16;
/// Bytes that are kept of a message as evidence.
const HEAD: usize = 64;
/// Bytes of a message that do not fit into a pipe of 64 KiB with its length before it.
const LARGE: usize = (64 << 10) - 8;

#[derive(Debug)]
pub(super) struct Requests {
    framing: Framing,
    reader: FrameReader,
    /// The client is judged, so its lines and the bytes of its messages are evidence.
    is_judged: bool,
    /// Nothing more can be read.
    is_over: bool,
    /// When the last write was sent, and the one before.
    sent_at: Option<Duration>,
    sent_before: Option<Duration>,
    /// Messages that ended in the last write.
    ended: usize,
    /// The message that is being sent was begun before the last write.
    began_before: bool,
    /// It was begun in a write in which another one ended.
    began_behind: bool,
    /// The beginning of the stream, until the first message was read.
    first: Vec<u8>,
    messages: usize,
    newlines: usize,
    ends_with_newline: bool,
    /// Two messages are not separated by one newline, or one has a newline inside.
    is_off_its_lines: bool,
    /// Of what was pending last: its offset, its length, and how many of its bytes are no white space, so that no byte is counted twice.
    counted: Cell<(u64, usize, usize)>,
}

impl Requests {
    pub(super) fn new(framing: Framing, reading: Reading) -> Self {
        Self {
            framing,
            reader: FrameReader::new(framing, MAX_MESSAGE),
            is_judged: reading.client,
            is_over: false,
            sent_at: None,
            sent_before: None,
            ended: 0,
            began_before: false,
            began_behind: false,
            first: Vec::new(),
            messages: 0,
            newlines: 0,
            ends_with_newline: false,
            is_off_its_lines: false,
            counted: Cell::new((0, 0, 0)),
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], at: Duration) {
        if self.framing == Framing::Json && self.is_judged {
            self.newlines += bytes.iter().filter(|byte| **byte == b'\n').count();
            self.ends_with_newline = bytes.last().map_or(self.ends_with_newline, |last| *last == b'\n');
        }
        if self.is_over {
            return;
        }
        if self.is_judged && self.messages == 0 {
            let room = FIRST - self.first.len();
            self.first.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        self.began_behind |= self.ended > 0 && self.is_pending();
        self.began_before = self.is_pending();
        self.ended = 0;
        self.sent_before = self.sent_at.replace(at);
        self.reader.push(bytes);
    }

    pub(super) fn next_message(&mut self, names: &mut Names) -> Option<Message> {
        if self.is_over {
            return None;
        }
        let frame = match self.reader.next_frame() {
            Ok(frame) => frame?,
            Err(error) => {
                let is_too_large = error.is_too_large();
                let (offset, bytes) = (self.reader.offset(), self.reader.pending());
                let excerpt = self.is_judged.then(|| excerpt(offset, bytes.len(), bytes));
                return Some(self.unreadable(error.to_string(), is_too_large, excerpt));
            }
        };
        let is_split = self.ended == 0 && self.began_before;
        let writes = self.sent_before.zip(self.sent_at);
        let is_back_to_back = writes.is_some_and(|(before, at)| at.saturating_sub(before) < AT_ONCE);
        let is_coalesced = self.ended > 0 || self.began_behind || (is_back_to_back && names.open_count() > 0);
        self.began_behind = false;
        self.ended += 1;
        let excerpt = self.is_judged.then(|| excerpt_of(&frame));
        let decoded = match decode::<WorkRequest>(self.framing, &frame.body) {
            Ok(decoded) => decoded,
            Err(error) => {
                return Some(self.unreadable(error.to_string(), error.is_too_large(), excerpt));
            }
        };
        self.place_on_line(&frame);
        let id = decoded.message.request_id;
        let is_retyped = decoded.notes.iter().any(|note| note.kind == NoteKind::WrongWireType);
        if decoded.message.cancel {
            let (call, message) = (names.find(id), decoded.message);
            return Some(Message::Cancel(Box::new(Cancel { call, message, is_split, is_retyped, excerpt })));
        }
        let mut traits = written_traits(self.framing, frame.body.len(), &decoded);
        let has_no_newline = self.framing == Framing::Json
            && !self.reader.pending().first().is_some_and(u8::is_ascii_whitespace);
        traits.extend(is_split.then_some(Trait::Split));
        traits.extend(is_coalesced.then_some(Trait::Coalesced));
        traits.extend(has_no_newline.then_some(Trait::NoNewline));
        let is_reused = names.answered(id).is_some();
        let (call, twin) = names.begin(id);
        Some(Message::Request(Box::new(Request {
            call,
            traits,
            odd: odd(&decoded.notes),
            message: decoded.message,
            is_retyped,
            twin,
            is_reused,
            excerpt,
        })))
    }

    fn unreadable(&mut self, error: String, is_too_large: bool, excerpt: Option<Excerpt>) -> Message {
        self.is_over = true;
        Message::Unreadable(Unreadable { error, is_too_large, excerpt })
    }

    /// Each message but the first stands behind the newline of the one before.
    fn place_on_line(&mut self, frame: &Frame) {
        self.is_off_its_lines |= (self.messages > 0 && frame.before != 1) || frame.body.contains(&b'\n');
        self.messages += 1;
        if self.messages == 1 {
            self.first = Vec::new();
        }
    }

    fn is_pending(&self) -> bool {
        self.unfinished().bytes > 0
    }

    /// What of a message was sent and is not complete. White space in front of a JSON object is no part of it.
    pub(super) fn unfinished(&self) -> Unfinished {
        if self.is_over {
            return Unfinished::default();
        }
        let pending = self.reader.pending();
        let bytes = match self.framing {
            Framing::Proto => pending.len(),
            Framing::Json => pending.trim_ascii_start().len(),
        };
        let (offset, length, before) = self.counted.get();
        let known =
            if offset == self.reader.offset() && length <= pending.len() { (length, before) } else { (0, 0) };
        let visible = known.1 + pending[known.0..].iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        self.counted.set((self.reader.offset(), pending.len(), visible));
        Unfinished { bytes, visible }
    }

    /// Bytes of a request that is not complete.
    pub(super) fn held(&self) -> usize {
        self.reader.pending().len()
    }

    pub(super) fn lines(&self) -> Option<Lines> {
        let may_become_whole = !self.is_off_its_lines;
        let are_whole = may_become_whole && self.ends_with_newline && self.newlines == self.messages;
        (self.framing == Framing::Json).then_some(Lines { are_whole, may_become_whole })
    }

    /// Whether the first message is a request in the other framing. Its length may keep the reader waiting for ever.
    pub(super) fn speaks_another(&self) -> bool {
        let other = match self.framing {
            Framing::Proto => Framing::Json,
            Framing::Json => Framing::Proto,
        };
        let mut reader = FrameReader::new(other, FIRST);
        reader.push(&self.first);
        let Ok(Some(frame)) = reader.next_frame() else { return false };
        let read = decode::<WorkRequest>(other, &frame.body);
        read.is_ok_and(|read| !read.message.arguments.is_empty() && read.notes.is_empty())
    }
}

/// The traits that stand in the message itself. `length`: the bytes of its body.
fn written_traits(framing: Framing, length: usize, decoded: &Decoded<WorkRequest>) -> Vec<Trait> {
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

/// What no reader likes in a request, in words.
fn odd(notes: &[Note]) -> Option<String> {
    let odd = notes.iter().find(|note| {
        !matches!(
            note.kind,
            NoteKind::ExplicitDefault
                | NoteKind::Escaped
                | NoteKind::OutOfOrder
                | NoteKind::UnknownField
                | NoteKind::UnknownKey
                | NoteKind::Whitespace
        )
    })?;
    let field = odd.field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default();
    Some(format!("{}{field}", odd.kind.as_str()))
}

fn excerpt(offset: u64, length: usize, bytes: &[u8]) -> Excerpt {
    Excerpt { offset, length, head: bytes[..bytes.len().min(HEAD)].to_vec() }
}

/// A message with the length in front of it, as it stood in the stream.
fn excerpt_of(frame: &Frame) -> Excerpt {
    let mut head = super::responses::prefix(frame);
    head.extend_from_slice(&frame.body[..frame.body.len().min(HEAD)]);
    excerpt(frame.offset, frame.len(), &head)
}
