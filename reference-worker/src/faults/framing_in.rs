//! Faults of reading requests.

use pwp_proto::{Frame, NoteKind, WorkResponse};

use super::kit::{end, has_note, reject_frames, reject_requests, session};
use super::{Fault, JSON, PROTO};
use crate::{
    Error,
    session::{
        Out,
        hooks::{Ending, Hooks, Verdict},
    },
};

const SMALL_BUFFER: usize = 64 * 1024;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "one-byte-length",
        "reads a length of one byte, so requests of 128 bytes and more are rejected",
        &["W-010"],
        session(|name| reject_frames(name, "a length of more than one byte", |frame| frame.prefix > 1)),
    )
    .only(PROTO)
    .may_also_break(&[("W-011", "a large request has a long length")]),
    Fault::new(
        "small-buffer",
        "rejects requests of more than 64 KiB",
        &["W-011"],
        session(|name| {
            reject_frames(name, "a request of more than 64 KiB", |frame| frame.body.len() > SMALL_BUFFER)
        }),
    ),
    Fault::new(
        "frame-per-read",
        "rejects a request that does not arrive with a single read",
        &["W-012"],
        session(|name| Box::new(FramePerRead(name))),
    )
    .may_also_break(&[
        (
            "W-001",
            "requests that are written while it starts come with one read, and it ends before it answers any",
        ),
        ("W-011", "a large request does not fit into one read of a pipe"),
        ("W-013", "a request that begins behind another one often does not end with it"),
        ("W-050", "the worker ends, and which of several open requests came in pieces cannot always be told"),
        ("W-064", "a request right behind a response is read together with what follows it"),
    ]),
    Fault::new(
        "first-frame-per-read",
        "takes the first request of what one read gives and forgets the others",
        &["W-013"],
        session(|_| Box::new(FirstFramePerRead)),
    )
    .with(&["multiplex"])
    .may_also_break(&[
        ("W-031", "a forgotten request is not answered"),
        ("W-075", "requests sent together are forgotten however many they are"),
    ]),
    Fault::new(
        "reject-empty",
        "rejects a request without any field",
        &["W-014"],
        session(|name| reject_frames(name, "an empty request", is_empty)),
    ),
    Fault::new(
        "reject-unknown-fields",
        "rejects a request with a field that it does not know",
        &["W-015"],
        session(|name| {
            reject_requests(name, "an unknown field", |request| {
                has_note(request, &[NoteKind::UnknownField, NoteKind::UnknownKey])
            })
        }),
    ),
    Fault::new(
        "require-arguments",
        "rejects a request without arguments",
        &["W-016"],
        session(|name| {
            reject_requests(name, "a request without arguments", |request| {
                request.message.arguments.is_empty()
            })
        }),
    )
    .may_also_break(&[("W-014", "an empty request has no arguments")]),
    Fault::new(
        "reject-explicit-defaults",
        "rejects a request in which a field is present with its default value",
        &["W-017"],
        session(|name| {
            reject_requests(name, "a field with its default value", |request| {
                has_note(request, &[NoteKind::ExplicitDefault])
            })
        }),
    ),
    Fault::new(
        "ordered-fields-only",
        "rejects a request whose fields do not come in the order of their numbers",
        &["W-018"],
        session(|name| {
            reject_requests(name, "fields out of order", |request| has_note(request, &[NoteKind::OutOfOrder]))
        }),
    )
    .only(PROTO),
    Fault::new(
        "json-line-only",
        "reads lines: rejects an object of several lines and waits for the newline after it",
        &["W-019", "W-020"],
        session(|name| Box::new(Lines { name, one_line: true })),
    )
    .only(JSON)
    .may_also_break(&[
        ("W-013", "two objects on one line are rejected"),
        (
            "W-050",
            "a long script can end it in several of these ways, so that leaving out one changes nothing",
        ),
    ]),
    Fault::new(
        "json-needs-newline",
        "waits for a newline after an object before it handles it",
        &["W-020"],
        session(|name| Box::new(Lines { name, one_line: false })),
    )
    .only(JSON)
    .may_also_break(&[("W-013", "two objects on one line are rejected")]),
    Fault::new(
        "json-raw-escapes",
        "does not decode escapes in strings, except for quotes and backslashes",
        &["W-021"],
        session(|_| Box::new(RawEscapes)),
    )
    .only(JSON),
    Fault::new(
        "digest-must-be-hex",
        "rejects a request with a digest that is not 64 lower-case hexadecimal digits",
        &["W-022"],
        session(|name| {
            reject_requests(name, "a digest that is not a SHA-256", |request| {
                !request.message.inputs.iter().all(|input| is_sha256(&input.digest))
            })
        }),
    ),
    Fault::new(
        "ascii-only",
        "rejects a request with an argument or a path that is not ASCII",
        &["W-023"],
        session(|name| {
            reject_requests(name, "text that is not ASCII", |request| {
                let message = &request.message;
                let mut paths = message.inputs.iter().map(|input| &input.path);
                !message.arguments.iter().all(|argument| argument.is_ascii())
                    || !paths.all(|path| path.is_ascii())
            })
        }),
    ),
    Fault::new(
        "swallow-malformed",
        "reports what it cannot understand, forgets it and reads on",
        &["W-024"],
        session(|_| Box::new(Malformed::Swallow)),
    ),
    Fault::new(
        "answer-malformed",
        "answers bytes that are no request, then ends",
        &["W-025"],
        session(|_| Box::new(Malformed::Answer)),
    ),
    Fault::new(
        "silent-malformed",
        "ends at bytes that are no request, without a word on standard error",
        &["W-026"],
        session(|_| Box::new(Malformed::Silent)),
    ),
    Fault::new(
        "answer-truncated",
        "answers a request that is cut short by the end of standard input",
        &["W-027"],
        session(|_| Box::new(Malformed::AnswerTruncated)),
    ),
];

fn is_empty(frame: &Frame) -> bool {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut bytes = frame.body.iter().filter(|byte| !is_space(byte));
    matches!((bytes.next(), bytes.next(), bytes.next()), (None, ..) | (Some(b'{'), Some(b'}'), None))
}

fn is_sha256(digest: &[u8]) -> bool {
    digest.len() == 64 && digest.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

struct FramePerRead(&'static str);

impl Hooks for FramePerRead {
    fn starved(&self, pending: &[u8]) -> Result<(), Error> {
        if pending.trim_ascii().is_empty() { Ok(()) } else { Err(end(self.0, "a request in several pieces")) }
    }
}

struct FirstFramePerRead;

impl Hooks for FirstFramePerRead {
    fn frame(&self, _frame: &mut Frame, nth: usize, _pending: &[u8]) -> Result<Verdict, Error> {
        Ok(if nth == 0 { Verdict::Accept } else { Verdict::Drop })
    }
}

/// Reads a line and takes it for a request.
struct Lines {
    name: &'static str,
    /// A newline inside of the object ends the line.
    one_line: bool,
}

impl Hooks for Lines {
    fn frame(&self, frame: &mut Frame, _nth: usize, pending: &[u8]) -> Result<Verdict, Error> {
        if self.one_line && frame.body.contains(&b'\n') {
            return Err(end(self.name, "an object of several lines"));
        }
        match pending.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
            Some(b'\n') => Ok(Verdict::Accept),
            Some(_) => Err(end(self.name, "two objects on one line")),
            None => Ok(Verdict::Hold),
        }
    }
}

struct RawEscapes;

impl Hooks for RawEscapes {
    /// Escapes the backslash of every escape, so that decoding restores what was there.
    fn frame(&self, frame: &mut Frame, _nth: usize, _pending: &[u8]) -> Result<Verdict, Error> {
        let mut raw = Vec::with_capacity(frame.body.len());
        let mut bytes = frame.body.iter().copied();
        while let Some(byte) = bytes.next() {
            raw.push(byte);
            if byte == b'\\'
                && let Some(escaped) = bytes.next()
            {
                if !matches!(escaped, b'"' | b'\\') {
                    raw.push(b'\\');
                }
                raw.push(escaped);
            }
        }
        frame.body = raw;
        Ok(Verdict::Accept)
    }
}

/// What to do about bytes that are no request.
enum Malformed {
    Swallow,
    Answer,
    Silent,
    AnswerTruncated,
}

impl Hooks for Malformed {
    fn survives(&self, error: &Error) -> bool {
        let survives = matches!(self, Self::Swallow) && is_malformed(error);
        if survives {
            eprintln!("fault swallow-malformed: reading on after this: {error}");
        }
        survives
    }

    fn ending(&self, out: Option<&mut Out>, result: &Result<(), Error>, _open: usize) -> Ending {
        let Err(error) = result else { return Ending::default() };
        let answers = match self {
            Self::Answer => is_malformed(error),
            Self::AnswerTruncated => matches!(error, Error::Truncated(_)),
            Self::Swallow | Self::Silent => false,
        };
        if answers && let Some(out) = out {
            let output = "cannot understand the request".to_owned();
            // The session is ending anyway.
            let _ = out.send(&WorkResponse { exit_code: 1, output, ..WorkResponse::default() });
        }
        Ending { silent: matches!(self, Self::Silent) && is_malformed(error), ..Ending::default() }
    }
}

fn is_malformed(error: &Error) -> bool {
    matches!(error, Error::Framing { .. } | Error::Decoding { .. })
}

/// What shows each of these faults in a batch.
#[cfg(test)]
pub(super) mod shown {
    use crate::faults::tests::batches::*;

    pub(in crate::faults) const ROWS: &[Row] = &[
        ("one-byte-length", |d, _| each(d, &[print("x"), print(&"x".repeat(200))]), rejected_second),
        ("small-buffer", |d, _| each(d, &[print("x"), print(&"x".repeat(70_000))]), rejected_second),
        ("frame-per-read", |d, _| halves(d, &print("x")), rejected),
        (
            "first-frame-per-read",
            |d, _| vec![each(d, &[print("x"), print("y")]).concat()],
            |o| o.responses.len() == 1,
        ),
        ("reject-empty", |d, _| each(d, &[WorkRequest::default()]), rejected),
        (
            "reject-unknown-fields",
            |d, _| with(d, EncodeOptions { unknown_fields: true, ..options() }),
            rejected,
        ),
        ("require-arguments", |d, _| each(d, &[with_digest(b"")]), rejected),
        (
            "reject-explicit-defaults",
            |d, _| with(d, EncodeOptions { explicit_defaults: true, ..options() }),
            rejected,
        ),
        (
            "ordered-fields-only",
            |d, _| with(d, EncodeOptions { reversed_fields: true, ..options() }),
            rejected,
        ),
        ("json-line-only", |d, _| with(d, EncodeOptions { pretty: true, ..options() }), rejected),
        (
            "json-line-only",
            |d, _| with(d, EncodeOptions { newline: false, ..options() }),
            |o| o.responses.is_empty(),
        ),
        (
            "json-needs-newline",
            |d, _| with(d, EncodeOptions { newline: false, ..options() }),
            |o| o.responses.is_empty(),
        ),
        (
            "json-raw-escapes",
            |d, _| with(d, EncodeOptions { escape_all: true, ..options() }),
            |o| o.responses[0].exit_code == 2 && o.responses[0].output.contains("\\u002d"),
        ),
        ("digest-must-be-hex", |d, _| each(d, &[with_digest(b"\xffnot hex")]), rejected),
        ("ascii-only", |d, _| each(d, &[print("größer")]), rejected),
        ("swallow-malformed", |d, _| vec![malformed(d), encode(d, &print("x"))], |o| o.responses.len() == 1),
        ("answer-malformed", |d, _| vec![malformed(d)], |o| o.responses.len() == 1),
        ("answer-truncated", |d, _| halves(d, &print("x"))[..1].to_vec(), |o| o.responses.len() == 1),
    ];
}
