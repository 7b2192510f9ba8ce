//! The worker's bytes: nothing but responses, each well-formed.

use pwp_proto::frame::{Frame, FrameError, FrameReader};
use pwp_proto::{DecodeError, Decoded, Framing, MAX_MESSAGE, Note, NoteKind, WorkResponse};

use pwp_spec::RequirementId;

use super::super::{Message, Reading, Response};
use super::names::Names;
use crate::oracle::stray::{ascii_head, is_text};
use crate::oracle::{Stray, WorkerViolation, ids};

/// Bytes that a violation keeps as evidence.
const EVIDENCE: usize = 512;
/// Bytes of a frame that are looked at to find out what else it may be: text, or a line end before a response.
const LOOKED_AT: usize = 4096;
/// U+FEFF in UTF-8, as some libraries write it before the first text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes of the longest length prefix.
const PREFIX: usize = 10;

#[derive(Debug)]
pub(super) struct Responses {
    framing: Framing,
    reader: FrameReader,
    /// The worker is judged. Otherwise its bytes are read as clients read them: by their lengths, with no look at what they
    /// mean, and only what begins while a request is open answers one.
    is_judged: bool,
    /// What follows is not read any more.
    pub(super) is_desynchronised: bool,
    responses: u64,
    newlines: u64,
    ends_with_newline: bool,
    /// No request was open when the worker wrote last.
    was_idle: bool,
    /// What it wrote last was told of.
    was_told: bool,
    /// Bytes that were written, and up to where no request was open.
    written: u64,
    idle_until: u64,
}

impl Responses {
    pub(super) fn new(framing: Framing, reading: Reading) -> Self {
        Self {
            framing,
            reader: FrameReader::new(framing, MAX_MESSAGE),
            is_judged: reading.worker,
            is_desynchronised: false,
            responses: 0,
            newlines: 0,
            ends_with_newline: false,
            was_idle: false,
            was_told: false,
            written: 0,
            idle_until: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8], names: &Names) {
        if self.is_desynchronised || bytes.is_empty() {
            return;
        }
        self.reader.push(bytes);
        self.ends_with_newline = bytes.ends_with(b"\n");
        self.written += bytes.len() as u64;
        (self.was_idle, self.was_told) = (names.open_count() == 0, false);
        if self.was_idle {
            self.idle_until = self.written;
        }
    }

    /// The next message of what was read. Each is judged in full before the next one is asked for, so that it makes no
    /// difference which bytes one read delivers.
    pub(super) fn next_message(&mut self, names: &mut Names) -> Option<Message> {
        while !self.is_desynchronised {
            let frame = match self.reader.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) if self.is_strict_proto() && begins_as_text(self.reader.pending()) => {
                    let stray = self.stray(self.reader.pending(), self.reader.offset());
                    return Some(self.broken(stray));
                }
                Ok(None) => break,
                Err(error) => return Some(self.broken(self.bad_frame(&error))),
            };
            let decoded = match self.decode(&frame) {
                Ok(decoded) => decoded,
                Err(violation) => return Some(self.broken(violation)),
            };
            let is_early = names.open_count() > 0 && frame.offset < self.idle_until;
            if is_early && !self.is_judged {
                continue;
            }
            self.was_told = true;
            let (kept, broken) =
                if self.is_judged { self.form(&frame, &decoded.notes) } else { (vec![], vec![]) };
            let call = names.answer(decoded.message.request_id);
            return Some(Message::Response(Box::new(Response {
                call,
                message: decoded.message,
                kept,
                broken,
            })));
        }
        // Bytes while no request is open are wrong, whatever they are.
        (std::mem::take(&mut self.was_idle) && !self.was_told).then_some(Message::Unasked)
    }

    fn broken(&mut self, violation: WorkerViolation) -> Message {
        (self.is_desynchronised, self.was_told) = (true, true);
        Message::Broken(violation)
    }

    fn is_strict_proto(&self) -> bool {
        self.is_judged && self.framing == Framing::Proto
    }

    fn decode(&mut self, frame: &Frame) -> Result<Decoded<WorkResponse>, WorkerViolation> {
        if self.responses > 0 && frame.before > 0 {
            self.newlines += 1;
        }
        let start = start_of(frame);
        if self.is_strict_proto() && begins_as_text(&start) {
            return Err(self.stray(&start, frame.offset));
        }
        let decoded = pwp_proto::decode::<WorkResponse>(self.framing, &frame.body)
            .map_err(|error| self.bad_body(frame, &error))?;
        if self.is_strict_proto() && !decoded.notes.is_empty() {
            // Several responses, with line ends between them, can look like one with odd fields.
            if let Some(line_end) = line_end_before_response(&start) {
                return Err(self.stray(line_end, frame.offset));
            }
        }
        self.responses += 1;
        Ok(decoded)
    }

    /// The rules of form that a response keeps and breaks.
    fn form(&self, frame: &Frame, notes: &[Note]) -> (Vec<RequirementId>, Vec<WorkerViolation>) {
        let mut broken = Vec::new();
        if frame.overlong {
            broken.push(WorkerViolation::OverlongLength { prefix: frame.prefix, length: frame.body.len() });
        }
        if self.framing == Framing::Json && frame.body.trim_ascii() == b"{}" {
            broken.push(WorkerViolation::BareObject);
        }
        broken.extend(notes.iter().filter_map(|note| of_note(note, self.framing)));
        let rules = match self.framing {
            Framing::Proto => PROTO,
            Framing::Json => JSON,
        };
        let is_kept = |id: &&RequirementId| broken.iter().all(|violation| violation.requirement() != **id);
        (rules.iter().filter(is_kept).copied().collect(), broken)
    }

    fn bad_body(&self, frame: &Frame, error: &DecodeError) -> WorkerViolation {
        let start = start_of(frame);
        if self.framing == Framing::Proto
            && let Some(bytes) = text_or_line_end(&start)
        {
            return self.stray(bytes, frame.offset);
        }
        let bytes = shortened(&start);
        let (error, offset) = (error.to_string(), frame.offset);
        match self.framing {
            Framing::Json if std::str::from_utf8(&frame.body).is_err() => {
                WorkerViolation::InvalidUtf8 { field: None }
            }
            Framing::Json => WorkerViolation::BadJson { error, bytes, offset },
            Framing::Proto => WorkerViolation::BadBody { error, bytes, offset },
        }
    }

    fn bad_frame(&self, error: &FrameError) -> WorkerViolation {
        let (pending, offset) = (self.reader.pending(), self.reader.offset());
        let bytes = shortened(pending);
        match error {
            _ if self.framing == Framing::Proto && is_text(length_of(pending)) => self.stray(pending, offset),
            FrameError::LengthTooLarge { declared, .. } => WorkerViolation::TooLarge { declared: *declared },
            // W-038: "A worker completes each frame or object that it has begun, and none has more than 16777216
            // bytes (16 MiB)."
            FrameError::ObjectTooLarge { .. } => WorkerViolation::ObjectTooLarge { offset },
            FrameError::TooDeep { .. } => {
                WorkerViolation::BadJson { error: error.to_string(), bytes, offset }
            }
            FrameError::NotAnObject { .. } => self.stray(pending, offset),
            _ => WorkerViolation::BadBody { error: error.to_string(), bytes, offset },
        }
    }

    /// Whether bytes of a response are there that is not complete. White space before a JSON object is none of it.
    pub(super) fn has_begun(&self) -> bool {
        !self.is_desynchronised && !self.reader.pending().is_empty()
    }

    pub(super) fn leave_off(&mut self) -> Option<WorkerViolation> {
        let pending = self.reader.pending();
        let rest = if self.framing == Framing::Json { pending.trim_ascii() } else { pending };
        if self.is_desynchronised || rest.is_empty() {
            return None;
        }
        self.is_desynchronised = true;
        let offset = self.reader.offset();
        if self.framing == Framing::Proto {
            // The mark can be read as the length of a frame of megabytes, which does not come.
            let mark = (offset == 0 && rest.starts_with(BYTE_ORDER_MARK)).then_some(rest);
            if let Some(bytes) = mark.or_else(|| text_or_line_end(rest)) {
                return Some(self.stray(bytes, offset));
            }
        }
        let declared = self.reader.declared();
        let prefix = if declared.is_some() { length_of(rest).len() } else { 0 };
        let (got, bytes) = (rest.len() - prefix, shortened(rest));
        Some(WorkerViolation::Incomplete { declared, got, bytes })
    }

    /// Bytes of a response that is not complete.
    pub(super) fn held(&self) -> usize {
        self.reader.pending().len()
    }

    pub(super) fn is_clean(&self) -> bool {
        self.responses > 0 && !self.is_desynchronised
    }

    pub(super) fn between(&self) -> Option<&'static str> {
        let last = u64::from(self.ends_with_newline);
        (self.is_clean() && self.framing == Framing::Json).then_some(match self.newlines + last {
            0 => "no white space between responses",
            n if n == self.responses => "white space after each response",
            _ => "white space after some responses",
        })
    }

    fn stray(&self, bytes: &[u8], offset: u64) -> WorkerViolation {
        let kind = Stray::of(bytes, self.framing);
        WorkerViolation::Stray { kind, bytes: shortened(bytes), offset }
    }
}

/// The length in front of a frame, as it stood in the stream.
pub(super) fn prefix(frame: &Frame) -> Vec<u8> {
    let mut length = frame.body.len();
    let mut prefix = Vec::with_capacity(frame.prefix);
    for left in (0..frame.prefix).rev() {
        prefix.push((length & 0x7f) as u8 | if left > 0 { 0x80 } else { 0 });
        length >>= 7;
    }
    prefix
}

/// The beginning of a frame as it stood on stdout, with its length. One that begins as a line end is short, and all of it is there.
fn start_of(frame: &Frame) -> Vec<u8> {
    let body = &frame.body[..frame.body.len().min(LOOKED_AT)];
    [prefix(frame).as_slice(), body].concat()
}

/// The length that a proto frame begins with, as far as it is there.
fn length_of(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().take(PREFIX).position(|byte| byte & 0x80 == 0);
    &bytes[..last.map_or_else(|| bytes.len().min(PREFIX), |at| at + 1)]
}

/// Whether text stands where a proto frame begins. The first bytes alone decide, so that a frame is
/// judged in the same way whether all of it is there or not.
fn begins_as_text(bytes: &[u8]) -> bool {
    let Some(head) = ascii_head(bytes) else { return false };
    // A string in a field from the future: `length`, tag, length of the string.
    let unknown_field = head[1] & 7 == 2 && head[1] >> 3 > 4 && head[2] <= head[0].saturating_sub(2);
    !unknown_field
}

/// What of these bytes is not for a client: all of them if they are text, or a line end before a response.
fn text_or_line_end(bytes: &[u8]) -> Option<&[u8]> {
    if is_text(bytes) { Some(bytes) } else { line_end_before_response(bytes) }
}

/// The line end that `bytes` begin with, if a response follows it: as a print function writes both.
fn line_end_before_response(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
    if end == 0 {
        return None;
    }
    let mut reader = FrameReader::new(Framing::Proto, bytes.len());
    reader.push(&bytes[end..]);
    let frame = reader.next_frame().ok()??;
    let decoded = pwp_proto::decode::<WorkResponse>(Framing::Proto, &frame.body).ok()?;
    decoded.notes.is_empty().then(|| &bytes[..end])
}

/// What each well-formed response keeps.
const PROTO: &[RequirementId] = &[
    ids::RESPONSE_WELL_FORMED,
    ids::SHORTEST_LENGTH,
    ids::COMPLETE,
    ids::UTF8,
    ids::RESPONSE_UNKNOWN,
    ids::CANONICAL,
];
const JSON: &[RequirementId] = &[
    ids::STRICT_JSON,
    ids::JSON_NAMES,
    ids::JSON_TYPES,
    ids::JSON_DUPLICATE,
    ids::BARE_OBJECT,
    ids::COMPLETE,
    ids::UTF8,
    ids::RESPONSE_UNKNOWN,
];

/// What a reader tolerates and a worker does not write.
fn of_note(note: &Note, framing: Framing) -> Option<WorkerViolation> {
    let mut field = note.field.clone().unwrap_or_else(|| "?".into());
    if framing == Framing::Json && !matches!(note.kind, NoteKind::UnknownKey | NoteKind::OriginalFieldName) {
        field = json_name(&field);
    }
    let not_canonical = |what| WorkerViolation::NotCanonical { what, field: field.clone() };
    let json_type = |found| WorkerViolation::JsonType { field: field.clone(), found };
    Some(match note.kind {
        NoteKind::UnknownField | NoteKind::UnknownKey => WorkerViolation::UnknownField { field },
        NoteKind::WrongWireType => WorkerViolation::WrongWireType { field },
        NoteKind::OverlongVarint => not_canonical("a varint longer than needed"),
        NoteKind::IntOutOfRange if framing == Framing::Json => json_type("outside the range of int32"),
        NoteKind::IntOutOfRange => not_canonical("a number outside the int32 range"),
        NoteKind::BoolNotCanonical => not_canonical("a bool that is neither 0 nor 1"),
        NoteKind::RepeatedScalar => not_canonical("it stands more than once"),
        NoteKind::InvalidUtf8 => WorkerViolation::InvalidUtf8 { field: note.field.clone() },
        NoteKind::DuplicateKey => WorkerViolation::DuplicateKey { field },
        NoteKind::OriginalFieldName => WorkerViolation::OriginalName { field },
        NoteKind::QuotedNumber => json_type("a string instead of a number"),
        NoteKind::FloatNumber => json_type("not written as an integer"),
        NoteKind::QuotedBool => json_type("a string instead of true or false"),
        NoteKind::NullValue => json_type("null"),
        NoteKind::WrongType => json_type("a value of another type"),
        _ => return None,
    })
}

/// The name that a field has in JSON: `exit_code` is `exitCode` there.
fn json_name(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.len().min(1));
        name + &head.to_ascii_uppercase() + tail
    })
}

fn shortened(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(EVIDENCE)].to_vec()
}
