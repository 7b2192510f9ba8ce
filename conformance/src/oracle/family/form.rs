//! What stands on stdout, byte for byte: nothing but responses, each well-formed.

use pwp_proto::frame::{Frame, FrameError, FrameReader};
use pwp_proto::{DecodeError, Dialect, Note, NoteKind, WorkResponse};

use crate::history::Start;
use crate::oracle::client::Client;
use crate::oracle::finding::Findings;
use crate::oracle::look::is_text;
use crate::oracle::{Look, Violation, ids};
use crate::requirement::{Feature, RequirementId};

/// Largest response that is read, in bytes. Real clients stop at 2^31-1.
const LIMIT: usize = 256 << 20;
/// Bytes that a violation keeps as evidence.
const EVIDENCE: usize = 512;
/// From this many bytes on, an incomplete frame that is text is no frame: each field of a
/// `WorkResponse` begins with a control character.
const TEXT: usize = 6;

/// Reads the worker's stdout.
#[derive(Debug)]
pub(in crate::oracle) struct Form {
    dialect: Dialect,
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

    /// The responses that are complete with these bytes.
    pub(in crate::oracle) fn received(
        &mut self,
        bytes: &[u8],
        client: &Client,
        out: &mut Findings,
    ) -> Vec<WorkResponse> {
        let mut responses = Vec::new();
        if self.desynchronised {
            return responses;
        }
        self.reader.push(bytes);
        self.ends_with_newline = bytes.ends_with(b"\n");
        while !self.desynchronised {
            match self.reader.next_frame() {
                Ok(Some(frame)) => responses.extend(self.frame(&frame, client, out)),
                Ok(None) => {
                    if self.dialect == Dialect::Proto && self.reader.pending().len() >= TEXT && is_text(self.reader.pending()) {
                        self.stray(self.reader.pending().to_vec(), self.reader.offset(), out);
                    }
                    break;
                }
                Err(error) => self.bad_frame(&error, client, out),
            }
        }
        responses
    }

    fn frame(&mut self, frame: &Frame, client: &Client, out: &mut Findings) -> Option<WorkResponse> {
        if self.responses > 0 && frame.before > 0 {
            self.newlines += 1;
        }
        let decoded = match pwp_proto::decode::<WorkResponse>(self.dialect, &frame.body) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.bad_body(frame, &error, client, out);
                return None;
            }
        };
        if self.dialect == Dialect::Proto
            && frame.body.len() >= TEXT
            && is_text(&frame.body)
            && decoded.notes.iter().any(|note| note.kind == NoteKind::UnknownField)
        {
            self.stray(self.raw(frame), frame.offset, out);
            return None;
        }
        self.responses += 1;
        let mut broken = Vec::new();
        if frame.overlong {
            broken.push(Violation::OverlongLength { prefix: frame.prefix, length: frame.body.len() });
        }
        if self.dialect == Dialect::Json && frame.body.trim_ascii() == b"{}" {
            broken.push(Violation::BareObject);
        }
        broken.extend(decoded.notes.iter().filter_map(of_note));
        let kept = match self.dialect {
            Dialect::Proto => PROTO,
            _ => JSON,
        };
        for id in kept.iter().filter(|id| broken.iter().all(|violation| violation.requirement() != **id)) {
            out.uphold(*id);
        }
        for violation in broken {
            out.violate(violation);
        }
        Some(decoded.message)
    }

    fn bad_body(&mut self, frame: &Frame, error: &DecodeError, client: &Client, out: &mut Findings) {
        let raw = self.raw(frame);
        let line_end = raw.first().is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
        if self.dialect == Dialect::Proto && (is_text(&raw) || line_end) {
            let shown = if line_end && !is_text(&raw) { raw[..1].to_vec() } else { raw };
            self.stray(shown, frame.offset, out);
            return;
        }
        self.desynchronised = true;
        let bytes = shortened(&raw);
        if std::str::from_utf8(&frame.body).is_err() && self.dialect == Dialect::Json {
            out.violate(Violation::InvalidUtf8 { field: None });
            return;
        }
        let (error, offset) = (error.to_string(), frame.offset);
        let violation = match self.dialect {
            Dialect::Proto => Violation::BadBody { error, bytes, offset },
            _ => Violation::BadJson { error, bytes, offset },
        };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    fn bad_frame(&mut self, error: &FrameError, client: &Client, out: &mut Findings) {
        let (pending, offset) = (self.reader.pending().to_vec(), self.reader.offset());
        self.desynchronised = true;
        let violation = match error {
            _ if self.dialect == Dialect::Proto && is_text(&pending) => {
                self.stray(pending, offset, out);
                return;
            }
            FrameError::LengthTooLarge { declared, .. } => Violation::TooLarge { declared: *declared },
            FrameError::ObjectTooLarge { .. } | FrameError::TooDeep { .. } => {
                Violation::BadJson { error: error.to_string(), bytes: shortened(&pending), offset }
            }
            FrameError::NotAnObject { .. } => {
                let suspects = self.interleaving(client);
                let bytes = shortened(&pending);
                let look = Look::of(&pending, self.dialect);
                out.violate_at(Violation::Stray { look, bytes, offset }, suspects, &[]);
                return;
            }
            _ => Violation::BadBody { error: error.to_string(), bytes: shortened(&pending), offset },
        };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    /// The client waits no longer, or stdout has ended: what is half there will not become a response.
    pub(in crate::oracle) fn left_off(&mut self, client: &Client, out: &mut Findings) {
        let pending = self.reader.pending();
        let rest = if self.dialect == Dialect::Json { pending.trim_ascii() } else { pending };
        if self.desynchronised || rest.is_empty() {
            return;
        }
        let (bytes, offset) = (rest.to_vec(), self.reader.offset());
        let text = self.dialect == Dialect::Proto && is_text(&bytes);
        if text {
            self.stray(bytes, offset, out);
            return;
        }
        self.desynchronised = true;
        let declared = self.reader.declared();
        let violation = Violation::Incomplete { declared, got: bytes.len(), bytes: shortened(&bytes) };
        out.violate_at(violation, self.interleaving(client), &[]);
    }

    pub(in crate::oracle) fn finish(&mut self, ended_in_order: bool, out: &mut Findings) {
        if self.responses == 0 || self.desynchronised {
            return;
        }
        if ended_in_order {
            out.uphold(ids::STRAY);
        }
        if self.dialect == Dialect::Json {
            let last = u64::from(self.ends_with_newline);
            let what = match self.newlines + last {
                0 => "no white space between responses",
                n if n == self.responses => "white space after each response",
                _ => "white space after some responses",
            };
            out.observe(ids::JSON_NEWLINE, what);
        }
    }

    fn stray(&mut self, bytes: Vec<u8>, offset: u64, out: &mut Findings) {
        self.desynchronised = true;
        out.violate(Violation::Stray { look: Look::of(&bytes, self.dialect), bytes: shortened(&bytes), offset });
    }

    /// Two responses in one another are a possible cause where several requests are open.
    fn interleaving(&self, client: &Client) -> Vec<RequirementId> {
        if self.multiplex && client.open_count() >= 2 { vec![ids::WHOLE] } else { Vec::new() }
    }

    /// The frame with its prefix.
    fn raw(&self, frame: &Frame) -> Vec<u8> {
        let mut raw = Vec::new();
        if self.dialect == Dialect::Proto {
            pwp_proto::frame::write_proto(&frame.body, &mut raw);
        } else {
            raw.extend_from_slice(&frame.body);
        }
        raw
    }
}

/// What each well-formed response keeps.
const PROTO: &[RequirementId] =
    &[ids::WELL_FORMED, ids::SHORTEST_LENGTH, ids::COMPLETE, ids::UTF8, ids::RESPONSE_UNKNOWN, ids::CANONICAL];
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
fn of_note(note: &Note) -> Option<Violation> {
    let field = note.field.clone().unwrap_or_else(|| "?".into());
    Some(match note.kind {
        NoteKind::UnknownField | NoteKind::UnknownKey => Violation::UnknownField { field },
        NoteKind::WrongWireType => Violation::WrongWireType { field },
        NoteKind::OverlongVarint => Violation::NotCanonical { what: "a varint longer than needed", field },
        NoteKind::IntOutOfRange => Violation::NotCanonical { what: "a number outside the int32 range", field },
        NoteKind::BoolNotCanonical => Violation::NotCanonical { what: "a bool that is neither 0 nor 1", field },
        NoteKind::RepeatedScalar => Violation::NotCanonical { what: "it stands more than once", field },
        NoteKind::InvalidUtf8 => Violation::InvalidUtf8 { field: note.field.clone() },
        NoteKind::DuplicateKey => Violation::DuplicateKey { field },
        NoteKind::OriginalFieldName => Violation::OriginalName { field },
        NoteKind::QuotedNumber => Violation::JsonType { field, found: "a string instead of a number" },
        NoteKind::FloatNumber => Violation::JsonType { field, found: "not written as an integer" },
        NoteKind::QuotedBool => Violation::JsonType { field, found: "a string instead of true or false" },
        NoteKind::NullValue => Violation::JsonType { field, found: "null" },
        NoteKind::WrongType => Violation::JsonType { field, found: "a value of another type" },
        _ => return None,
    })
}

fn shortened(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(EVIDENCE)].to_vec()
}
