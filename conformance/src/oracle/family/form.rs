//! What stands on stdout, byte for byte: nothing but responses, each well-formed.

use pwp_proto::frame::{Frame, FrameError, FrameReader};
use pwp_proto::{DecodeError, Framing, Note, NoteKind, WorkResponse};

use crate::history::Start;
use crate::oracle::client::Client;
use crate::oracle::finding::Findings;
use crate::oracle::stray::is_text;
use crate::oracle::{Stray, WorkerViolation, ids};
use pwp_spec::{Feature, RequirementId};

/// Largest response that is read, in bytes. Real clients stop at 2^31-1.
const LIMIT: usize = 256 << 20;
/// Bytes that a violation keeps as evidence.
const EVIDENCE: usize = 512;
/// From this many characters of ASCII on, what begins here is no frame. Behind its length, of one byte, a
/// frame has the tag of a field: a control character or, for `was_cancelled`, a space and then a control
/// character.
const TEXT: usize = 4;
/// U+FEFF in UTF-8, as some libraries write it before the first text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes of the longest length prefix.
const PREFIX: usize = 10;

/// Reads the worker's stdout.
#[derive(Debug)]
pub(in crate::oracle) struct Form {
    dialect: Framing,
    multiplex: bool,
    reader: FrameReader,
    desynchronised: bool,
    responses: u64,
    newlines: u64,
    ends_with_newline: bool,
}

impl Form {
    pub(in crate::oracle) fn new(start: &Start) -> Self {
        Self {
            dialect: start.dialect,
            multiplex: start.features.contains(&Feature::Multiplex),
            reader: FrameReader::new(start.dialect, LIMIT),
            desynchronised: false,
            responses: 0,
            newlines: 0,
            ends_with_newline: false,
        }
    }

    pub(in crate::oracle) fn is_desynchronised(&self) -> bool {
        self.desynchronised
    }

    /// What follows is not read any more.
    pub(in crate::oracle) fn give_up(&mut self) {
        self.desynchronised = true;
    }

    /// Takes bytes of stdout.
    pub(in crate::oracle) fn received(&mut self, bytes: &[u8]) {
        if !self.desynchronised && !bytes.is_empty() {
            self.reader.push(bytes);
            self.ends_with_newline = bytes.ends_with(b"\n");
        }
    }

    /// The next response that is complete. Each is judged in full before the next one is asked for, so
    /// that it makes no difference which bytes one read delivers.
    pub(in crate::oracle) fn next_response(
        &mut self,
        client: &Client,
        out: &mut Findings,
    ) -> Option<WorkResponse> {
        while !self.desynchronised {
            match self.reader.next_frame() {
                Ok(Some(frame)) => {
                    if let Some(response) = self.frame(&frame, client, out) {
                        return Some(response);
                    }
                }
                Ok(None) => {
                    if self.dialect == Framing::Proto && begins_as_text(self.reader.pending()) {
                        self.stray(self.reader.pending().to_vec(), self.reader.offset(), client, out);
                    }
                    return None;
                }
                Err(error) => self.bad_frame(&error, client, out),
            }
        }
        None
    }

    fn frame(&mut self, frame: &Frame, client: &Client, out: &mut Findings) -> Option<WorkResponse> {
        if self.responses > 0 && frame.before > 0 {
            self.newlines += 1;
        }
        if self.dialect == Framing::Proto && begins_as_text(&raw(frame)) {
            self.stray(raw(frame), frame.offset, client, out);
            return None;
        }
        let decoded = match pwp_proto::decode::<WorkResponse>(self.dialect, &frame.body) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.bad_body(frame, &error, client, out);
                return None;
            }
        };
        if self.dialect == Framing::Proto && !decoded.notes.is_empty() {
            // Several responses, with line ends between them, can look like one with odd fields.
            if let Some(line_end) = line_end_before_response(&raw(frame)) {
                self.stray(line_end.to_vec(), frame.offset, client, out);
                return None;
            }
        }
        self.responses += 1;
        let mut broken = Vec::new();
        if frame.overlong {
            broken.push(WorkerViolation::OverlongLength { prefix: frame.prefix, length: frame.body.len() });
        }
        if self.dialect == Framing::Json && frame.body.trim_ascii() == b"{}" {
            broken.push(WorkerViolation::BareObject);
        }
        broken.extend(decoded.notes.iter().filter_map(|note| of_note(note, self.dialect)));
        let kept = match self.dialect {
            Framing::Proto => PROTO,
            _ => JSON,
        };
        for id in kept.iter().filter(|id| broken.iter().all(|violation| violation.requirement() != **id)) {
            out.uphold(*id);
        }
        for violation in broken {
            out.violate_at(violation, self.interleaving(client), &[]);
        }
        Some(decoded.message)
    }

    fn bad_body(&mut self, frame: &Frame, error: &DecodeError, client: &Client, out: &mut Findings) {
        let raw = raw(frame);
        if self.dialect == Framing::Proto {
            if is_text(&raw) {
                self.stray(raw, frame.offset, client, out);
                return;
            }
            if let Some(line_end) = line_end_before_response(&raw) {
                self.stray(line_end.to_vec(), frame.offset, client, out);
                return;
            }
        }
        self.desynchronised = true;
        let bytes = shortened(&raw);
        if std::str::from_utf8(&frame.body).is_err() && self.dialect == Framing::Json {
            out.violate_at(WorkerViolation::InvalidUtf8 { field: None }, self.interleaving(client), &[]);
            return;
        }
        let (error, offset) = (error.to_string(), frame.offset);
        let violation = match self.dialect {
            Framing::Proto => WorkerViolation::BadBody { error, bytes, offset },
            _ => WorkerViolation::BadJson { error, bytes, offset },
        };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    fn bad_frame(&mut self, error: &FrameError, client: &Client, out: &mut Findings) {
        let (pending, offset) = (self.reader.pending().to_vec(), self.reader.offset());
        self.desynchronised = true;
        let violation = match error {
            _ if self.dialect == Framing::Proto && is_text(length_of(&pending)) => {
                self.stray(pending, offset, client, out);
                return;
            }
            FrameError::LengthTooLarge { declared, .. } => WorkerViolation::TooLarge { declared: *declared },
            FrameError::ObjectTooLarge { .. } | FrameError::TooDeep { .. } => {
                WorkerViolation::BadJson { error: error.to_string(), bytes: shortened(&pending), offset }
            }
            FrameError::NotAnObject { .. } => {
                let suspects = self.interleaving(client);
                let bytes = shortened(&pending);
                let kind = Stray::of(&pending, self.dialect);
                out.violate_at(WorkerViolation::Stray { kind, bytes, offset }, suspects, &[]);
                return;
            }
            _ => WorkerViolation::BadBody { error: error.to_string(), bytes: shortened(&pending), offset },
        };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    /// The client waits no longer, or stdout has ended: what is half there will not become a response.
    pub(in crate::oracle) fn left_off(&mut self, client: &Client, out: &mut Findings) {
        let pending = self.reader.pending();
        let rest = if self.dialect == Framing::Json { pending.trim_ascii() } else { pending };
        if self.desynchronised || rest.is_empty() {
            return;
        }
        let (bytes, offset) = (rest.to_vec(), self.reader.offset());
        if self.dialect == Framing::Proto {
            // The mark can be read as the length of a frame of megabytes, which does not come.
            if is_text(&bytes) || (offset == 0 && bytes.starts_with(BYTE_ORDER_MARK)) {
                self.stray(bytes, offset, client, out);
                return;
            }
            if let Some(line_end) = line_end_before_response(&bytes) {
                self.stray(line_end.to_vec(), offset, client, out);
                return;
            }
        }
        self.desynchronised = true;
        let declared = self.reader.declared();
        let prefix = if declared.is_some() { length_of(&bytes).len() } else { 0 };
        let violation =
            WorkerViolation::Incomplete { declared, got: bytes.len() - prefix, bytes: shortened(&bytes) };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    pub(in crate::oracle) fn finish(&mut self, ended_in_order: bool, out: &mut Findings) {
        if self.responses == 0 || self.desynchronised {
            return;
        }
        if ended_in_order {
            out.uphold(ids::STRAY);
        }
        if self.dialect == Framing::Json {
            let last = u64::from(self.ends_with_newline);
            let what = match self.newlines + last {
                0 => "no white space between responses",
                n if n == self.responses => "white space after each response",
                _ => "white space after some responses",
            };
            out.observe(ids::JSON_NEWLINE, what);
        }
    }

    fn stray(&mut self, bytes: Vec<u8>, offset: u64, client: &Client, out: &mut Findings) {
        self.desynchronised = true;
        let kind = Stray::of(&bytes, self.dialect);
        let violation = WorkerViolation::Stray { kind, bytes: shortened(&bytes), offset };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    /// Two responses in one another are a possible cause where several requests are open.
    fn interleaving(&self, client: &Client) -> Vec<RequirementId> {
        if self.multiplex && client.open_count() >= 2 { vec![ids::WHOLE] } else { Vec::new() }
    }
}

/// The frame as it stood on stdout, with its length.
fn raw(frame: &Frame) -> Vec<u8> {
    let mut raw = Vec::with_capacity(frame.len());
    let mut length = frame.body.len();
    for left in (0..frame.prefix).rev() {
        raw.push((length & 0x7f) as u8 | if left > 0 { 0x80 } else { 0 });
        length >>= 7;
    }
    raw.extend_from_slice(&frame.body);
    raw
}

/// The length that a proto frame begins with, as far as it is there.
fn length_of(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().take(PREFIX).position(|byte| byte & 0x80 == 0);
    &bytes[..last.map_or_else(|| bytes.len().min(PREFIX), |at| at + 1)]
}

/// Whether text stands where a proto frame begins. The first bytes alone decide, so that a frame is
/// judged in the same way whether all of it is there or not.
fn begins_as_text(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<TEXT>() else { return false };
    // A string in a field from the future: `length`, tag, length of the string.
    let unknown_field = head[1] & 7 == 2 && head[1] >> 3 > 4 && head[2] <= head[0].saturating_sub(2);
    head.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')) && !unknown_field
}

/// The line end that `bytes` begin with, if a response follows it: as a print function writes both.
fn line_end_before_response(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
    let mut reader = FrameReader::new(Framing::Proto, bytes.len());
    reader.push(&bytes[end..]);
    let frame = reader.next_frame().ok()??;
    let decoded = pwp_proto::decode::<WorkResponse>(Framing::Proto, &frame.body).ok()?;
    (end > 0 && decoded.notes.is_empty()).then(|| &bytes[..end])
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
fn of_note(note: &Note, dialect: Framing) -> Option<WorkerViolation> {
    let mut field = note.field.clone().unwrap_or_else(|| "?".into());
    if dialect == Framing::Json && !matches!(note.kind, NoteKind::UnknownKey | NoteKind::OriginalFieldName) {
        field = json_name(&field);
    }
    Some(match note.kind {
        NoteKind::UnknownField | NoteKind::UnknownKey => WorkerViolation::UnknownField { field },
        NoteKind::WrongWireType => WorkerViolation::WrongWireType { field },
        NoteKind::OverlongVarint => {
            WorkerViolation::NotCanonical { what: "a varint longer than needed", field }
        }
        NoteKind::IntOutOfRange if dialect == Framing::Json => {
            WorkerViolation::JsonType { field, found: "outside the range of int32" }
        }
        NoteKind::IntOutOfRange => {
            WorkerViolation::NotCanonical { what: "a number outside the int32 range", field }
        }
        NoteKind::BoolNotCanonical => {
            WorkerViolation::NotCanonical { what: "a bool that is neither 0 nor 1", field }
        }
        NoteKind::RepeatedScalar => WorkerViolation::NotCanonical { what: "it stands more than once", field },
        NoteKind::InvalidUtf8 => WorkerViolation::InvalidUtf8 { field: note.field.clone() },
        NoteKind::DuplicateKey => WorkerViolation::DuplicateKey { field },
        NoteKind::OriginalFieldName => WorkerViolation::OriginalName { field },
        NoteKind::QuotedNumber => WorkerViolation::JsonType { field, found: "a string instead of a number" },
        NoteKind::FloatNumber => WorkerViolation::JsonType { field, found: "not written as an integer" },
        NoteKind::QuotedBool => {
            WorkerViolation::JsonType { field, found: "a string instead of true or false" }
        }
        NoteKind::NullValue => WorkerViolation::JsonType { field, found: "null" },
        NoteKind::WrongType => WorkerViolation::JsonType { field, found: "a value of another type" },
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
