//! Faults of the choice of a worker for an action, and of the number of workers.

use std::sync::Arc;

use pwp_proto::Framing;
use pwp_proto::fault::JSON;

use super::hook::Area::{Pool, Settings, Strategy};
use super::hook::{Fault, MULTIPLEX, fault};
use crate::key::{Features, NoWorker, WorkerKey};
use crate::options::PerMnemonic;

pub(super) const FAULTS: &[Fault] = &[
    fault("key-ignores-flags", &["C-010"])
        .about("gives an action a worker that was started with other startup flags")
        .hook(Pool(|hooks| hooks.pool_key = |key| but(key, |key| key.command.truncate(1))))
        .may_also_break(&[
            ("C-004", "the extra flags of a worker are those of its first action"),
            ("C-030", "the startup flags of later actions reach no command line"),
        ]),
    fault("key-ignores-environment", &["C-010"])
        .about("gives an action a worker that was started with another environment")
        .hook(Pool(|hooks| hooks.pool_key = |key| but(key, |key| key.environment.clear())))
        .may_also_break(&[("C-005", "a worker has the environment of another action")]),
    fault("key-ignores-dialect", &["C-010", "C-008"])
        .about("gives an action a worker that was started for another dialect")
        .hook(Pool(|hooks| hooks.pool_key = |key| but(key, |key| key.dialect = Framing::Proto)))
        .only(JSON),
    fault("key-ignores-features", &["C-010"])
        .about(
            "gives an action with multiplex, cancellation or a sandbox the worker of one without, and the \
            other way round",
        )
        .hook(Pool(|hooks| hooks.pool_key = |key| but(key, |key| key.features = Features::default())))
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
    fault("key-ignores-mnemonic", &["C-011"])
        .about("lets actions of all mnemonics share workers")
        .hook(Pool(|hooks| hooks.pool_key = |key| but(key, |key| key.mnemonic.clear()))),
    fault("ignore-tool-change", &["C-012"])
        .about("goes on using a worker whose tool files have changed")
        .hook(Pool(|hooks| hooks.changed_tools = |_, _, _| Vec::new()))
        .may_also_break(&[("C-013", "a multiplex worker gets requests after the change")]),
    fault("compare-program-only", &["C-012"])
        .about("looks only at the program when it compares the tool files of singleplex workers")
        .hook(Pool(|hooks| {
            hooks.changed_tools = |at_start, now, key| {
                let mut changed = at_start.changed(now);
                if !key.features.multiplex {
                    changed.retain(|path| key.command.first() == Some(path));
                }
                changed
            };
        })),
    fault("tool-change-kills", &["C-013"])
        .about("ends a multiplex worker whose tools have changed at once, open requests or not")
        .hook(Pool(|hooks| hooks.finishes_open_requests = false))
        .with(MULTIPLEX),
    fault("worker-without-tools", &["C-016"])
        .about("uses workers for actions that name no tool files")
        .hook(Strategy(|hooks| hooks.is_one_shot = |reason| reason != NoWorker::NoTools)),
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

/// The key after a change that makes some keys the same.
fn but(key: &WorkerKey, change: fn(&mut WorkerKey)) -> Arc<WorkerKey> {
    let mut changed = key.clone();
    change(&mut changed);
    Arc::new(changed)
}

/// Makes each limit one more than it was.
fn raise(limits: &mut PerMnemonic<usize>) {
    let all = limits.by_name.values_mut().chain([&mut limits.default]);
    all.for_each(|limit| *limit = (*limit).max(1) + 1);
}
