//! Faults of reading responses.

use super::Kind;
use super::fault::{Fault, JSON, MULTIPLEX, PROTO};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::AnswerInOrder,
        "answer-in-order",
        "gives each response to the request that has been open for the longest time",
        &["C-060"],
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-061", "every response finds a request"),
        ("C-069", "the response of another request says that it succeeded"),
        ("C-100", "the response of a cancelled request is given to another one"),
    ]),
    Fault::new(
        Kind::DropUnknownId,
        "drop-unknown-id",
        "drops a response whose id is not open, and waits on",
        &["C-061"],
    )
    .may_also_break(&[("C-063", "the worker is used on after the fault")]),
    Fault::new(
        Kind::AcceptAnyId,
        "accept-any-id",
        "takes any response of a singleplex worker for the one that it waits for",
        &["C-061"],
    ),
    Fault::new(
        Kind::StaleBytes,
        "stale-bytes",
        "keeps what a worker writes while no request is open, and takes it for the next response",
        &["C-062"],
    )
    .may_also_break(&[
        ("C-061", "a second response is taken for the next one"),
        ("C-063", "the worker is used on after the fault"),
    ]),
    Fault::new(
        Kind::SkipMalformed,
        "skip-malformed",
        "fails the open requests at a malformed response, and goes on with the worker",
        &["C-063"],
    )
    .may_also_break(&[
        ("C-061", "the worker is used on after a wrong id"),
        ("C-062", "the worker is used on after bytes that nobody asked for"),
        ("C-086", "the worker that had the action has not ended when it runs again"),
        ("C-100", "the worker is used on after it"),
    ]),
    Fault::new(
        Kind::CrashOnNumber,
        "crash-on-number",
        "crashes at a number that int32 cannot hold",
        &["C-064"],
    )
    .only(JSON)
    .may_also_break(&[
        ("C-130", "a client that has crashed ends no worker"),
        ("C-118", "a client that has crashed removes no directory"),
        ("C-131", "a client that has crashed closes pipes by ending"),
        ("C-132", "a client that has crashed waits for nothing"),
    ]),
    Fault::new(
        Kind::SmallFrames,
        "small-frames",
        "takes a response of more than a mebibyte for malformed",
        &["C-065"],
    )
    .may_also_break(&[("C-091", "the large responses of requests that cross are refused")]),
    Fault::new(
        Kind::NoFrameLimit,
        "no-frame-limit",
        "waits for the two gigabytes that a length announces",
        &["C-065"],
    )
    .only(PROTO)
    .may_also_break(&[("C-063", "a length that no honest response has is not taken as malformed")]),
    Fault::new(Kind::DropOutput, "drop-output", "forgets `output`", &["C-067"]),
    Fault::new(Kind::IgnoreExitCode, "ignore-exit-code", "takes every response for a success", &["C-069"]),
    Fault::new(
        Kind::LowByteExitCode,
        "low-byte-exit-code",
        "looks at the lowest eight bits of `exit_code` only",
        &["C-069"],
    ),
    Fault::new(
        Kind::IgnoreMissingOutput,
        "ignore-missing-output",
        "does not look whether the declared outputs are there",
        &["C-069"],
    ),
    Fault::new(
        Kind::EndAfterFailure,
        "end-after-failure",
        "ends a worker whose response has another exit code than 0",
        &["C-070"],
    )
    .may_also_break(&[("C-060", "the other requests of the worker end without their responses")]),
    Fault::new(
        Kind::RejectUnknownField,
        "reject-unknown-field",
        "takes a response with an unknown field or name for malformed",
        &["C-072"],
    ),
    Fault::new(
        Kind::WaitForNewline,
        "wait-for-newline",
        "waits for a newline after the closing brace of a response",
        &["C-073"],
    )
    .only(JSON),
];
