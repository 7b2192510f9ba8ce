//! Faults of starting a worker.

use super::Kind;
use super::fault::{Fault, JSON};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::WorkerUndeclared,
        "worker-undeclared",
        "starts a tool as a worker for actions that do not declare it",
        &["C-001"],
    )
    .may_also_break(&[("C-008", "what declares no worker declares no dialect")]),
    Fault::new(
        Kind::IgnoreDialect,
        "ignore-dialect",
        "speaks `proto` whatever the action declares",
        &["C-008"],
    )
    .only(JSON)
    .may_also_break(&[
        ("C-010", "workers of both dialects have one key"),
        ("C-063", "what is malformed in json can be the begin of a long frame in proto"),
    ]),
    Fault::new(
        Kind::NoWorkerFlag,
        "no-worker-flag",
        "starts workers without --persistent_worker",
        &["C-002"],
    )
    .may_also_break(&[("C-003", "a flag that is not there has no place")]),
    Fault::new(
        Kind::OneShotWorkerFlag,
        "one-shot-worker-flag",
        "adds --persistent_worker to actions in one-shot mode, too",
        &["C-002"],
    )
    .may_also_break(&[("C-001", "the tool is started as a worker for an action that does not declare it")]),
    Fault::new(
        Kind::FlagAfterProgram,
        "flag-after-program",
        "puts --persistent_worker directly after the program",
        &["C-003"],
    ),
    Fault::new(
        Kind::ExtraFlagsToAll,
        "extra-flags-to-all",
        "gives the extra flags of every mnemonic to all workers",
        &["C-004"],
    ),
    Fault::new(
        Kind::LeakEnvironment,
        "leak-environment",
        "starts workers with its own environment below that of the action",
        &["C-005"],
    ),
    Fault::new(
        Kind::WrongDirectory,
        "wrong-directory",
        "starts workers in the folder of its own state",
        &["C-006"],
    )
    .may_also_break(&[
        ("C-052", "no input is found by its relative path"),
        ("C-086", "outputs are not where they are removed before the work is tried again"),
        ("C-110", "no input is in its place below the working directory"),
        ("C-112", "sandbox_dir starts in the wrong place"),
        ("C-115", "the tool files are not below the working directory"),
    ]),
    Fault::new(
        Kind::LeakPipes,
        "leak-pipes",
        "lets workers that it starts later inherit its end of the standard input of a worker",
        &["C-007"],
    )
    .may_also_break(&[("C-131", "closing the pipe does not end the input while another worker has a copy")]),
];
