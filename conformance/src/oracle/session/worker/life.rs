//! How the process starts, lives and ends.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::history::{ExitStatus, ExpectedOutcome, Mode, Signal, Start, WaitedFor};
use crate::oracle::finding::Findings;
use crate::oracle::session::calls::{Call, Calls, Overdue};
use crate::oracle::{CallId, Trait, WorkerViolation, ids};
use pwp_spec::RequirementId;

use super::logs::Logs;

/// Open requests whose traits are looked at when the process dies.
const SUSPECTED: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) mode: Mode,
    pub(super) answered_in_one_shot: bool,
    pub(super) one_shot: Option<ExpectedOutcome>,
    /// Requests that were open when stdin was closed.
    pub(super) eof: Option<usize>,
    /// Requests that were open at SIGTERM.
    term: Option<usize>,
    /// It closed its stdin before the client did.
    pub(super) stdin_broken: bool,
    /// That it did so and lived on was reported.
    pub(super) stdin_reported: bool,
    stdout_closed: bool,
    /// Stdout ended before the client asked the process to end.
    stdout_closed_early: bool,
    pub(super) killed: bool,
    /// The client's limit for the process's end has passed.
    ignored_end: bool,
    exited: Option<ExitStatus>,
    pub(super) last_exit_code: Option<i32>,
    /// Requests as the answer to which its death was reported.
    pub(super) died_on: BTreeSet<CallId>,
    died: bool,
}

impl Life {
    pub(super) fn new(start: &Start) -> Self {
        Self { mode: start.mode, one_shot: start.one_shot.clone(), ..Self::default() }
    }

    pub(super) fn stdout_closed(&mut self) {
        self.stdout_closed = true;
        self.stdout_closed_early |= self.eof.is_none() && self.term.is_none();
    }

    pub(super) fn signalled(&mut self, signal: Signal, calls: &Calls) {
        match signal {
            Signal::Term => self.term = Some(calls.open.len()),
            Signal::Int | Signal::Hup | Signal::Quit | Signal::Kill => self.killed = true,
        }
    }

    /// A signal ended it, so what is half written says nothing.
    pub(super) fn ended_from_outside(&self) -> bool {
        self.killed || self.term.is_some()
    }

    /// It ended when the client wanted it to.
    pub(super) fn ended_in_order(&self) -> bool {
        self.exited.is_some() && !self.died && !self.killed && !self.ignored_end
    }

    pub(super) fn waited(&mut self, what: WaitedFor, limit: Duration, calls: &mut Calls, out: &mut Findings) {
        match what {
            WaitedFor::Response => {
                calls.any_overdue |= !calls.open.is_empty();
                calls.open.values_mut().for_each(|request| {
                    request.overdue.get_or_insert_with(|| Overdue { limit, event: out.here() });
                });
            }
            WaitedFor::Drain => {
                let mut suspects = Trait::requirements(&calls.pending_traits());
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
            let argfile = outcome.argfile;
            out.violate(WorkerViolation::OneShotStatus { expected_success, status, argfile });
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
            self.blame_last_response(WorkerViolation::MalformedSilent, out);
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
            let what = match calls.open.len() {
                0 => "answered",
                left if left == open => "abandoned",
                _ => "some answered, some abandoned",
            };
            out.observe(ids::EOF_ABANDONS, what);
        } else if status == ExitStatus::Code(0) {
            out.uphold(ids::EOF_STATUS);
        } else {
            self.blame_last_response(WorkerViolation::EofStatus { status }, out);
        }
    }

    /// The requirement that is broken if its last response made it end.
    fn after_last_response(&self) -> Option<RequirementId> {
        self.last_exit_code.map(|code| if code == 0 { ids::DIES_ANSWERED } else { ids::DIES_FAILED })
    }

    /// It may have been on its way out already when the client did what shows this.
    fn blame_last_response(&self, violation: WorkerViolation, out: &mut Findings) {
        out.violate_at(violation, self.after_last_response().into_iter().collect(), &[]);
    }

    /// It ended although nobody asked it to.
    fn died(&mut self, status: ExitStatus, calls: &mut Calls, out: &mut Findings) {
        self.died = true;
        if calls.wrong_wire_type {
            return out.observe(ids::WRONG_WIRE_TYPE_SENT, "treated as malformed");
        }
        // An id that is open twice, of a multiplex worker, says more than a second request to a singleplex one.
        if let Some(id) = calls.open.values().filter_map(Call::unordered).max() {
            return out.observe(id, "the worker ends");
        }
        let open = calls.open_ids();
        let events: Vec<usize> = calls.open.values().map(|request| request.event).take(8).collect();
        self.died_on = calls.open.values().map(|request| request.call).collect();
        let partial = calls.unfinished.bytes > 0;
        let last = calls.last.as_ref().filter(|last| last.is_cancel);
        let behind_cancel = last.is_some();
        if open.is_empty() && !partial && !behind_cancel {
            let starting = Trait::requirements(&calls.pending_traits());
            match self.last_exit_code {
                None => out.violate_at(WorkerViolation::NeverServed { status }, starting, &[]),
                Some(0) => out.violate(WorkerViolation::DiedAnswered { status }),
                Some(exit_code) => out.violate(WorkerViolation::DiedFailed { status, exit_code }),
            }
            return;
        }
        let mut traits: Vec<Trait> = if partial { calls.pending_traits() } else { Vec::new() };
        traits.extend(last.into_iter().flat_map(|cancel| &cancel.traits));
        // Any of the open requests may be the one that it could not take.
        traits.extend(calls.open.values().rev().take(SUSPECTED).flat_map(|request| &request.traits));
        traits.sort_unstable();
        traits.dedup();
        let mut suspects = Trait::requirements(&traits);
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
        if !self.ended_in_order() || self.mode != Mode::Worker {
            return;
        }
        let is_served = !calls.is_malformed && self.last_exit_code.is_some();
        for (is_kept, id) in [
            (true, ids::DIES_UNANSWERED),
            (calls.is_malformed && !calls.no_request_answered, ids::MALFORMED_UNANSWERED),
            (calls.truncated && !calls.no_request_answered, ids::TRUNCATED_UNANSWERED),
            (is_served, ids::DIES_ANSWERED),
            (is_served && !self.stdout_closed_early, ids::STDOUT_OPEN),
        ] {
            if is_kept {
                out.uphold(id);
            }
        }
    }
}
