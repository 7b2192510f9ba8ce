//! Faults of requests.

use super::Kind;
use super::fault::{Fault, JSON, MULTIPLEX};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::NumberSingleplex,
        "number-singleplex",
        "counts the requests of a singleplex worker",
        &["C-045"],
    )
    .may_also_break(&[("C-116", "a number other than 0 is what a multiplex worker is known by")]),
    Fault::new(
        Kind::SendTwice,
        "send-twice",
        "writes each request with the id 0 a second time, before the first one is answered",
        &["C-046"],
    )
    .may_also_break(&[
        ("C-048", "the second one has the id of the first"),
        ("C-060", "two responses with one id can't be told apart"),
        ("C-062", "the second response is left over when the next request is written"),
        ("C-084", "a worker that answers once and ends has not answered the second one"),
        ("C-099", "a cancel request stops one of the two, and the other keeps the worker busy"),
        ("C-111", "the work of the second one writes outputs when those of the first were taken out"),
        ("C-122", "the answer to the first one comes before the race is lost"),
    ]),
    Fault::new(
        Kind::NegativeIds,
        "negative-ids",
        "counts the requests of a multiplex worker downwards from -1",
        &["C-047"],
    )
    .with(MULTIPLEX),
    Fault::new(Kind::ReuseIds, "reuse-ids", "gives all requests of a multiplex worker the id 1", &["C-048"])
        .with(MULTIPLEX)
        .may_also_break(&[
            ("C-060", "two responses with one id can't be told apart"),
            ("C-091", "of two open requests one never gets its response"),
            ("C-107", "the worker is ended for a response that seems to be for nobody"),
        ]),
    Fault::new(
        Kind::MixIds,
        "mix-ids",
        "gives a request of a multiplex worker the id 0 when no other is open, every second time",
        &["C-050"],
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-046", "other requests come while the one with the id 0 is open"),
        ("C-047", "0 is not positive"),
    ]),
    Fault::new(Kind::NoInputs, "no-inputs", "sends an empty list of inputs", &["C-051"]),
    Fault::new(
        Kind::InputsWithoutTools,
        "inputs-without-tools",
        "leaves the tool files out of the list of inputs",
        &["C-051"],
    ),
    Fault::new(
        Kind::AbsoluteInputs,
        "absolute-inputs",
        "sends absolute paths of inputs that the arguments name by relative ones",
        &["C-052"],
    )
    .may_also_break(&[("C-051", "the declared paths are not in the list")]),
    Fault::new(
        Kind::StaleDigest,
        "stale-digest",
        "sends the digest that a path had when it was first sent",
        &["C-053"],
    ),
    Fault::new(Kind::AlwaysVerbose, "always-verbose", "sends verbosity 10 unasked", &["C-054"]),
    Fault::new(
        Kind::SandboxDirAlways,
        "sandbox-dir-always",
        "sets sandbox_dir for actions that do not declare multiplex-sandboxing",
        &["C-055"],
    ),
    Fault::new(
        Kind::CutRequest,
        "cut-request",
        "drops the rest of a half-written request that is given up, and writes the next one",
        &["C-056"],
    )
    .may_also_break(&[("C-057", "the bytes after the cut are no frame")]),
    Fault::new(
        Kind::MalformedRequest,
        "malformed-request",
        "writes a length where request_id belongs, or a comma before the closing brace",
        &["C-057"],
    ),
    Fault::new(Kind::NoNewline, "no-newline", "writes no newline after a request", &["C-058"]).only(JSON),
];
