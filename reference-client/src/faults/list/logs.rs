//! Faults of workers' logs.

use std::process::Stdio;

use super::hook::Area::{Action, Process};
use super::hook::{Fault, fault};

pub(super) const FAULTS: &[Fault] = &[
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
