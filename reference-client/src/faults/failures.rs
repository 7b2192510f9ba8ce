//! Faults of noticing that a worker has failed.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::hook::{Fault, MULTIPLEX, action, process};
use super::overrides::{
    BeforeRead, ClearsOutputs, Deadline, Heeds, HeedsInterrupts, Message, ReplacesIdleWorkers, WaitsForEnd,
};
use super::shutdown::FOR_EVER;
use crate::hooks::{ProcessHooks, Seen, Waiting, WorkerView};
use crate::unix::Process;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "no-time-limit",
        "waits for a response for ever",
        &["C-080"],
        process(&Deadline(|_| Instant::now() + FOR_EVER)),
    ),
    Fault::new(
        "interrupt-waits",
        "ends an interrupted action when its worker has answered",
        &["C-081"],
        action(&HeedsInterrupts(|| false)),
    )
    .may_also_break(&[
        ("C-095", "nothing is cancelled"),
        ("C-107", "nothing is given up"),
        ("C-133", "the end of the client waits for the worker's work"),
    ]),
    Fault::new(
        "ignore-exit",
        "does not notice that a worker with an open request has ended",
        &["C-082"],
        process(&Heeds(|seen| !matches!(seen, Seen::Ended | Seen::OutputEnded))),
    )
    .may_also_break(&[
        ("C-029", "the place of a worker that has ended is taken for ever"),
        ("C-083", "the end of standard output is not noticed either"),
        ("C-084", "what the pipe still holds is not looked at"),
        ("C-087", "the end of an idle worker is not noticed"),
        ("C-088", "the message speaks of a time limit"),
    ]),
    Fault::new(
        "ignore-stdout-end",
        "waits on after the end of a worker's standard output while the process lives",
        &["C-083"],
        process(&Heeds(|seen| seen != Seen::OutputEnded)),
    ),
    Fault::new(
        "drop-last-response",
        "does not look into the pipe of a worker that has ended",
        &["C-084"],
        process(&DropsLastResponse),
    )
    .may_also_break(&[
        ("C-065", "what is still in the pipe of a large answer is never read"),
        ("C-086", "an action that was answered runs again"),
    ]),
    Fault::new(
        "retry-too-early",
        "runs an action again before the worker that had it has ended",
        &["C-086"],
        process(&WaitsForEnd(|| false)),
    )
    .may_also_break(&[("C-088", "how the process ended is not known yet")]),
    Fault::new(
        "retry-keeps-outputs",
        "leaves the outputs of the first run in their places when an action runs again",
        &["C-086"],
        action(&ClearsOutputs(|retry| !retry)),
    )
    .may_also_break(&[("C-069", "an output of the first run is taken for one of the second")]),
    Fault::new(
        "no-replacement",
        "fails the action that finds its worker ended",
        &["C-087"],
        action(&ReplacesIdleWorkers(|| false)),
    ),
    Fault::new(
        "bare-message",
        "says of a failed worker that it failed, and nothing else",
        &["C-088"],
        action(&Message(|_| "the worker failed".to_owned())),
    )
    .may_also_break(&[("C-141", "the message does not say where the log is")]),
    Fault::new(
        "write-then-read",
        "reads nothing while a request is being written",
        &["C-091"],
        process(&BeforeRead(|worker, _| {
            Some(Box::pin(async {
                while worker.is_writing() {
                    sleep(Duration::from_millis(1)).await;
                }
            }))
        })),
    )
    .with(MULTIPLEX),
];

struct DropsLastResponse;

impl ProcessHooks for DropsLastResponse {
    /// A process that ends after its response has a moment to do so.
    fn before_read<'a>(&self, _worker: &'a dyn WorkerView, process: &'a Process) -> Option<Waiting<'a>> {
        let ended = timeout(Duration::from_millis(200), process.ended());
        Some(Box::pin(async { drop(ended.await) }))
    }

    fn reads_after_end(&self) -> bool {
        false
    }
}
