//! Faults of dynamic execution.

use super::Kind;
use super::fault::{DYNAMIC, DYNAMIC_CANCELLATION, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::MixedResult,
        "mixed-result",
        "waits for the worker that has lost, and takes its outputs with the exit code of the winner",
        &["C-120"],
    )
    .with(DYNAMIC)
    .may_also_break(&[("C-122", "the loser is not stopped")]),
    Fault::new(
        Kind::RaceUnsandboxed,
        "race-unsandboxed",
        "races a worker that writes in the place of the outputs",
        &["C-121"],
    )
    .with(DYNAMIC)
    .may_also_break(&[
        ("C-103", "the winner's outputs are put where the loser still writes"),
        ("C-120", "the loser writes over the winner's outputs"),
        ("C-122", "without a sandbox a worker that has lost is ended"),
    ]),
    Fault::new(Kind::LoserEnded, "loser-ended", "ends the worker of the branch that has lost", &["C-122"])
        .with(DYNAMIC_CANCELLATION)
        .may_also_break(&[("C-107", "other requests of the worker end with it")]),
];
