//! Faults of the number of workers.

use super::hook::{Fault, MULTIPLEX, pool, settings};
use super::overrides::{EndsIdleFirst, FreesSlot, Settings, WaitsForSlot};
use crate::options::PerMnemonic;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "over-limit",
        "starts one singleplex worker more than the limit allows",
        &["C-020"],
        settings(&Settings(|options| raise(&mut options.max_instances))),
    )
    .may_also_break(&[(
        "C-099",
        "the next action has a worker of its own and does not wait for the cancelled one",
    )]),
    Fault::new(
        "multiplex-over-limit",
        "sends a multiplex worker one request more than the limit allows",
        &["C-021"],
        settings(&Settings(|options| raise(&mut options.max_multiplex_instances))),
    )
    .with(MULTIPLEX),
    Fault::new(
        "full-pool-fails",
        "fails an action that finds its pool full",
        &["C-023"],
        pool(&WaitsForSlot(|| false)),
    )
    .may_also_break(&[(
        "C-099",
        "a request that was cancelled is still open when the next action wants its place",
    )]),
    Fault::new(
        "never-idle-out",
        "keeps idle workers for ever, whatever the limit",
        &["C-026"],
        settings(&Settings(|options| options.idle_limit = None)),
    ),
    Fault::new(
        "ignore-memory-limit",
        "does not look at the memory of its workers",
        &["C-027"],
        settings(&Settings(|options| options.memory_limit = None)),
    ),
    Fault::new(
        "memory-ends-working",
        "ends working workers and not idle ones when they need too much memory",
        &["C-027"],
        pool(&EndsIdleFirst(|| false)),
    ),
    Fault::new(
        "lose-place",
        "never gives back the place of a request whose worker has failed",
        &["C-029"],
        pool(&FreesSlot(|failed| !failed)),
    )
    .may_also_break(&[
        ("C-023", "an action waits for a place that will never be free"),
        ("C-081", "what waits for that place does not end with the build"),
    ]),
];

/// Makes each limit one more than it was.
fn raise(limits: &mut PerMnemonic<usize>) {
    let all = limits.by_name.values_mut().chain([&mut limits.default]);
    all.for_each(|limit| *limit = (*limit).max(1) + 1);
}
