//! The oracle: one history, event by event.

use crate::history::{Event, Mode, Start, Timed, WaitedFor};

use super::Fate;
use super::Finding;
use super::WorkerViolation;
use super::client::Client;
use super::family::{Answers, Files, Form, Life, Logs};
use super::finding::Findings;
use super::ids;

/// Wrong responses in one read after which nothing more is read: a worker that floods its stdout with
/// them would only fill memory.
const FLOOD: usize = 64;

/// Judges one history.
#[derive(Debug)]
pub struct Oracle {
    session: Option<Session>,
    findings: Findings,
    events: usize,
}

/// What is known once the subject was started.
#[derive(Debug)]
struct Session {
    client: Client,
    form: Form,
    answers: Answers,
    life: Life,
    files: Files,
    logs: Logs,
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// An oracle for a history that begins with [`Event::Started`]. What comes before it is not judged.
    pub fn new() -> Self {
        Self { session: None, findings: Findings::default(), events: 0 }
    }

    /// Takes the next event; returns what it shows.
    pub fn observe(&mut self, timed: &Timed) -> Vec<Finding> {
        self.findings.event = Some(self.events);
        self.events += 1;
        if let Event::Started(start) = &timed.event {
            self.session = Some(Session::new(start));
        } else if let Some(session) = &mut self.session {
            session.observe(timed, &mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }

    /// The history is complete.
    pub fn finish(&mut self) -> Vec<Finding> {
        self.findings.event = Some(self.events.saturating_sub(1));
        if let Some(session) = &mut self.session {
            session.finish(&mut self.findings);
        }
        std::mem::take(&mut self.findings.list)
    }

    /// Requests that were sent in full, cancels not counted.
    pub fn sent_requests(&self) -> u64 {
        self.session.as_ref().map_or(0, |session| session.client.sent_requests())
    }

    /// Requests that have no answer yet.
    pub fn open_requests(&self) -> usize {
        self.session.as_ref().map_or(0, |session| session.client.open_count())
    }

    /// Whether the request with this position among the requests of the history was sent in full and has its answer.
    pub fn is_answered(&self, ordinal: u64) -> bool {
        self.session.as_ref().is_some_and(|session| {
            ordinal < session.client.sent_requests()
                && !session.client.open().any(|request| request.ordinal == ordinal)
        })
    }

    /// What became of the work of an answered request.
    pub fn fate(&self, ordinal: u64) -> Fate {
        self.session.as_ref().map_or(Fate::Done, |session| session.answers.fate(ordinal))
    }

    /// The answer to the first request of the history.
    pub fn first_answer(&self) -> Option<&pwp_proto::WorkResponse> {
        self.session.as_ref().and_then(|session| session.answers.first())
    }

    /// Whether one of the open requests is slow by its workload's word.
    pub fn awaits_slow_work(&self) -> bool {
        self.session.as_ref().is_some_and(|session| {
            session.client.open().any(|request| request.expected.as_ref().is_some_and(|outcome| outcome.slow))
        })
    }

    /// The shortest time that slow work took by itself.
    pub fn slow_work_took(&self) -> Option<std::time::Duration> {
        self.session.as_ref().and_then(|session| session.answers.slow())
    }

    /// The worker's stdout can't be read as responses any more: whatever the client waits for will not come.
    pub fn is_desynchronised(&self) -> bool {
        self.session.as_ref().is_some_and(|session| match session.life.mode {
            Mode::Worker => session.form.is_desynchronised(),
            Mode::OneShot => session.life.answered_in_one_shot,
        })
    }
}

impl Session {
    fn new(start: &Start) -> Self {
        Self {
            client: Client::new(start),
            form: Form::new(start),
            answers: Answers::new(start),
            life: Life::new(start),
            files: Files::default(),
            logs: Logs::new(start),
        }
    }

    fn observe(&mut self, timed: &Timed, out: &mut Findings) {
        let Timed { at, event } = timed;
        let here = out.here();
        match event {
            Event::Started(_) => {}
            Event::Expected(outcome) => self.client.expect(outcome.clone()),
            Event::Sent(bytes) => {
                self.client.sent(bytes, here, *at);
                self.logs.sent(&self.client);
            }
            Event::StdinBroken { .. } => self.life.stdin_broken(),
            Event::Received(bytes) => {
                self.form.received(bytes);
                if self.life.mode == Mode::OneShot {
                    self.one_shot_output(out);
                    return;
                }
                let (mut seen, mut broken) = (out.list.len(), 0);
                while let Some(response) = self.form.next_response(&self.client, out) {
                    if let Some(request) = self.answers.response(&response, *at, &mut self.client, out) {
                        self.files.answered(&request, self.answers.fate(request.ordinal));
                    }
                    self.life.answered(response.exit_code);
                    broken += usize::from(out.list[seen..].iter().any(Finding::is_violation));
                    seen = out.list.len();
                    if broken >= FLOOD {
                        self.form.give_up();
                    }
                }
            }
            Event::Stderr(bytes) => self.logs.stderr(bytes.len()),
            Event::StdinClosed => {
                self.client.truncated = !self.client.pending().is_empty();
                for request in self.client.open_mut() {
                    request.given_up |= request.overdue.is_some();
                }
                self.life.stdin_closed(&self.client);
            }
            Event::StdoutClosed => {
                self.life.stdout_closed();
                if self.life.mode == Mode::Worker && !self.life.ended_from_outside() {
                    self.form.left_off(&self.client, out);
                }
            }
            Event::Signalled(signal) => self.life.signalled(*signal, &self.client),
            Event::Exited(status) => {
                self.life.exited(*status, &mut self.client, &self.logs, out);
                if let (Mode::OneShot, Some(expected)) = (self.life.mode, &self.life.one_shot) {
                    self.files.one_shot_ended(expected, *status, out);
                }
            }
            Event::Waited { what, limit } => {
                if self.life.mode == Mode::Worker && *what != WaitedFor::Exit {
                    self.form.left_off(&self.client, out);
                }
                // What it has left half written is why it reads no more.
                if *what != WaitedFor::Drain || !self.form.is_desynchronised() {
                    self.life.waited(*what, *limit, &mut self.client, out);
                }
            }
            Event::Quiet(_) => self.logs.quiet(),
            Event::File { path, state, at_end, .. } if self.life.mode == Mode::OneShot => {
                if !at_end {
                    self.files.one_shot_seen(path, state, out);
                }
            }
            Event::File { request, path, state, at_end } => {
                self.files.seen(*request, path, state, *at_end, &self.client, out);
            }
            Event::Survivors(names) => self.life.survivors(names, out),
            Event::Memory(bytes) => self.logs.memory(*bytes),
            Event::OpenInputs(paths) if paths.is_empty() => out.uphold(ids::KEPT_OPEN),
            Event::OpenInputs(paths) => out.violate(WorkerViolation::KeptOpen { paths: paths.clone() }),
            Event::Killed { .. } => self.life.killed(),
        }
    }

    /// Without `--persistent_worker` stdout belongs to the tool. What is a response beyond doubt still
    /// shows that a request was read.
    fn one_shot_output(&mut self, out: &mut Findings) {
        let mut aside = Findings::default();
        while let Some(response) = self.form.next_response(&self.client, &mut aside) {
            let judged = std::mem::take(&mut aside.list);
            let doubtful = judged.iter().any(Finding::is_violation);
            if !doubtful && !self.client.answer_is_unasked(response.request_id) {
                self.life.answered_in_one_shot = true;
                out.violate(WorkerViolation::OneShotAnswers);
                // One is enough.
                self.form.give_up();
            }
        }
    }

    fn finish(&mut self, out: &mut Findings) {
        if self.life.mode == Mode::Worker {
            self.form.finish(self.life.ended_in_order(), out);
        }
        self.answers.finish(&mut self.client, &self.life, self.form.is_desynchronised(), out);
        self.files.finish(self.answers.mispaired() || self.form.is_desynchronised(), out);
        self.logs.finish(out);
        self.life.finish(&self.client, out);
    }
}
