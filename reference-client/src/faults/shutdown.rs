//! Faults of ending workers.

use std::time::Duration;

use super::hook::{Fault, process, settings};
use super::overrides::{Cleaning, GivesNotice, Launches, Settings};
use crate::hooks::{CleaningStep, Notice, ProcessHooks};
use crate::options::Options;
use crate::unix::Launch;

/// Longer than anybody waits: a year.
pub(super) const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("leave-workers", "ends without ending its workers", &["C-130"], process(&LeavesWorkers))
        .may_also_break(&[
            ("C-131", "the pipes close by themselves, after the end of the client"),
            ("C-132", "a worker is killed with its client before it has tidied up"),
            ("C-133", "no worker is killed"),
            ("C-134", "no group is killed"),
            ("C-138", "the directory is removed below living workers"),
            ("C-118", "the directories of living workers are left or removed below them"),
        ]),
    Fault::new(
        "keep-input-open",
        "ends workers by SIGTERM, and does not close their standard input",
        &["C-131"],
        process(&GivesNotice(|| Notice { closes_input: false, terminates: true })),
    ),
    Fault::new(
        "kill-at-once",
        "ends workers by SIGKILL, without any notice",
        &["C-132"],
        process(&GivesNotice(|| Notice { closes_input: true, terminates: false })),
    ),
    Fault::new(
        "never-kill",
        "waits for ever for a worker that it has asked to end",
        &["C-133"],
        settings(&Settings(|options| {
            options.limits.grace = FOR_EVER;
            options.limits.short_grace = FOR_EVER;
        })),
    )
    .may_also_break(&[
        ("C-080", "a worker that hangs is asked to end, and waited for"),
        ("C-081", "an interrupted action waits for such a worker"),
        ("C-082", "a request waits for the end of its faulty worker"),
        ("C-130", "the client never ends"),
        ("C-029", "the place of such a worker is never free"),
    ]),
    Fault::new(
        "shared-group",
        "starts workers in its own process group, and kills them alone",
        &["C-134"],
        process(&Launches(|launch, _| launch.own_group = false)),
    )
    .may_also_break(&[
        ("C-007", "the children of a worker hold its input open"),
        ("C-027", "the memory of children that live on is counted"),
        ("C-086", "the children of the worker that had the action live on"),
        ("C-130", "the children of a killed worker live on"),
    ]),
    Fault::new(
        "ignore-quit-after-build",
        "keeps workers after a build though it was told to end them",
        &["C-136"],
        settings(&Settings(|options| options.quit_after_build = false)),
    ),
    Fault::new(
        "clean-under-worker",
        "removes the directory of workers before it ends them",
        &["C-138"],
        process(&Cleaning(|| [CleaningStep::Remove, CleaningStep::EndWorkers])),
    ),
];

struct LeavesWorkers;

impl ProcessHooks for LeavesWorkers {
    fn launch(&self, launch: &mut Launch<'_>, _options: &Options) {
        launch.kill_on_drop = false;
    }

    fn ends_with_client(&self) -> bool {
        false
    }
}
