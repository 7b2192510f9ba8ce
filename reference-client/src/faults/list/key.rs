//! Faults of the choice of a worker for an action.

use std::sync::Arc;

use pwp_proto::Framing;
use pwp_proto::fault::JSON;

use super::hook::Area::{Pool, Strategy};
use super::hook::{Fault, MULTIPLEX, fault};
use crate::key::{Features, NoWorker, WorkerKey};

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
];

/// The key after a change that makes some keys the same.
fn but(key: &WorkerKey, change: fn(&mut WorkerKey)) -> Arc<WorkerKey> {
    let mut changed = key.clone();
    change(&mut changed);
    Arc::new(changed)
}
