//! Faults of workers' logs.

use super::Kind;
use super::fault::Fault;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::StderrPipe,
        "stderr-pipe",
        "gives workers a pipe for standard error, and does not read it",
        &["C-140"],
    )
    .may_also_break(&[("C-088", "there is no log to show"), ("C-141", "nothing is kept")]),
    Fault::new(Kind::SharedLog, "shared-log", "has one log for all workers", &["C-141"])
        .may_also_break(&[("C-088", "the end of the log is that of another worker")]),
    Fault::new(
        Kind::LogInOutput,
        "log-in-output",
        "adds the end of a worker's log to the output of the action",
        &["C-143"],
    ),
];
