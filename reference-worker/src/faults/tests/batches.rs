//! The faults that show in a batch. Each has a row below it: what is sent, chunk by chunk, and how the misbehaviour is recognised.

use std::{fs, path::Path};

pub(in crate::faults) use pwp_proto::{EncodeOptions, Framing, Input, NoteKind, WorkRequest, encode};
use pwp_proto::{
    Framing::{Json, Proto},
    encode_with,
};

use super::batch::run;
pub(in crate::faults) use super::batch::{Event, Outcome};
use crate::faults::{
    ALL, cancel, encoding, find, framing_in, isolation, multiplex, request_loop, sandbox, shutdown, stdout,
    verbosity,
};

/// What is sent, in a dialect; the directory is there for files.
pub(in crate::faults) type Send = fn(Framing, &Path) -> Vec<Vec<u8>>;
pub(in crate::faults) type Row = (&'static str, Send, fn(&Outcome) -> bool);

/// The rows of all families. Each stands in the file of its fault.
const FAMILIES: &[&[Row]] = &[
    framing_in::shown::ROWS,
    stdout::shown::ROWS,
    encoding::shown::ROWS,
    request_loop::shown::ROWS,
    isolation::shown::ROWS,
    multiplex::shown::ROWS,
    cancel::shown::ROWS,
    sandbox::shown::ROWS,
    shutdown::shown::ROWS,
    verbosity::shown::ROWS,
];

fn rows() -> impl Iterator<Item = &'static Row> {
    FAMILIES.iter().copied().flatten()
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    rows().map(|(name, ..)| *name)
}

#[test]
fn faults_show_and_the_clean_worker_does_not_show_them() {
    for (name, send, seen) in rows() {
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

pub(in crate::faults) fn rejected(outcome: &Outcome) -> bool {
    outcome.responses.is_empty() && outcome.ended_by_fault() && outcome.status == 1
}

pub(in crate::faults) fn rejected_second(outcome: &Outcome) -> bool {
    outcome.responses.len() == 1 && outcome.ended_by_fault()
}

/// Standard output is open when the end of the input is read.
pub(in crate::faults) fn lives_on(outcome: &Outcome) -> bool {
    outcome.events.iter().rposition(|event| *event == Event::Read)
        < outcome.events.iter().position(|event| *event == Event::Closed)
}

pub(in crate::faults) fn options() -> EncodeOptions {
    EncodeOptions::default()
}

pub(in crate::faults) fn work(arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    WorkRequest { arguments, ..WorkRequest::default() }
}

pub(in crate::faults) fn print(text: &str) -> WorkRequest {
    work(&[&format!("--print={text}")])
}

pub(in crate::faults) fn id(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, ..print("x") }
}

pub(in crate::faults) fn three() -> [WorkRequest; 3] {
    [id(1), id(2), id(3)]
}

pub(in crate::faults) fn verbose() -> WorkRequest {
    WorkRequest { verbosity: 10, ..print("x") }
}

pub(in crate::faults) fn cancel(request_id: i32) -> WorkRequest {
    WorkRequest { request_id, cancel: true, ..WorkRequest::default() }
}

pub(in crate::faults) fn with_digest(digest: &[u8]) -> WorkRequest {
    let inputs = vec![Input { path: "in".to_owned(), digest: digest.to_vec() }];
    WorkRequest { inputs, ..WorkRequest::default() }
}

pub(in crate::faults) fn each(dialect: Framing, requests: &[WorkRequest]) -> Vec<Vec<u8>> {
    requests.iter().map(|request| encode(dialect, request)).collect()
}

pub(in crate::faults) fn with(dialect: Framing, options: EncodeOptions) -> Vec<Vec<u8>> {
    vec![encode_with(dialect, &id(1), &options)]
}

pub(in crate::faults) fn halves(dialect: Framing, request: &WorkRequest) -> Vec<Vec<u8>> {
    let bytes = encode(dialect, request);
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    vec![head.to_vec(), tail.to_vec()]
}

/// A whole frame that is no request.
pub(in crate::faults) fn malformed(dialect: Framing) -> Vec<u8> {
    match dialect {
        Proto => b"\x02\x0f\x0f".to_vec(),
        Json => b"{\"arguments\":[,]}\n".to_vec(),
    }
}

/// The same path with another digest, where there is no such file any more.
pub(in crate::faults) fn changed_input(dialect: Framing, directory: &Path) -> Vec<Vec<u8>> {
    fs::write(directory.join("in"), "old").unwrap();
    let sandbox_dir = directory.to_str().unwrap().to_owned();
    let request = |digest: &[u8], sandbox_dir: &str| {
        let inputs = vec![Input { path: "in".to_owned(), digest: digest.to_vec() }];
        WorkRequest { inputs, sandbox_dir: sandbox_dir.to_owned(), ..work(&["--in=in"]) }
    };
    each(dialect, &[request(b"old", &sandbox_dir), request(b"new", &format!("{sandbox_dir}/empty"))])
}

pub(in crate::faults) fn sandboxed(dialect: Framing, directory: &Path) -> Vec<Vec<u8>> {
    fs::write(directory.join("only in the sandbox"), "x").unwrap();
    let sandbox_dir = directory.to_str().unwrap().to_owned();
    each(dialect, &[WorkRequest { sandbox_dir, ..work(&["--in=only in the sandbox"]) }])
}
