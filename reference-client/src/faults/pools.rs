//! Faults of the number of workers.

use super::Kind;
use super::fault::{Fault, MULTIPLEX};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::OverLimit,
        "over-limit",
        "starts one singleplex worker more than the limit allows",
        &["C-020"],
    )
    .may_also_break(&[(
        "C-099",
        "the next action has a worker of its own and does not wait for the cancelled one",
    )]),
    Fault::new(
        Kind::MultiplexOverLimit,
        "multiplex-over-limit",
        "sends a multiplex worker one request more than the limit allows",
        &["C-021"],
    )
    .with(MULTIPLEX),
    Fault::new(
        Kind::FullPoolFails,
        "full-pool-fails",
        "fails an action that finds its pool full",
        &["C-023"],
    )
    .may_also_break(&[(
        "C-099",
        "a request that was cancelled is still open when the next action wants its place",
    )]),
    Fault::new(
        Kind::NeverIdleOut,
        "never-idle-out",
        "keeps idle workers for ever, whatever the limit",
        &["C-026"],
    ),
    Fault::new(
        Kind::IgnoreMemoryLimit,
        "ignore-memory-limit",
        "does not look at the memory of its workers",
        &["C-027"],
    ),
    Fault::new(
        Kind::MemoryEndsWorking,
        "memory-ends-working",
        "ends working workers and not idle ones when they need too much memory",
        &["C-027"],
    ),
    Fault::new(
        Kind::LosePlace,
        "lose-place",
        "never gives back the place of a request whose worker has failed",
        &["C-029"],
    )
    .may_also_break(&[
        ("C-023", "an action waits for a place that will never be free"),
        ("C-081", "what waits for that place does not end with the build"),
    ]),
];
