//! Faults of the number of workers.

use super::hook::Area::{Pool, Settings};
use super::hook::{Fault, MULTIPLEX, fault};
use crate::options::PerMnemonic;

pub(super) const FAULTS: &[Fault] = &[
    fault("over-limit", &["C-020"])
        .about("starts one singleplex worker more than the limit allows")
        .hook(Settings(|options| raise(&mut options.max_instances)))
        .may_also_break(&[(
            "C-099",
            "the next action has a worker of its own and does not wait for the cancelled one",
        )]),
    fault("multiplex-over-limit", &["C-021"])
        .about("sends a multiplex worker one request more than the limit allows")
        .hook(Settings(|options| raise(&mut options.max_multiplex_instances)))
        .with(MULTIPLEX),
    fault("full-pool-fails", &["C-023"])
        .about("fails an action that finds its pool full")
        .hook(Pool(|hooks| hooks.waits_for_slot = false))
        .may_also_break(&[(
            "C-099",
            "a request that was cancelled is still open when the next action wants its place",
        )]),
    fault("never-idle-out", &["C-026"])
        .about("keeps idle workers for ever, whatever the limit")
        .hook(Settings(|options| options.idle_limit = None)),
    fault("ignore-memory-limit", &["C-027"])
        .about("does not look at the memory of its workers")
        .hook(Settings(|options| options.memory_limit = None)),
    fault("memory-ends-working", &["C-027"])
        .about("ends working workers and not idle ones when they need too much memory")
        .hook(Pool(|hooks| hooks.ends_idle_first = false)),
    fault("lose-place", &["C-029"])
        .about("never gives back the place of a request whose worker has failed")
        .hook(Pool(|hooks| hooks.frees_slot_of_failed = false))
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
