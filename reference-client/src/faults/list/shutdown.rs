//! Faults of ending workers, and of their logs.

use std::process::Stdio;
use std::time::Duration;

use super::hook::Area::{Action, Process, Settings};
use super::hook::{Fault, fault};
use crate::hooks::CleaningStep;

/// Longer than anybody waits: a year.
pub(super) const FOR_EVER: Duration = Duration::from_secs(365 * 86_400);

pub(super) const FAULTS: &[Fault] = &[
    fault("leave-workers", &["C-130"])
        .about("ends without ending its workers")
        .hook(Process(|hooks| {
            hooks.launch = |launch, _| launch.kill_on_drop = false;
            hooks.ends_with_client = false;
        }))
        .may_also_break(&[
            ("C-131", "the pipes close by themselves, after the end of the client"),
            ("C-132", "a worker is killed with its client before it has tidied up"),
            ("C-133", "no worker is killed"),
            ("C-134", "no group is killed"),
            ("C-138", "the directory is removed below living workers"),
            ("C-118", "the directories of living workers are left or removed below them"),
        ]),
    fault("keep-input-open", &["C-131"])
        .about("ends workers by SIGTERM, and does not close their standard input")
        .hook(Process(|hooks| hooks.closes_input = false)),
    fault("kill-at-once", &["C-132"])
        .about("ends workers by SIGKILL, without any notice")
        .hook(Process(|hooks| hooks.terminates = false)),
    fault("never-kill", &["C-133"])
        .about("waits for ever for a worker that it has asked to end")
        .hook(Settings(|options| {
            options.limits.grace = FOR_EVER;
            options.limits.short_grace = FOR_EVER;
        }))
        .may_also_break(&[
            ("C-080", "a worker that hangs is asked to end, and waited for"),
            ("C-081", "an interrupted action waits for such a worker"),
            ("C-082", "a request waits for the end of its faulty worker"),
            ("C-130", "the client never ends"),
            ("C-029", "the place of such a worker is never free"),
        ]),
    fault("shared-group", &["C-134"])
        .about("starts workers in its own process group, and kills them alone")
        .hook(Process(|hooks| hooks.launch = |launch, _| launch.own_group = false))
        .may_also_break(&[
            ("C-007", "the children of a worker hold its input open"),
            ("C-027", "the memory of children that live on is counted"),
            ("C-086", "the children of the worker that had the action live on"),
            ("C-130", "the children of a killed worker live on"),
        ]),
    fault("ignore-quit-after-build", &["C-136"])
        .about("keeps workers after a build though it was told to end them")
        .hook(Settings(|options| options.quit_after_build = false)),
    fault("clean-under-worker", &["C-138"])
        .about("removes the directory of workers before it ends them")
        .hook(Process(|hooks| hooks.cleaning = [CleaningStep::Remove, CleaningStep::EndWorkers])),
    fault("stderr-pipe", &["C-140"])
        .about("gives workers a pipe for standard error, and does not read it")
        .hook(Process(|hooks| hooks.launch = |launch, _| launch.stderr = Stdio::piped()))
        .may_also_break(&[("C-088", "there is no log to show"), ("C-141", "nothing is kept")]),
    fault("shared-log", &["C-141"])
        .about("has one log for all workers")
        .hook(Process(|hooks| hooks.log_name = |_| "workers.log".to_owned()))
        .may_also_break(&[("C-088", "the end of the log is that of another worker")]),
    fault("log-in-output", &["C-143"])
        .about("adds the end of a worker's log to the output of the action")
        .hook(Action(|hooks| {
            hooks.response = |response, worker| response.output.push_str(&worker.log_tail());
        })),
];
