//! The faults that show in a batch. Each row: what is sent, chunk by chunk, and how the misbehaviour is recognised.

use std::{fs, path::Path};

use pwp_proto::{
    EncodeOptions,
    Framing::{self, Json, Proto},
    Input, NoteKind, WorkRequest, encode, encode_with,
};

use super::batch::{Event, Outcome, run};
use crate::faults::{ALL, find};

/// What is sent, in a dialect; the directory is there for files.
type Send = fn(Framing, &Path) -> Vec<Vec<u8>>;
type Row = (&'static str, Send, fn(&Outcome) -> bool);

const ROWS: &[Row] = &[
    ("one-byte-length", |d, _| each(d, &[print("x"), print(&"x".repeat(200))]), rejected_second),
    ("small-buffer", |d, _| each(d, &[print("x"), print(&"x".repeat(70_000))]), rejected_second),
    ("frame-per-read", |d, _| halves(d, &print("x")), rejected),
    (
        "first-frame-per-read",
        |d, _| vec![each(d, &[print("x"), print("y")]).concat()],
        |o| o.responses.len() == 1,
    ),
    ("reject-empty", |d, _| each(d, &[WorkRequest::default()]), rejected),
    ("reject-unknown-fields", |d, _| with(d, EncodeOptions { unknown_fields: true, ..options() }), rejected),
    ("require-arguments", |d, _| each(d, &[with_digest(b"")]), rejected),
    (
        "reject-explicit-defaults",
        |d, _| with(d, EncodeOptions { explicit_defaults: true, ..options() }),
        rejected,
    ),
    ("ordered-fields-only", |d, _| with(d, EncodeOptions { reversed_fields: true, ..options() }), rejected),
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
    ("banner", |d, _| each(d, &[print("x")]), |o| o.bytes.starts_with(b"Reference worker")),
    ("print-during-work", |d, _| each(d, &[print("x")]), |o| o.bytes.starts_with(b"Compiling")),
    ("print-at-exit", |d, _| each(d, &[print("x")]), |o| o.bytes.ends_with(b"Goodbye!\n")),
    ("verbose-stdout", |d, _| each(d, &[verbose()]), |o| o.bytes.starts_with(b"DEBUG")),
    ("drop-response", |d, _| each(d, &three()), |o| o.responses.len() == 2),
    ("swallow-panic", |d, _| each(d, &[work(&["--panic"])]), |o| o.responses.is_empty()),
    (
        "duplicate-response",
        |d, _| each(d, &three()),
        |o| o.responses.len() == 4 && o.responses[2] == o.responses[3],
    ),
    (
        "unsolicited-response",
        |d, _| each(d, &three()),
        |o| o.responses.len() == 4 && o.responses[3].request_id > 3,
    ),
    ("wrong-id", |d, _| each(d, &[id(5)]), |o| o.responses[0].request_id == 6),
    ("id-16-bit", |d, _| each(d, &[id(70_000)]), |o| o.responses[0].request_id == 4_464),
    ("no-flush", |d, _| each(d, &[print("x")]), |o| o.events[..2] == [Event::Read, Event::Read]),
    (
        "truncated-frame",
        |d, _| each(d, &three()),
        |o| o.responses.len() == 1 && !o.rest.is_empty() && lives_on(o),
    ),
    ("declare-2gb", |d, _| each(d, &three()), |o| o.rest.starts_with(b"\xff\xff\xff\xff\x07") && lives_on(o)),
    ("close-stdout", |d, _| each(d, &three()), |o| !lives_on(o)),
    ("garbage-body", |d, _| each(d, &[print("x")]), |o| o.undecodable),
    ("wrong-wire-type", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::WrongWireType)),
    ("overlong-length", |d, _| each(d, &[print("x")]), |o| o.overlong && o.responses[0].output == "x\n"),
    ("invalid-utf8", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::InvalidUtf8) || o.undecodable),
    ("trailing-comma", |d, _| each(d, &[print("x")]), |o| o.undecodable && o.bytes.ends_with(b",}\n")),
    (
        "single-quotes",
        |d, _| each(d, &[print("x")]),
        |o| o.undecodable && o.bytes.starts_with(b"{'exitCode':0"),
    ),
    ("snake-case", |d, _| each(d, &[id(5)]), |o| o.has_note(NoteKind::OriginalFieldName)),
    ("string-exit-code", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::QuotedNumber)),
    ("float-exit-code", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::FloatNumber)),
    ("duplicate-key", |d, _| each(d, &[print("x")]), |o| o.has_note(NoteKind::DuplicateKey)),
    ("empty-object", |d, _| each(d, &[work(&[])]), |o| o.bytes.trim_ascii() == b"{}"),
    (
        "extra-field",
        |d, _| each(d, &[print("x")]),
        |o| o.has_note(NoteKind::UnknownField) || o.has_note(NoteKind::UnknownKey),
    ),
    (
        "repeated-field",
        |d, _| each(d, &[print("x")]),
        |o| o.has_note(NoteKind::RepeatedScalar) && o.responses[0].exit_code == 0,
    ),
    ("exit-on-request", |d, _| each(d, &three()), |o| o.responses.len() == 1 && o.ended_by_fault()),
    ("exit-after-response", |d, _| each(d, &three()), |o| o.responses.len() == 2 && o.ended_by_fault()),
    (
        "die-after-failure",
        |d, _| each(d, &[work(&["--fail=7"]), print("x")]),
        |o| o.responses.len() == 1 && o.responses[0].exit_code == 7,
    ),
    ("always-zero", |d, _| each(d, &[work(&["--fail=7"])]), |o| o.responses[0].exit_code == 0),
    ("always-one", |d, _| each(d, &[print("x")]), |o| o.responses[0].exit_code == 1),
    ("panic-exits", |d, _| each(d, &[work(&["--panic"])]), |o| o.responses.is_empty() && o.status == 101),
    ("stale-digest", changed_input, |o| o.responses[1].exit_code == 0),
    ("leak-state", |d, _| each(d, &[print("one"), print("two")]), |o| o.responses[1].output.contains("one")),
    ("slow-retire", |d, _| each(d, &vec![print("x"); 100]), |o| o.ended_by_fault()),
    ("ignore-sandbox-dir", sandboxed, |o| o.responses[0].exit_code == 1),
    ("reject-zero-id", |d, _| each(d, &[id(1), id(0)]), rejected_second),
    ("reject-high-id", |d, _| each(d, &[id(65_535), id(65_536)]), rejected_second),
    ("reject-negative-id", |d, _| each(d, &[id(1), id(-1)]), rejected_second),
    ("reject-reused-id", |d, _| each(d, &[id(0), id(0), id(5), id(5)]), |o| o.responses.len() == 3),
    (
        "cancel-is-work",
        |d, _| each(d, &[cancel(5)]),
        |o| o.responses.len() == 1 && !o.responses[0].was_cancelled,
    ),
    ("cancel-unknown-answered", |d, _| each(d, &[cancel(5)]), |o| o.responses.len() == 1),
    ("cancel-unknown-exits", |d, _| each(d, &[cancel(5)]), rejected),
    ("cancel-late-answered", |d, _| each(d, &[id(5), cancel(5)]), |o| o.responses.len() == 2),
    ("was-cancelled-unasked", |d, _| each(d, &three()), |o| o.responses[2].was_cancelled),
    (
        "cancel-with-arguments-is-work",
        |d, _| each(d, &[WorkRequest { cancel: true, ..id(5) }]),
        |o| o.responses.len() == 1,
    ),
    ("eof-status", |d, _| each(d, &[print("x")]), |o| o.status == 3),
    ("reject-verbosity", |d, _| each(d, &[verbose()]), rejected),
    ("verbosity-fails", |d, _| each(d, &[verbose()]), |o| o.responses[0].exit_code == 1),
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|(name, ..)| *name)
}

#[test]
fn faults_show_and_the_clean_worker_does_not_show_them() {
    for (name, send, seen) in ROWS {
        for &dialect in find(name).unwrap().framings {
            for faults in [&[*name][..], &[]] {
                let directory = tempfile::tempdir().unwrap();
                let outcome = run(faults, dialect, send(dialect, directory.path()));
                assert_eq!(
                    seen(&outcome),
                    !faults.is_empty(),
                    "{name}, {dialect}, faults {faults:?}: {outcome:?}"
                );
            }
        }
    }
}

#[test]
fn an_ordinary_request_is_answered_whatever_the_fault() {
    // What spoils every response, or the first request, by its nature.
    const SPOILT: &[&str] = &[
        "always-one",
        "banner",
        "garbage-body",
        "invalid-utf8",
        "print-during-work",
        "single-quotes",
        "trailing-comma",
        "wrong-id",
    ];
    for fault in ALL.iter().filter(|fault| !SPOILT.contains(&fault.name)) {
        for &dialect in fault.framings {
            if ["ignore-eof", "eof-in-flight-hangs"].contains(&fault.name) {
                continue;
            }
            let request = WorkRequest { request_id: 1, ..print("x") };
            let outcome = run(&[fault.name], dialect, each(dialect, &[request]));
            assert_eq!(outcome.responses.len(), 1, "{}: {outcome:?}", fault.name);
            assert_eq!(
                (outcome.responses[0].exit_code, &outcome.responses[0].output[..]),
                (0, "x\n"),
                "{}",
                fault.name
            );
        }
    }
}

fn rejected(outcome: &Outcome) -> bool {
    outcome.responses.is_empty() && outcome.ended_by_fault() && outcome.status == 1
}

fn rejected_second(outcome: &Outcome) -> bool {
    outcome.responses.len() == 1 && outcome.ended_by_fault()
}

/// Standard output is open when the end of the input is read.
fn lives_on(outcome: &Outcome) -> bool {
    outcome.events.iter().rposition(|event| *event == Event::Read)
        < outcome.events.iter().position(|event| *event == Event::Closed)
}

fn options() -> EncodeOptions {
    EncodeOptions::default()
}

fn work(arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    WorkRequest { arguments, ..WorkRequest::default() }
}

fn print(text: &str) -> WorkRequest {
    work(&[&format!("--print={text}")])
}

fn id(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, ..print("x") }
}

fn three() -> [WorkRequest; 3] {
    [id(1), id(2), id(3)]
}

fn verbose() -> WorkRequest {
    WorkRequest { verbosity: 10, ..print("x") }
}

fn cancel(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, cancel: true, ..WorkRequest::default() }
}

fn with_digest(digest: &[u8]) -> WorkRequest {
    let inputs = vec![Input { path: "in".to_owned(), digest: digest.to_vec() }];
    WorkRequest { inputs, ..WorkRequest::default() }
}

fn each(dialect: Framing, requests: &[WorkRequest]) -> Vec<Vec<u8>> {
    requests.iter().map(|request| encode(dialect, request)).collect()
}

fn with(dialect: Framing, options: EncodeOptions) -> Vec<Vec<u8>> {
    vec![encode_with(dialect, &id(1), &options)]
}

fn halves(dialect: Framing, request: &WorkRequest) -> Vec<Vec<u8>> {
    let bytes = encode(dialect, request);
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    vec![head.to_vec(), tail.to_vec()]
}

/// A whole frame that is no request.
fn malformed(dialect: Framing) -> Vec<u8> {
    match dialect {
        Proto => b"\x02\x0f\x0f".to_vec(),
        Json => b"{\"arguments\":[,]}\n".to_vec(),
    }
}

/// The same path with another digest, where there is no such file any more.
fn changed_input(dialect: Framing, directory: &Path) -> Vec<Vec<u8>> {
    fs::write(directory.join("in"), "old").unwrap();
    let sandbox_dir = directory.to_str().unwrap().to_owned();
    let request = |digest: &[u8], sandbox_dir: &str| {
        let inputs = vec![Input { path: "in".to_owned(), digest: digest.to_vec() }];
        WorkRequest { inputs, sandbox_dir: sandbox_dir.to_owned(), ..work(&["--in=in"]) }
    };
    each(dialect, &[request(b"old", &sandbox_dir), request(b"new", &format!("{sandbox_dir}/empty"))])
}

fn sandboxed(dialect: Framing, directory: &Path) -> Vec<Vec<u8>> {
    fs::write(directory.join("only in the sandbox"), "x").unwrap();
    let sandbox_dir = directory.to_str().unwrap().to_owned();
    each(dialect, &[WorkRequest { sandbox_dir, ..work(&["--in=only in the sandbox"]) }])
}
