//! Faults of the choice of a worker for an action.

use super::Kind;
use super::fault::{Fault, JSON, MULTIPLEX};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::KeyIgnoresFlags,
        "key-ignores-flags",
        "gives an action a worker that was started with other startup flags",
        &["C-010"],
    )
    .may_also_break(&[
        ("C-004", "the extra flags of a worker are those of its first action"),
        ("C-030", "the startup flags of later actions reach no command line"),
    ]),
    Fault::new(
        Kind::KeyIgnoresEnvironment,
        "key-ignores-environment",
        "gives an action a worker that was started with another environment",
        &["C-010"],
    )
    .may_also_break(&[("C-005", "a worker has the environment of another action")]),
    Fault::new(
        Kind::KeyIgnoresDialect,
        "key-ignores-dialect",
        "gives an action a worker that was started for another dialect",
        &["C-010", "C-008"],
    )
    .only(JSON),
    Fault::new(
        Kind::KeyIgnoresFeatures,
        "key-ignores-features",
        "gives an action with multiplex, cancellation or a sandbox the worker of one without, and the other way round",
        &["C-010"],
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-045", "a singleplex action is sent to a worker that counts"),
        ("C-047", "a multiplex action is sent to a worker with the id 0"),
        ("C-050", "the first request decides how a worker counts"),
        ("C-055", "an action without a sandbox is sent to a sandboxed worker"),
        ("C-095", "the first action decides whether cancel requests are sent"),
        ("C-116", "an action that needs a process to itself shares one"),
        ("C-112", "an action with a sandbox is sent to a worker without"),
    ]),
    Fault::new(
        Kind::KeyIgnoresMnemonic,
        "key-ignores-mnemonic",
        "lets actions of all mnemonics share workers",
        &["C-011"],
    ),
    Fault::new(
        Kind::IgnoreToolChange,
        "ignore-tool-change",
        "goes on using a worker whose tool files have changed",
        &["C-012"],
    )
    .may_also_break(&[("C-013", "a multiplex worker gets requests after the change")]),
    Fault::new(
        Kind::CompareProgramOnly,
        "compare-program-only",
        "looks only at the program when it compares the tool files of singleplex workers",
        &["C-012"],
    ),
    Fault::new(
        Kind::ToolChangeKills,
        "tool-change-kills",
        "ends a multiplex worker whose tools have changed at once, open requests or not",
        &["C-013"],
    )
    .with(MULTIPLEX),
    Fault::new(
        Kind::WorkerWithoutTools,
        "worker-without-tools",
        "uses workers for actions that name no tool files",
        &["C-016"],
    ),
];
