//! Faults of sandboxes.

use super::Kind;
use super::fault::{Fault, MULTIPLEX, MULTIPLEX_SANDBOXING, SANDBOXING};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::MissingInput,
        "missing-input",
        "leaves the last input that is no tool out of the sandbox",
        &["C-110"],
    )
    .with(SANDBOXING)
    .may_also_break(&[("C-052", "the input is not found by its path")]),
    Fault::new(
        Kind::StaleInput,
        "stale-input",
        "copies an input into the sandbox once, and leaves it there when it changes",
        &["C-110"],
    )
    .with(SANDBOXING)
    .may_also_break(&[("C-053", "the new digest comes with the old content")]),
    Fault::new(
        Kind::KeepFiles,
        "keep-files",
        "leaves the files of one request in the sandbox of the next",
        &["C-111"],
    )
    .with(SANDBOXING),
    Fault::new(
        Kind::SharedSandboxDir,
        "shared-sandbox-dir",
        "gives all requests of a sandboxed multiplex worker one directory",
        &["C-112"],
    )
    .with(MULTIPLEX_SANDBOXING)
    .may_also_break(&[
        ("C-103", "the directory of an open request is cleaned for the next one"),
        ("C-110", "the inputs of one request are removed for the next one"),
        ("C-111", "the files of the other requests are there, too"),
        ("C-113", "an output is taken away with the files of another request"),
    ]),
    Fault::new(
        Kind::MoveEverything,
        "move-everything",
        "takes undeclared files out of the sandbox, too",
        &["C-113"],
    )
    .with(SANDBOXING),
    Fault::new(Kind::LeaveOutputs, "leave-outputs", "leaves declared outputs in the sandbox", &["C-113"])
        .with(SANDBOXING)
        .may_also_break(&[
            ("C-116", "no sandboxed action has its outputs"),
            ("C-120", "no branch's outputs arrive"),
        ]),
    Fault::new(
        Kind::CleanTools,
        "clean-tools",
        "removes the tool files of a worker from its sandbox before a request",
        &["C-115"],
    )
    .with(SANDBOXING)
    .may_also_break(&[
        ("C-110", "tool files are inputs, too"),
        ("C-052", "a tool file is not found by its path"),
    ]),
    Fault::new(
        Kind::MultiplexInSandbox,
        "multiplex-in-sandbox",
        "uses multiplex in a sandbox for actions that do not declare multiplex-sandboxing",
        &["C-116"],
    )
    .with(MULTIPLEX)
    .may_also_break(&[("C-055", "such a request has a sandbox_dir")]),
    Fault::new(
        Kind::KeepSandboxes,
        "keep-sandboxes",
        "leaves the directories of workers that have ended",
        &["C-118"],
    )
    .with(SANDBOXING),
];
