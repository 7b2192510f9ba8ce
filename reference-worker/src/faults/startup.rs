//! Faults of the start of the process, and of one-shot mode.

use std::sync::atomic::Ordering;

use super::kit::OUTSIDE;
use super::{Active, Fault, Start};
use crate::Worker;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "not-persistent",
        "does one-shot work in spite of --persistent_worker, and exits",
        &["W-001"],
        OUTSIDE,
    ),
    Fault::new(
        "flag-must-be-last",
        "recognises --persistent_worker only as its last argument",
        &["W-002"],
        OUTSIDE,
    )
    .may_also_break(&[(
        "W-003",
        "with an unknown flag behind it, --persistent_worker is not the last one either",
    )]),
    Fault::new("reject-unknown-flag", "exits if a startup flag is unknown", &["W-003"], OUTSIDE),
    Fault::new(
        "always-persistent",
        "reads requests from standard input without --persistent_worker, too",
        &["W-004"],
        OUTSIDE,
    )
    .may_also_break(&[
        ("W-005", "one-shot work is not done at all"),
        ("W-008", "one-shot work is not done at all, and the exit status is that of a worker"),
        ("W-009", "one-shot work is not done at all"),
    ]),
    Fault::new(
        "one-shot-no-argfile",
        "does not expand @path arguments in one-shot mode",
        &["W-005"],
        OUTSIDE,
    ),
    Fault::new("no-argfile", "does not expand @path arguments in worker mode", &["W-006"], OUTSIDE),
    Fault::new(
        "one-shot-exit-zero",
        "exits with status 0 in one-shot mode, also if the work failed",
        &["W-008"],
        OUTSIDE,
    )
    .may_also_break(&[("W-009", "in worker mode failed work has another exit code")]),
    Fault::new("one-shot-differs", "adds a line to output files in one-shot mode", &["W-009"], OUTSIDE),
];

impl Active {
    /// How to start, given whether `--persistent_worker` is there, whether it is the last argument, and what the arguments are that
    /// are no start-up flag.
    pub(crate) fn start(&self, is_persistent: bool, is_last: bool, rest: &[String]) -> Start {
        let is_persistent = if self.has("always-persistent") {
            true
        } else if self.has("not-persistent") {
            false
        } else if self.has("flag-must-be-last") {
            is_last
        } else {
            is_persistent
        };
        if !is_persistent {
            self.once.store(true, Ordering::Relaxed);
            return Start::Once;
        }
        match rest.first() {
            Some(flag) if self.has("reject-unknown-flag") => {
                Start::Refuse(format!("fault reject-unknown-flag: unknown startup flag {flag}"))
            }
            _ => Start::Persistent,
        }
    }

    /// What the worker believes of itself.
    pub(crate) fn change(&self, mut worker: Worker) -> Worker {
        if self.has("no-argfile") || self.has("argfile-outside-sandbox") {
            worker = worker.argfiles(false);
        }
        if self.has("ignore-sandbox-dir") {
            worker = worker.multiplex_sandboxing(true);
        }
        if self.has("serial") {
            worker = worker.multiplex(false);
        }
        worker
    }
}
