//! Faults of workers' logs.

use std::process::Stdio;

use super::hook::{Fault, action, process};
use super::overrides::{Launches, LogName, Response};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "stderr-pipe",
        "gives workers a pipe for standard error, and does not read it",
        &["C-140"],
        process(&Launches(|launch, _| launch.stderr = Stdio::piped())),
    )
    .may_also_break(&[("C-088", "there is no log to show"), ("C-141", "nothing is kept")]),
    Fault::new(
        "shared-log",
        "has one log for all workers",
        &["C-141"],
        process(&LogName(|_| "workers.log".to_owned())),
    )
    .may_also_break(&[("C-088", "the end of the log is that of another worker")]),
    Fault::new(
        "log-in-output",
        "adds the end of a worker's log to the output of the action",
        &["C-143"],
        action(&Response(|response, worker| response.output.push_str(&worker.log_tail()))),
    ),
];
