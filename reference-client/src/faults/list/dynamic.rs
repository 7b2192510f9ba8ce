//! Faults of dynamic execution.

use super::hook::Area::{Action, Strategy};
use super::hook::{DYNAMIC, DYNAMIC_CANCELLATION, Fault, fault};
use crate::files::collect;
use crate::hooks::{GiveUp, give_up};

pub(super) const FAULTS: &[Fault] = &[
    fault("mixed-result", &["C-120"])
        .about("waits for the worker that has lost, and takes its outputs with the exit code of the winner")
        .hook(Action(|hooks| {
            hooks.after_race = Some(|spawn, sandbox, directory| drop(collect(spawn, sandbox, directory)));
        }))
        .with(DYNAMIC)
        .may_also_break(&[("C-122", "the loser is not stopped")]),
    fault("race-unsandboxed", &["C-121"])
        .about("races a worker that writes in the place of the outputs")
        .hook(Strategy(|hooks| hooks.isolates_races = false))
        .with(DYNAMIC)
        .may_also_break(&[
            ("C-103", "the winner's outputs are put where the loser still writes"),
            ("C-120", "the loser writes over the winner's outputs"),
            ("C-122", "without a sandbox a worker that has lost is ended"),
        ]),
    fault("loser-ended", &["C-122"])
        .about("ends the worker of the branch that has lost")
        .hook(Action(|hooks| {
            hooks.give_up = |request| if request.races { GiveUp::EndWorker } else { give_up(request) };
        }))
        .with(DYNAMIC_CANCELLATION)
        .may_also_break(&[("C-107", "other requests of the worker end with it")]),
];
