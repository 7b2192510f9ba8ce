//! Faults of noticing that a worker has failed.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::hook::{Fault, MULTIPLEX, action, process};
use super::shutdown::FOR_EVER;
use crate::hooks::{ActionHooks, ProcessHooks, Waiting};
use crate::worker::{Process, Seen, WorkerConnection, WorkerEnded};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("no-time-limit", "waits for a response for ever", &["C-080"], process(&NoTimeLimit)),
    Fault::new(
        "interrupt-waits",
        "ends an interrupted action when its worker has answered",
        &["C-081"],
        action(&InterruptWaits),
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
        process(&RetriesTooEarly),
    )
    .may_also_break(&[("C-088", "how the process ended is not known yet")]),
    Fault::new(
        "retry-keeps-outputs",
        "leaves the outputs of the first run in their places when an action runs again",
        &["C-086"],
        action(&RetryKeepsOutputs),
    )
    .may_also_break(&[("C-069", "an output of the first run is taken for one of the second")]),
    Fault::new(
        "no-replacement",
        "fails the action that finds its worker ended",
        &["C-087"],
        action(&NoReplacement),
    ),
    Fault::new(
        "bare-message",
        "says of a failed worker that it failed, and nothing else",
        &["C-088"],
        action(&BareMessage),
    )
    .may_also_break(&[("C-141", "the message does not say where the log is")]),
    Fault::new(
        "write-then-read",
        "reads nothing while a request is being written",
        &["C-091"],
        process(&WritesThenReads),
    )
    .with(MULTIPLEX),
];

struct NoTimeLimit;

impl ProcessHooks for NoTimeLimit {
    fn deadline(&self, _limit: Instant) -> Instant {
        Instant::now() + FOR_EVER
    }
}

/// Heeds only some ends of a worker.
struct Heeds(fn(Seen) -> bool);

impl ProcessHooks for Heeds {
    fn heeds(&self, seen: Seen) -> bool {
        self.0(seen)
    }
}

struct DropsLastResponse;

impl ProcessHooks for DropsLastResponse {
    /// A process that ends after its response has a moment to do so.
    fn before_read<'a>(&self, _worker: &'a WorkerConnection, process: &'a Process) -> Option<Waiting<'a>> {
        let ended = timeout(Duration::from_millis(200), process.ended());
        Some(Box::pin(async { drop(ended.await) }))
    }

    fn reads_after_end(&self) -> bool {
        false
    }
}

struct WritesThenReads;

impl ProcessHooks for WritesThenReads {
    fn before_read<'a>(&self, worker: &'a WorkerConnection, _process: &'a Process) -> Option<Waiting<'a>> {
        Some(Box::pin(async {
            while worker.is_writing() {
                sleep(Duration::from_millis(1)).await;
            }
        }))
    }
}

struct RetriesTooEarly;

impl ProcessHooks for RetriesTooEarly {
    fn waits_for_end(&self) -> bool {
        false
    }
}

struct InterruptWaits;

impl ActionHooks for InterruptWaits {
    fn heeds_interrupts(&self) -> bool {
        false
    }
}

struct RetryKeepsOutputs;

impl ActionHooks for RetryKeepsOutputs {
    fn clears_outputs(&self, retry: bool) -> bool {
        !retry
    }
}

struct NoReplacement;

impl ActionHooks for NoReplacement {
    fn replaces_idle_workers(&self) -> bool {
        false
    }
}

struct BareMessage;

impl ActionHooks for BareMessage {
    fn message(&self, _ended: &WorkerEnded) -> String {
        "the worker failed".to_owned()
    }
}
