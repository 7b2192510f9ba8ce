//! Faults of noticing that a worker has failed.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::hook::Area::{Action, Process};
use super::hook::{Fault, MULTIPLEX, fault};
use super::shutdown::FOR_EVER;
use crate::hooks::Seen;

pub(super) const FAULTS: &[Fault] = &[
    fault("no-time-limit", &["C-080"])
        .about("waits for a response for ever")
        .hook(Process(|hooks| hooks.deadline = |_| Instant::now() + FOR_EVER)),
    fault("interrupt-waits", &["C-081"])
        .about("ends an interrupted action when its worker has answered")
        .hook(Action(|hooks| hooks.heeds_interrupts = false))
        .may_also_break(&[
            ("C-095", "nothing is cancelled"),
            ("C-107", "nothing is given up"),
            ("C-133", "the end of the client waits for the worker's work"),
        ]),
    fault("ignore-exit", &["C-082"])
        .about("does not notice that a worker with an open request has ended")
        .hook(Process(|hooks| hooks.heeds = |seen| !matches!(seen, Seen::Ended | Seen::OutputEnded)))
        .may_also_break(&[
            ("C-029", "the place of a worker that has ended is taken for ever"),
            ("C-083", "the end of standard output is not noticed either"),
            ("C-084", "what the pipe still holds is not looked at"),
            ("C-087", "the end of an idle worker is not noticed"),
            ("C-088", "the message speaks of a time limit"),
        ]),
    fault("ignore-stdout-end", &["C-083"])
        .about("waits on after the end of a worker's standard output while the process lives")
        .hook(Process(|hooks| hooks.heeds = |seen| seen != Seen::OutputEnded)),
    fault("drop-last-response", &["C-084"])
        .about("does not look into the pipe of a worker that has ended")
        .hook(Process(|hooks| {
            // A process that ends after its response has a moment to do so.
            hooks.before_read = |_, process| {
                let ended = timeout(Duration::from_millis(200), process.ended());
                Some(Box::pin(async { drop(ended.await) }))
            };
            hooks.reads_after_end = false;
        }))
        .may_also_break(&[
            ("C-065", "what is still in the pipe of a large answer is never read"),
            ("C-086", "an action that was answered runs again"),
        ]),
    fault("retry-too-early", &["C-086"])
        .about("runs an action again before the worker that had it has ended")
        .hook(Process(|hooks| hooks.waits_for_end = false))
        .may_also_break(&[("C-088", "how the process ended is not known yet")]),
    fault("retry-keeps-outputs", &["C-086"])
        .about("leaves the outputs of the first run in their places when an action runs again")
        .hook(Action(|hooks| hooks.clears_outputs_of_retries = false))
        .may_also_break(&[("C-069", "an output of the first run is taken for one of the second")]),
    fault("no-replacement", &["C-087"])
        .about("fails the action that finds its worker ended")
        .hook(Action(|hooks| hooks.replaces_idle_workers = false)),
    fault("bare-message", &["C-088"])
        .about("says of a failed worker that it failed, and nothing else")
        .hook(Action(|hooks| hooks.message = |_| "the worker failed".to_owned()))
        .may_also_break(&[("C-141", "the message does not say where the log is")]),
    fault("write-then-read", &["C-091"])
        .about("reads nothing while a request is being written")
        .hook(Process(|hooks| hooks.before_read = |worker, _| Some(worker.written())))
        .with(MULTIPLEX),
];
