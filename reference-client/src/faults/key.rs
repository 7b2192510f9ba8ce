//! Faults of the choice of a worker for an action.

use std::sync::Arc;

use pwp_proto::Framing;
use pwp_proto::fault::JSON;

use super::hook::{Fault, MULTIPLEX, pool, strategy};
use super::overrides::{ChangedTools, FinishesOpenRequests, IsOneShot, PoolKey};
use crate::hooks::{NoHooks, PoolHooks as _};
use crate::key::{Features, NoWorker, WorkerKey};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("key-ignores-flags",
        "gives an action a worker that was started with other startup flags",
        &["C-010"], pool(&PoolKey(|key| but(key, |key| key.command.truncate(1)))))
    .may_also_break(&[
        ("C-004", "the extra flags of a worker are those of its first action"),
        ("C-030", "the startup flags of later actions reach no command line"),
    ]),
    Fault::new("key-ignores-environment",
        "gives an action a worker that was started with another environment",
        &["C-010"], pool(&PoolKey(|key| but(key, |key| key.environment.clear()))))
    .may_also_break(&[("C-005", "a worker has the environment of another action")]),
    Fault::new("key-ignores-dialect",
        "gives an action a worker that was started for another dialect",
        &["C-010", "C-008"], pool(&PoolKey(|key| but(key, |key| key.dialect = Framing::Proto))))
    .only(JSON),
    Fault::new("key-ignores-features",
        "gives an action with multiplex, cancellation or a sandbox the worker of one without, and the other way round",
        &["C-010"], pool(&PoolKey(|key| but(key, |key| key.features = Features::default()))))
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
    Fault::new("key-ignores-mnemonic",
        "lets actions of all mnemonics share workers",
        &["C-011"], pool(&PoolKey(|key| but(key, |key| key.mnemonic.clear())))),
    Fault::new("ignore-tool-change",
        "goes on using a worker whose tool files have changed",
        &["C-012"], pool(&ChangedTools(|_, _, _| Vec::new())))
    .may_also_break(&[("C-013", "a multiplex worker gets requests after the change")]),
    Fault::new("compare-program-only",
        "looks only at the program when it compares the tool files of singleplex workers",
        &["C-012"], pool(&ChangedTools(|at_start, now, key| {
            let mut changed = NoHooks.changed_tools(at_start, now, key);
            if !key.features.multiplex {
                changed.retain(|path| key.command.first() == Some(path));
            }
            changed
        }))),
    Fault::new("tool-change-kills",
        "ends a multiplex worker whose tools have changed at once, open requests or not",
        &["C-013"], pool(&FinishesOpenRequests(|| false)))
    .with(MULTIPLEX),
    Fault::new("worker-without-tools",
        "uses workers for actions that name no tool files",
        &["C-016"], strategy(&IsOneShot(|reason| reason != NoWorker::NoTools))),
];

/// The key after a change that makes some keys the same.
fn but(key: &WorkerKey, change: fn(&mut WorkerKey)) -> Arc<WorkerKey> {
    let mut changed = key.clone();
    change(&mut changed);
    Arc::new(changed)
}
