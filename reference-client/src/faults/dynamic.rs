//! Faults of dynamic execution.

use super::hook::{DYNAMIC, DYNAMIC_CANCELLATION, Fault, action, strategy};
use super::overrides::{AfterRace, GivesUp, IsolatesRaces};
use crate::hooks::{ActionHooks as _, GiveUp, NoHooks, SandboxHooks as _};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "mixed-result",
        "waits for the worker that has lost, and takes its outputs with the exit code of the winner",
        &["C-120"],
        action(&AfterRace(|| {
            Some(|spawn, sandbox, directory| drop(NoHooks.collect(spawn, sandbox, directory)))
        })),
    )
    .with(DYNAMIC)
    .may_also_break(&[("C-122", "the loser is not stopped")]),
    Fault::new(
        "race-unsandboxed",
        "races a worker that writes in the place of the outputs",
        &["C-121"],
        strategy(&IsolatesRaces(|| false)),
    )
    .with(DYNAMIC)
    .may_also_break(&[
        ("C-103", "the winner's outputs are put where the loser still writes"),
        ("C-120", "the loser writes over the winner's outputs"),
        ("C-122", "without a sandbox a worker that has lost is ended"),
    ]),
    Fault::new(
        "loser-ended",
        "ends the worker of the branch that has lost",
        &["C-122"],
        action(&GivesUp(|request| if request.races { GiveUp::EndWorker } else { NoHooks.give_up(request) })),
    )
    .with(DYNAMIC_CANCELLATION)
    .may_also_break(&[("C-107", "other requests of the worker end with it")]),
];
