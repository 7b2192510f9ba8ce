//! Faults of noticing that a worker has failed.

use super::Kind;
use super::fault::{Fault, MULTIPLEX};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(Kind::NoTimeLimit, "no-time-limit", "waits for a response for ever", &["C-080"]),
    Fault::new(
        Kind::InterruptWaits,
        "interrupt-waits",
        "ends an interrupted action when its worker has answered",
        &["C-081"],
    )
    .may_also_break(&[
        ("C-095", "nothing is cancelled"),
        ("C-107", "nothing is given up"),
        ("C-133", "the end of the client waits for the worker's work"),
    ]),
    Fault::new(
        Kind::IgnoreExit,
        "ignore-exit",
        "does not notice that a worker with an open request has ended",
        &["C-082"],
    )
    .may_also_break(&[
        ("C-029", "the place of a worker that has ended is taken for ever"),
        ("C-083", "the end of standard output is not noticed either"),
        ("C-084", "what the pipe still holds is not looked at"),
        ("C-087", "the end of an idle worker is not noticed"),
        ("C-088", "the message speaks of a time limit"),
    ]),
    Fault::new(
        Kind::IgnoreStdoutEnd,
        "ignore-stdout-end",
        "waits on after the end of a worker's standard output while the process lives",
        &["C-083"],
    ),
    Fault::new(
        Kind::DropLastResponse,
        "drop-last-response",
        "does not look into the pipe of a worker that has ended",
        &["C-084"],
    )
    .may_also_break(&[
        ("C-065", "what is still in the pipe of a large answer is never read"),
        ("C-086", "an action that was answered runs again"),
    ]),
    Fault::new(
        Kind::RetryTooEarly,
        "retry-too-early",
        "runs an action again before the worker that had it has ended",
        &["C-086"],
    )
    .may_also_break(&[("C-088", "how the process ended is not known yet")]),
    Fault::new(
        Kind::RetryKeepsOutputs,
        "retry-keeps-outputs",
        "leaves the outputs of the first run in their places when an action runs again",
        &["C-086"],
    )
    .may_also_break(&[("C-069", "an output of the first run is taken for one of the second")]),
    Fault::new(
        Kind::NoReplacement,
        "no-replacement",
        "fails the action that finds its worker ended",
        &["C-087"],
    ),
    Fault::new(
        Kind::BareMessage,
        "bare-message",
        "says of a failed worker that it failed, and nothing else",
        &["C-088"],
    )
    .may_also_break(&[("C-141", "the message does not say where the log is")]),
    Fault::new(
        Kind::WriteThenRead,
        "write-then-read",
        "reads nothing while a request is being written",
        &["C-091"],
    )
    .with(MULTIPLEX),
];
