//! Our decoder against the verdicts of Python, Java and Go on the same inputs (`golden/make.py`).
//!
//! Where the three agree, we agree. Where they do not, or where we mean to differ, the case stands in a table below with our
//! verdict and the reason; a case that is missing there, or needs not stand there, fails the test.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{golden, hex, proto_body, unhex};
use pwp_proto::{Framing, Message, NoteKind, WorkRequest, WorkResponse, decode};
use serde_json::Value;

use Ours::{Noted, Refused};

/// What we make of a disputed input.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ours {
    /// An error, or a field that keeps its default with a note that its value belongs to no such field.
    Refused,
    /// The same message as at least one reference, with this note.
    Noted(NoteKind),
    /// A message that no reference reads, with this note.
    Alone(NoteKind),
}

/// The notes that mean: this value was not taken.
const NOT_TAKEN: [NoteKind; 3] = [NoteKind::WrongType, NoteKind::IntOutOfRange, NoteKind::InvalidUtf8];

const GRAMMAR: &str = "RFC 8259 to the letter; Java reads with Gson, which is lenient";
const CONVERTED: &str = "Java converts between JSON types; what is written is of another type than the field";
const LAST_WINS: &str = "RFC 8259 leaves it open; the last value counts as in Java, and it is noted";
const LONE: &str = "no character; Java replaces it";
const BASE64: &str = "Python skips what is not base64, Java excess padding; what was meant cannot be known";
const OBJECT: &str = "Python takes any empty value for an empty message";

const JSON_DISPUTES: &[(&str, Ours, &str)] = &[
    ("names-duplicate", Noted(NoteKind::DuplicateKey), LAST_WINS),
    ("names-duplicate-same-value", Noted(NoteKind::DuplicateKey), LAST_WINS),
    (
        "names-both-spellings",
        Noted(NoteKind::DuplicateKey),
        "one name in two spellings; only Python takes both",
    ),
    ("unknown-duplicate", Noted(NoteKind::DuplicateKey), "Java and Go do not look into what they skip"),
    ("int-array", Refused, "Java takes an array of one"),
    ("int-leading-zero", Refused, GRAMMAR),
    ("int-plus", Refused, GRAMMAR),
    ("int-no-digit-after-point", Refused, GRAMMAR),
    ("string-number", Refused, CONVERTED),
    ("string-bool", Refused, CONVERTED),
    ("string-array", Refused, "Java takes an array of one"),
    ("string-high-surrogate", Ours::Alone(NoteKind::LoneSurrogate), LONE),
    ("string-high-surrogate-then-escape", Ours::Alone(NoteKind::LoneSurrogate), LONE),
    ("string-low-surrogate", Ours::Alone(NoteKind::LoneSurrogate), LONE),
    ("string-raw-newline", Refused, GRAMMAR),
    ("string-raw-tab", Refused, GRAMMAR),
    ("string-single-quotes", Refused, GRAMMAR),
    ("string-not-utf8", Refused, "RFC 8259 section 8.1; Java's reader replaces bytes before JSON sees them"),
    (
        "string-overlong-utf8",
        Refused,
        "RFC 8259 section 8.1; Java's reader replaces bytes before JSON sees them",
    ),
    ("bool-quoted", Noted(NoteKind::QuotedBool), "what was meant is plain; only Java takes it"),
    ("bool-upper", Refused, GRAMMAR),
    ("colon-equals", Refused, GRAMMAR),
    ("name-unquoted", Refused, GRAMMAR),
    ("name-number", Refused, GRAMMAR),
    ("comment-slashes", Refused, GRAMMAR),
    ("comment-stars", Refused, GRAMMAR),
    ("comment-hash", Refused, GRAMMAR),
    ("top-array", Refused, OBJECT),
    ("top-string", Refused, "Python finds no name in it"),
    ("top-bom", Refused, GRAMMAR),
    ("top-xssi", Refused, GRAMMAR),
    ("top-trailing-text", Refused, GRAMMAR),
    ("top-two-objects", Refused, "two frames; Java drops the second"),
    ("depth-101", Refused, "what is skipped is limited here too, as it is skipped by recursion"),
    ("arguments-number-element", Refused, CONVERTED),
    ("arguments-duplicate", Noted(NoteKind::DuplicateKey), LAST_WINS),
    ("inputs-string-element", Refused, OBJECT),
    ("inputs-duplicate", Noted(NoteKind::DuplicateKey), LAST_WINS),
    (
        "bytes-white-space",
        Noted(NoteKind::Base64NotCanonical),
        "what was meant is plain; Java and Go refuse it",
    ),
    (
        "bytes-line-break",
        Noted(NoteKind::Base64NotCanonical),
        "what was meant is plain; Java and Go refuse it",
    ),
    ("bytes-bad-characters", Refused, BASE64),
    ("bytes-bad-characters-inside", Refused, BASE64),
    ("bytes-padding-only", Refused, BASE64),
    ("bytes-too-much-padding", Refused, BASE64),
    ("bytes-padding-inside", Refused, BASE64),
];

const WIRE_DISPUTES: &[(&str, Ours, &str)] = &[
    (
        "int-tenth-byte-too-large",
        Noted(NoteKind::OverlongVarint),
        "the bits that count are all there; Go refuses it",
    ),
    ("tag-over-32-bits", Refused, "Java drops the upper bits and reads another field than was written"),
    ("length-over-32-bits", Refused, "Java drops the upper bits and reads less than was declared"),
    ("group-depth-101", Refused, "Go has a higher limit"),
];

struct Read {
    /// The message that was read, unless some of it was not taken.
    taken: Option<String>,
    notes: Vec<NoteKind>,
}

fn read<M: Message>(dialect: Framing, body: &[u8]) -> Read {
    match decode::<M>(dialect, body) {
        Err(_) => Read { taken: None, notes: Vec::new() },
        Ok(decoded) => {
            let notes: Vec<_> = decoded.notes.iter().map(|note| note.kind).collect();
            let all_taken = !notes.iter().any(|kind| {
                // A varint over 32 bits is taken, by its lower half.
                NOT_TAKEN.contains(kind) && (dialect, *kind) != (Framing::Proto, NoteKind::IntOutOfRange)
            });
            Read { taken: all_taken.then(|| hex(&proto_body(&decoded.message))), notes }
        }
    }
}

fn check(file: &str, dialect: Framing, disputes: &[(&str, Ours, &str)]) {
    let golden = golden(file);
    let cases = golden["cases"].as_array().unwrap();
    let mut disputed = Vec::new();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let body = unhex(case["hex"].as_str().unwrap());
        let ours = match case["message"].as_str().unwrap() {
            "WorkRequest" => read::<WorkRequest>(dialect, &body),
            _ => read::<WorkResponse>(dialect, &body),
        };
        let references = ["python", "java", "buf"].map(|who| case[who].as_str());
        let taken = ours.taken.as_deref();
        if references.iter().all(|reference| *reference == taken) {
            continue;
        }
        disputed.push(name);
        let (_, expected, reason) =
            disputes.iter().find(|(listed, ..)| *listed == name).unwrap_or_else(|| {
                panic!(
                    "{name}: we read {taken:?} {:?}, others {references:?}; list it with a reason",
                    ours.notes
                )
            });
        let found = match taken {
            None => Refused,
            Some(_) => {
                let noted = match expected {
                    Noted(kind) | Ours::Alone(kind) => *kind,
                    Refused => {
                        panic!("{name}: we read {taken:?}, which is listed as refused because {reason}")
                    }
                };
                assert!(ours.notes.contains(&noted), "{name}: no {noted:?} among {:?}", ours.notes);
                if references.contains(&taken) { Noted(noted) } else { Ours::Alone(noted) }
            }
        };
        assert_eq!(found, *expected, "{name}: {reason}");
    }
    let listed: Vec<_> = disputes.iter().map(|(name, ..)| *name).collect();
    assert_eq!(disputed, listed, "a listed case is no longer disputed, or the order differs");
    assert!(cases.len() > 2 * disputes.len());
}

#[test]
fn json_verdicts_agree_or_are_explained() {
    check("json", Framing::Json, JSON_DISPUTES);
}

#[test]
fn wire_verdicts_agree_or_are_explained() {
    check("wire", Framing::Proto, WIRE_DISPUTES);
}

/// The table is only worth something if it was made from what is claimed.
#[test]
fn golden_files_name_their_makers() {
    for file in ["messages", "json", "wire", "streams"] {
        let golden = golden(file);
        for maker in ["python", "java", "buf"] {
            assert!(
                matches!(&golden["made_by"][maker], Value::String(version) if version.contains('.')),
                "{file}"
            );
        }
    }
}
