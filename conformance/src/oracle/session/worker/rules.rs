//! All rules for one worker process, event by event.

use pwp_spec::{Feature, RequirementId};

use crate::history::{Event, Mode, Start, Timed, WaitedFor};
use crate::oracle::finding::{Finding, Findings};
use crate::oracle::session::calls::Calls;
use crate::oracle::wire::{Response, Wire};
use crate::oracle::{WorkerViolation, ids};

use super::answers::{Answer, Answers};
use super::files::Files;
use super::life::Life;
use super::logs::Logs;

/// Wrong responses in one read after which nothing more is read: a worker that floods its stdout with
/// them would only fill memory.
const FLOOD: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) answers: Answers,
    life: Life,
    files: Files,
    pub(crate) logs: Logs,
    /// Wrong responses in the read that is judged.
    pub(crate) broken: usize,
}

impl Rules {
    pub(crate) fn new(start: &Start) -> Self {
        Self { life: Life::new(start), logs: Logs::new(start), ..Self::default() }
    }

    fn is_one_shot(&self) -> bool {
        self.life.mode == Mode::OneShot
    }

    /// Judges a response, and the work that it is the result of.
    pub(crate) fn response(
        &mut self,
        response: &Response,
        wire: &mut dyn Wire,
        calls: &mut Calls,
        out: &mut Findings,
    ) {
        if self.is_one_shot() {
            return self.one_shot_response(response, wire, calls, out);
        }
        let seen = out.list.len();
        response.kept.iter().for_each(|id| out.uphold(*id));
        for violation in &response.broken {
            out.violate_at(violation.clone(), self.interleaving(calls), &[]);
        }
        match self.answers.response(response, calls, out) {
            Answer::To(call) => {
                let fate = self.answers.fate(call.call);
                self.files.answered(call, fate);
            }
            Answer::WrongId(call) => wire.close(call.call, call.id),
            Answer::Nothing => {}
        }
        self.life.last_exit_code = Some(response.message.exit_code);
        self.broken += usize::from(out.list[seen..].iter().any(Finding::is_violation));
        if self.broken >= FLOOD {
            wire.give_up();
        }
    }

    /// The worker sent what is no response.
    pub(crate) fn broken(&self, violation: WorkerViolation, calls: &Calls, out: &mut Findings) {
        // Without `--persistent_worker` stdout belongs to the tool.
        if !self.is_one_shot() {
            out.violate_at(violation, self.interleaving(calls), &[]);
        }
    }

    /// Without `--persistent_worker` stdout belongs to the tool. What is a response beyond doubt still
    /// shows that a request was read.
    ///
    /// W-004: "Started without `--persistent_worker`, a worker works on its command line once and ends. It neither waits for
    /// requests nor reads any."
    fn one_shot_response(
        &mut self,
        response: &Response,
        wire: &mut dyn Wire,
        calls: &Calls,
        out: &mut Findings,
    ) {
        let is_asked = response.call.is_some_and(|call| calls.open.contains_key(&call));
        if response.broken.is_empty() && is_asked {
            self.life.answered_in_one_shot = true;
            out.violate(WorkerViolation::OneShotAnswers);
            // One is enough.
            wire.give_up();
        }
    }

    /// W-035: "A worker writes each response as a whole. The bytes of two responses are never mixed." Two responses in one
    /// another are a possible cause of bad form where several requests are open.
    fn interleaving(&self, calls: &Calls) -> Vec<RequirementId> {
        let is_parallel = calls.declares(Feature::Multiplex) && calls.open.len() >= 2;
        is_parallel.then_some(ids::WHOLE).into_iter().collect()
    }

    /// The client waits no longer, or stdout has ended: what was begun will not become a response.
    fn leave_off(&self, wire: &mut dyn Wire, calls: &Calls, out: &mut Findings) {
        if let Some(violation) = wire.leave_off() {
            out.violate_at(violation, self.interleaving(calls), &[]);
        }
    }

    /// An event that is no message.
    pub(crate) fn observe(
        &mut self,
        timed: &Timed,
        wire: &mut dyn Wire,
        calls: &mut Calls,
        out: &mut Findings,
    ) {
        match &timed.event {
            Event::StdinBroken { .. } => self.life.stdin_broken = true,
            Event::Stderr(bytes) => self.logs.stderr(bytes.len()),
            Event::StdinClosed => self.life.eof = Some(calls.open.len()),
            Event::StdoutClosed => {
                self.life.stdout_closed();
                if !self.is_one_shot() && !self.life.ended_from_outside() {
                    self.leave_off(wire, calls, out);
                }
            }
            Event::Signalled(signal) => self.life.signalled(*signal, calls),
            Event::Exited(status) => {
                self.life.exited(*status, calls, &self.logs, out);
                if let (true, Some(expected)) = (self.is_one_shot(), &self.life.one_shot) {
                    self.files.one_shot_ended(expected, *status, out);
                }
            }
            Event::Waited { what, limit } => {
                if !self.is_one_shot() && *what != WaitedFor::Exit {
                    self.leave_off(wire, calls, out);
                }
                // What it has left half written is why it reads no more.
                if *what != WaitedFor::Drain || !wire.is_desynchronised() {
                    self.life.waited(*what, *limit, calls, out);
                }
            }
            Event::Quiet(_) => self.logs.quiet(),
            // What one-shot mode leaves is looked at once, when the process has ended.
            Event::File { at_end: true, .. } if self.is_one_shot() => {}
            Event::File { path, state, .. } if self.is_one_shot() => {
                self.files.one_shot_seen(path, state, out);
            }
            Event::File { request, path, state, at_end: true } => {
                self.files.at_end(*request, path, state, out);
            }
            Event::File { request, path, state, .. } => {
                self.files.seen(*request, path, state, calls, out);
            }
            Event::Survivors(names) => self.life.survivors(names, out),
            Event::Memory(bytes) => self.logs.memory(*bytes),
            // W-061: "A worker keeps no input open after the response."
            Event::OpenInputs(paths) if paths.is_empty() => out.uphold(ids::KEPT_OPEN),
            Event::OpenInputs(paths) => out.violate(WorkerViolation::KeptOpen { paths: paths.clone() }),
            Event::Killed { .. } => self.life.killed = true,
            _ => {}
        }
    }

    pub(crate) fn finish(&mut self, wire: &dyn Wire, calls: &Calls, out: &mut Findings) {
        if !self.is_one_shot() {
            // W-030: "A worker writes nothing but `WorkResponse` messages to its standard output, from the first byte of the
            // process to the last."
            if wire.is_clean() && self.life.ended_in_order() {
                out.uphold(ids::STRAY);
            }
            // W-045: "Whether a worker writes a newline after each response."
            if let Some(what) = wire.between_responses() {
                out.observe(ids::JSON_NEWLINE, what);
            }
        }
        let desynchronised = wire.is_desynchronised();
        self.answers.finish(calls, &self.life, desynchronised, out);
        self.files.deferred.finish(self.answers.mispaired || desynchronised, out);
        self.logs.finish(out);
        self.life.finish(calls, out);
    }

    /// Whatever the client waits for will not come.
    pub(crate) fn is_lost(&self, wire: &dyn Wire) -> bool {
        if self.is_one_shot() { self.life.answered_in_one_shot } else { wire.is_desynchronised() }
    }
}
