//! How the process starts, lives and ends.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::{ExitStatus, ExpectedOutcome, Mode, Signal, Start, WaitedFor};
use crate::oracle::CallId;
use crate::oracle::Trait;
use crate::oracle::finding::Findings;
use crate::oracle::session::calls::{Calls, LastSent, Overdue};
use crate::oracle::{WorkerViolation, ids};
use pwp_spec::RequirementId;

use super::logs::Logs;

/// Open requests whose traits are looked at when the process dies.
const SUSPECTED: usize = 16;

/// The life of the process, as far as the client sees it.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) mode: Mode,
    pub(super) answered_in_one_shot: bool,
    pub(super) one_shot: Option<ExpectedOutcome>,
    /// Requests that were open when stdin was closed.
    eof: Option<usize>,
    /// Requests that were open at SIGTERM.
    term: Option<usize>,
    /// It closed its stdin before the client did.
    stdin_broken: bool,
    /// That it did so and lived on was reported.
    stdin_reported: bool,
    stdout_closed: bool,
    /// Stdout ended before the client asked the process to end.
    stdout_closed_early: bool,
    killed: bool,
    /// The client's limit for the process's end has passed.
    ignored_end: bool,
    exited: Option<ExitStatus>,
    last_exit_code: Option<i32>,
    died_on: BTreeSet<CallId>,
    died: bool,
}

impl Life {
    pub(super) fn new(start: &Start) -> Self {
        Self { mode: start.mode, one_shot: start.one_shot.clone(), ..Self::default() }
    }

    pub(super) fn answered(&mut self, exit_code: i32) {
        self.last_exit_code = Some(exit_code);
    }

    pub(super) fn stdin_closed(&mut self, calls: &Calls) {
        self.eof = Some(calls.open_count());
    }

    pub(super) fn stdin_broken(&mut self) {
        self.stdin_broken = true;
    }

    /// It closed its stdin and lived on.
    pub(super) fn closed_stdin(&self) -> bool {
        self.stdin_reported
    }

    pub(super) fn stdout_closed(&mut self) {
        self.stdout_closed = true;
        self.stdout_closed_early |= self.eof.is_none() && self.term.is_none();
    }

    pub(super) fn signalled(&mut self, signal: Signal, calls: &Calls) {
        match signal {
            Signal::Term => self.term = Some(calls.open_count()),
            Signal::Int | Signal::Hup | Signal::Quit | Signal::Kill => self.killed = true,
        }
    }

    pub(super) fn killed(&mut self) {
        self.killed = true;
    }

    /// A signal ended it, so what is half written says nothing.
    pub(super) fn ended_from_outside(&self) -> bool {
        self.killed || self.term.is_some()
    }

    /// It ended when the client wanted it to.
    pub(super) fn ended_in_order(&self) -> bool {
        self.exited.is_some() && !self.died && !self.killed && !self.ignored_end
    }

    /// The process's death was reported as the answer to this request.
    pub(super) fn died_on(&self, call: CallId) -> bool {
        self.died_on.contains(&call)
    }

    pub(super) fn waited(&mut self, what: WaitedFor, limit: Duration, calls: &mut Calls, out: &mut Findings) {
        match what {
            WaitedFor::Response => {
                for request in calls.open_mut().filter(|request| request.overdue.is_none()) {
                    request.overdue = Some(Overdue { limit, event: out.here() });
                }
            }
            WaitedFor::Drain => {
                let mut suspects: Vec<RequirementId> =
                    calls.pending_traits().iter().map(|what| what.requirement()).collect();
                // The pipe is full, of 64 KiB, and most of that is this message.
                if calls.unfinished.bytes > 1 << 15 {
                    suspects = vec![ids::LARGE];
                }
                out.violate_at(WorkerViolation::Unanswered { id: 0, limit }, suspects, &[]);
            }
            WaitedFor::Exit => self.not_exited(limit, calls, out),
        }
    }

    fn not_exited(&mut self, limit: Duration, calls: &Calls, out: &mut Findings) {
        let first = !std::mem::replace(&mut self.ignored_end, true);
        if self.killed {
            return;
        }
        if self.mode == Mode::OneShot {
            if self.eof.is_none() || first {
                out.violate(WorkerViolation::OneShotStays { limit });
            }
        } else if let Some(open) = self.term {
            out.violate(WorkerViolation::TermIgnored { open, limit });
        } else if calls.is_malformed {
            if first {
                out.violate(WorkerViolation::MalformedIgnored { limit });
            }
        } else if self.stdin_broken && !self.stdout_closed {
            if !std::mem::replace(&mut self.stdin_reported, true) {
                out.violate(WorkerViolation::StdinClosed { limit });
            }
        } else if let Some(open) = self.eof {
            out.violate(WorkerViolation::EofIgnored { open, limit });
        } else if self.stdout_closed {
            out.violate(WorkerViolation::StdoutClosed { limit });
        }
    }

    pub(super) fn exited(&mut self, status: ExitStatus, calls: &mut Calls, logs: &Logs, out: &mut Findings) {
        self.exited = Some(status);
        if self.killed {
            return;
        }
        if self.mode == Mode::OneShot {
            self.one_shot_ended(status, out);
        } else if calls.is_malformed {
            self.ended_on_malformed(status, logs, out);
        } else if let Some(open) = self.term {
            if !self.ignored_end {
                out.uphold(if open == 0 { ids::TERM_IDLE } else { ids::TERM_OPEN });
            }
            out.observe(ids::TERM_STATUS, status.to_string());
        } else if let Some(open) = self.eof {
            self.ended_at_eof(open, status, calls, out);
        } else {
            self.died(status, calls, out);
        }
    }

    fn one_shot_ended(&self, status: ExitStatus, out: &mut Findings) {
        if !self.ignored_end && !self.answered_in_one_shot {
            out.uphold(ids::ONE_SHOT);
        }
        let Some(outcome) = &self.one_shot else { return };
        // W-008: "In one-shot mode the exit status is 0 if the work succeeded, and not 0 if it failed."
        let Some(expected_success) = outcome.succeeds else { return };
        if expected_success == (status == ExitStatus::Code(0)) {
            out.uphold(if outcome.argfile { ids::ONE_SHOT_ARGFILE } else { ids::ONE_SHOT_STATUS });
        } else if !self.ignored_end {
            out.violate(WorkerViolation::OneShotStatus {
                expected_success,
                status,
                argfile: outcome.argfile,
            });
        }
    }

    fn ended_on_malformed(&self, status: ExitStatus, logs: &Logs, out: &mut Findings) {
        if !self.ignored_end && self.eof.is_none() && self.term.is_none() {
            out.uphold(ids::MALFORMED_ENDS);
            out.observe(ids::MALFORMED_STATUS, status.to_string());
        }
        // W-026: "A worker reports a malformed request on standard error."
        if logs.said_something() {
            out.uphold(ids::MALFORMED_LOGGED);
        } else {
            // It may have been on its way out already when this was sent.
            out.violate_at(
                WorkerViolation::MalformedSilent,
                self.after_last_response().into_iter().collect(),
                &[],
            );
        }
    }

    fn ended_at_eof(&self, open: usize, status: ExitStatus, calls: &Calls, out: &mut Findings) {
        if calls.truncated {
            return;
        }
        if !self.ignored_end {
            out.uphold(if open == 0 { ids::EOF_IDLE } else { ids::EOF_OPEN });
        }
        if calls.wrong_wire_type {
            out.observe(ids::WRONG_WIRE_TYPE_SENT, "treated as an unknown field");
        }
        if open > 0 {
            let left = calls.open_count();
            let what = if left == 0 {
                "answered"
            } else if left == open {
                "abandoned"
            } else {
                "some answered, some abandoned"
            };
            out.observe(ids::EOF_ABANDONS, what);
        } else if status == ExitStatus::Code(0) {
            out.uphold(ids::EOF_STATUS);
        } else {
            // It may have been on its way out already when stdin was closed.
            out.violate_at(
                WorkerViolation::EofStatus { status },
                self.after_last_response().into_iter().collect(),
                &[],
            );
        }
    }

    /// The requirement that is broken if its last response made it end.
    fn after_last_response(&self) -> Option<RequirementId> {
        self.last_exit_code.map(|code| if code == 0 { ids::DIES_ANSWERED } else { ids::DIES_FAILED })
    }

    /// It ended although nobody asked it to.
    fn died(&mut self, status: ExitStatus, calls: &mut Calls, out: &mut Findings) {
        self.died = true;
        if calls.wrong_wire_type {
            out.observe(ids::WRONG_WIRE_TYPE_SENT, "treated as malformed");
            return;
        }
        if calls.open().any(|request| request.duplicate) {
            out.observe(ids::DUPLICATE_ID, "the worker ends");
            return;
        }
        if calls.open().any(|request| request.pipelined) {
            out.observe(ids::PIPELINED, "the worker ends");
            return;
        }
        let open = calls.open_ids();
        let events: Vec<usize> = calls.open().map(|request| request.event).take(8).collect();
        self.died_on = calls.open().map(|request| request.call).collect();
        let partial = calls.unfinished.bytes > 0;
        let behind_cancel = matches!(calls.last, Some(LastSent::Cancel { .. }));
        if open.is_empty() && !partial && !behind_cancel {
            let starting = calls.pending_traits().iter().map(|what| what.requirement()).collect();
            match self.last_exit_code {
                None => out.violate_at(WorkerViolation::NeverServed { status }, starting, &[]),
                Some(0) => out.violate(WorkerViolation::DiedAnswered { status }),
                Some(exit_code) => out.violate(WorkerViolation::DiedFailed { status, exit_code }),
            }
            return;
        }
        let mut traits: Vec<Trait> = if partial { calls.pending_traits() } else { Vec::new() };
        if let Some(LastSent::Cancel { traits: of_cancel }) = &calls.last {
            traits.extend(of_cancel);
        }
        // Any of the open requests may be the one that it could not take.
        traits.extend(calls.open().rev().take(SUSPECTED).flat_map(|request| &request.traits));
        traits.sort_unstable();
        traits.dedup();
        let mut suspects: Vec<RequirementId> = traits.iter().map(|what| what.requirement()).collect();
        // It may have been on its way out already when this was sent.
        suspects.extend(self.after_last_response());
        suspects.extend(calls.ever_split.then_some(ids::SPLIT));
        let violation = if self.last_exit_code.is_none() && open.len() <= 1 && !partial && !behind_cancel {
            WorkerViolation::NeverServed { status }
        } else {
            WorkerViolation::DiedUnanswered { status, open }
        };
        out.violate_at(violation, suspects, &events);
    }

    pub(super) fn survivors(&self, names: &[String], out: &mut Findings) {
        // W-116: "No process that a worker has started outlives it."
        if !names.is_empty() {
            out.violate(WorkerViolation::Survivors { names: names.to_vec() });
        } else if self.exited.is_some() {
            out.uphold(ids::SURVIVORS);
        }
    }

    pub(super) fn finish(&self, calls: &Calls, out: &mut Findings) {
        if self.ended_in_order() && self.mode == Mode::Worker {
            out.uphold(ids::DIES_UNANSWERED);
            if calls.is_malformed && !calls.no_request_answered {
                out.uphold(ids::MALFORMED_UNANSWERED);
            }
            if calls.truncated && !calls.no_request_answered {
                out.uphold(ids::TRUNCATED_UNANSWERED);
            }
            if !calls.is_malformed && self.last_exit_code.is_some() {
                out.uphold(ids::DIES_ANSWERED);
                if !self.stdout_closed_early {
                    out.uphold(ids::STDOUT_OPEN);
                }
            }
        }
    }
}
