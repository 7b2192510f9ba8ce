//! Starts the worker, sends the requests, waits within bounds, and ends it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use pwp_proto::{FrameReader, Framing, MAX_MESSAGE, WorkRequest, WorkResponse, decode, encode};
use pwp_spec::{Catalogue, Level};

use crate::history::{Event, ExitStatus, Mode, Signal, Start, Timed, WaitedFor, abridged};
use crate::oracle::{Finding, Oracle, Verdict};
use crate::process::interrupted;
use crate::report::micros;

use super::model::{Answer, Broken, Call, CallOptions, Called, FLAG};
use super::one_shot::{self, snapshot};
use super::pipes::Pipes;

/// Bytes of stderr that are kept.
const STDERR: usize = 64 << 10;
/// Violations and surplus responses that are kept; more would say nothing new.
const KEPT: usize = 64;
/// How long to read on when the worker has ended, if what it left behind has its streams open.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// Bytes of output of all answers and runs in one-shot mode together that are kept as they are. Of further ones the long ones are abridged.
const OUTPUTS: usize = 24 << 20;
/// No wait is longer without a look whether the worker still lives.
const SLICE: Duration = Duration::from_millis(20);
/// How long a worker may take at least and at most to end when its stdin is closed, and again at SIGTERM; between them,
/// as long as for an answer.
const END: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Starts a worker, sends it requests, and ends it.
///
/// # Errors
/// Where it can't be started. That it does not answer is no error: the result says so.
pub(crate) fn call(options: &CallOptions) -> anyhow::Result<Called> {
    let mut options = options.clone();
    if options.parallel {
        give_ids(&mut options.requests);
    }
    let mut session = CallSession::start(&options)?;
    if options.parallel {
        (0..options.requests.len()).for_each(|number| session.send(number));
        (0..options.requests.len()).for_each(|number| session.wait(number));
    } else {
        for number in 0..options.requests.len() {
            if session.called.calls[..number].iter().any(|call| call.problem.is_some()) {
                session.called.calls[number].problem =
                    Some("not sent, since the one before got no answer".into());
            } else {
                session.one(number);
            }
        }
    }
    Ok(session.end())
}

/// Abridges an output for which there is no room.
fn keep_output(output: &mut String, room: &mut usize) {
    if output.len() > *room {
        *output = abridged(output).into_owned();
    }
    *room = room.saturating_sub(output.len());
}

/// Requests that are open at the same time are told apart by their ids.
fn give_ids(requests: &mut [WorkRequest]) {
    let taken: BTreeSet<i32> = requests.iter().map(|request| request.request_id).collect();
    let free = (1..i32::MAX).filter(|id| !taken.contains(id));
    let without = requests.iter_mut().filter(|request| request.request_id == 0 && !request.cancel);
    without.zip(free).for_each(|(request, id)| request.request_id = id);
}

/// A worker that is being called, and what has come of it so far.
struct CallSession<'a> {
    options: &'a CallOptions,
    pipes: Pipes,
    oracle: Oracle,
    responses: FrameReader,
    started: Instant,
    stdout_closed: Option<Instant>,
    exited: Option<ExitStatus>,
    /// How many bytes of output may still be kept as they are.
    room: usize,
    called: Called,
}

impl<'a> CallSession<'a> {
    fn start(options: &'a CallOptions) -> anyhow::Result<Self> {
        let mut argv = options.command.clone();
        if !argv.iter().any(|word| word == FLAG) {
            argv.push(FLAG.into());
        }
        let pipes = Pipes::start(&argv, options.folder.path())?;
        let as_json = |request| serde_json::from_slice(&encode(Framing::Json, request)).unwrap_or_default();
        let call = |request| Call { request: as_json(request), ..Call::default() };
        let mut session = Self {
            options,
            pipes,
            oracle: Oracle::new(),
            responses: FrameReader::new(options.dialect, MAX_MESSAGE),
            started: Instant::now(),
            stdout_closed: None,
            exited: None,
            room: OUTPUTS,
            called: Called {
                command: argv.clone(),
                dialect: options.dialect.to_string(),
                calls: options.requests.iter().map(call).collect(),
                ..Called::default()
            },
        };
        session.judge(Event::Started(Start {
            argv,
            dialect: options.dialect.into(),
            features: options.features.clone(),
            mode: Mode::Worker,
            flag: None,
            one_shot: None,
            confined: false,
        }));
        Ok(session)
    }

    /// Sends a request, waits for its answer, and does the same work in one-shot mode if that is asked for.
    fn one(&mut self, number: usize) {
        let folder = &self.options.folder;
        let before = self.options.one_shot.then(|| snapshot(folder));
        self.send(number);
        self.wait(number);
        if self.options.one_shot
            && let Some(answer) = &self.called.calls[number].answer
        {
            let request = &self.options.requests[number];
            let run = one_shot::run(self.options, request, answer, before);
            self.called.calls[number].one_shot = Some(run);
        }
        let call = &mut self.called.calls[number];
        let outputs = [
            call.answer.as_mut().map(|answer| &mut answer.output),
            call.one_shot.as_mut().map(|run| &mut run.output),
        ];
        outputs.into_iter().flatten().for_each(|output| keep_output(output, &mut self.room));
    }

    fn send(&mut self, number: usize) {
        let bytes = encode(self.options.dialect, &self.options.requests[number]);
        self.called.calls[number].sent = Some(Instant::now());
        self.judge(Event::Sent(bytes.clone()));
        self.pipes.send(&bytes);
    }

    /// Waits for the answer to a request. A cancel has none.
    fn wait(&mut self, number: usize) {
        if self.options.requests[number].cancel {
            return;
        }
        let until = Instant::now() + self.options.timeout;
        let surplus = self.called.surplus.len();
        let problem = loop {
            if self.called.calls[number].answer.is_some() {
                return;
            }
            if let Some(answer) = self.called.surplus.get(surplus).filter(|_| !self.options.parallel) {
                let (got, id) = (answer.request_id, self.options.requests[number].request_id);
                break format!(
                    "a response came with request_id {got}, and the request has {id}; a worker has to echo it"
                );
            }
            if let Some(problem) = self.hopeless() {
                break problem;
            }
            if Instant::now() >= until {
                let limit = self.options.timeout;
                self.judge(Event::Waited { what: WaitedFor::Response, limit });
                break format!(
                    "no response within {limit:.1?}; if its work takes longer, give it more with --timeout, and look whether the worker speaks {} (--dialect)",
                    self.options.dialect
                );
            }
            self.turn(until);
        };
        self.called.calls[number].problem = Some(problem);
    }

    /// Why nothing that is still to come can be an answer.
    fn hopeless(&self) -> Option<String> {
        if interrupted() {
            return Some("the call was interrupted".into());
        }
        if let Some(status) = self.exited {
            return Some(format!(
                "the worker ended with {status} instead; its stderr says why, if it is a good one"
            ));
        }
        // Most close it because they end, and how they do says more.
        if self.stdout_closed.is_some_and(|at| at.elapsed() > self.end_limit()) {
            return Some("the worker has closed its stdout; it has to keep it open until it ends".into());
        }
        self.oracle.is_desynchronised().then(|| {
            "what the worker wrote to its stdout is no response, so nothing behind it can be read; see below what it is"
                .into()
        })
    }

    /// Takes what comes next, until `until` at most.
    fn turn(&mut self, until: Instant) {
        let Some(event) = self.pipes.next(until.min(Instant::now() + SLICE)) else {
            // What it had written before its end came first.
            return self.look_for_end();
        };
        match &event {
            Event::Received(bytes) => self.received(bytes),
            Event::Stderr(bytes) => {
                let stderr = &mut self.called.stderr;
                stderr.push_str(&String::from_utf8_lossy(bytes));
                let surplus = stderr.len().saturating_sub(STDERR);
                let cut = (surplus..=stderr.len()).find(|at| stderr.is_char_boundary(*at)).unwrap_or(0);
                stderr.drain(..cut);
            }
            Event::StdoutClosed => self.stdout_closed = Some(Instant::now()),
            _ => {}
        }
        self.judge(event);
    }

    /// Looks whether the worker has ended.
    fn look_for_end(&mut self) {
        if self.exited.is_none()
            && let Some(status) = self.pipes.process.exit_status()
        {
            self.exited = Some(status);
            self.judge(Event::Exited(status));
        }
    }

    fn received(&mut self, bytes: &[u8]) {
        let now = Instant::now();
        self.responses.push(bytes);
        while let Ok(Some(frame)) = self.responses.next_frame() {
            if let Ok(decoded) = decode::<WorkResponse>(self.options.dialect, &frame.body) {
                self.answered(decoded.message, now);
            }
        }
    }

    /// Finds the request that a response answers: the first open one with its id.
    fn answered(&mut self, response: WorkResponse, now: Instant) {
        let mut exchanges = self.options.requests.iter().zip(&mut self.called.calls);
        let call = exchanges.find_map(|(request, call)| {
            let is_open = call.sent.is_some() && call.answer.is_none() && !request.cancel;
            (is_open && request.request_id == response.request_id).then_some(call)
        });
        let since = call.as_ref().and_then(|call| call.sent).unwrap_or(self.started);
        let mut output = response.output;
        match &call {
            // It is compared with that of one-shot mode first.
            Some(_) if !self.options.parallel => {}
            Some(_) => keep_output(&mut output, &mut self.room),
            None => keep_output(&mut output, &mut 0),
        }
        let answer = Answer {
            request_id: response.request_id,
            exit_code: response.exit_code,
            output,
            was_cancelled: response.was_cancelled,
            took_us: micros(now - since),
        };
        match call {
            Some(call) => call.answer = Some(answer),
            None if self.called.surplus.len() < KEPT => self.called.surplus.push(answer),
            None => {}
        }
    }

    /// Ends the worker: stdin, SIGTERM, force.
    fn end(mut self) -> Called {
        self.pipes.close_stdin();
        self.judge(Event::StdinClosed);
        let mut how = "when its stdin was closed";
        if interrupted() && self.exited.is_none() {
            how = "by force, since the call was interrupted";
            self.judge(Event::Killed { reason: "the call was interrupted".into() });
            self.pipes.process.kill();
            self.exited = self.pipes.process.exit_status();
        } else if self.exited.is_some() {
            how = "by itself";
        } else if !self.wait_for_end() {
            self.judge(Event::Waited { what: WaitedFor::Exit, limit: self.end_limit() });
            how = "at SIGTERM, since it went on when its stdin was closed";
            self.pipes.process.signal(Signal::Term);
            self.judge(Event::Signalled(Signal::Term));
            if !self.wait_for_end() {
                how = "by force, since it went on when its stdin was closed, and at SIGTERM";
                self.judge(Event::Killed { reason: "it did not end".into() });
                self.pipes.process.kill();
                self.exited = self.pipes.process.exit_status();
            }
        }
        let findings = self.oracle.finish();
        self.keep(&findings);
        self.called.ended = match self.exited {
            Some(status) => format!("{status}, {how}"),
            None => how.to_owned(),
        };
        self.called
    }

    fn wait_for_end(&mut self) -> bool {
        let until = Instant::now() + self.end_limit();
        while self.exited.is_none() && Instant::now() < until && !interrupted() {
            self.turn(until);
            if self.pipes.process.exit_status().is_some() {
                // Most of what it had written comes first; what it left behind may write on for ever.
                let until = Instant::now() + LAST_WORDS;
                while self.exited.is_none() && Instant::now() < until {
                    self.turn(until);
                }
                self.look_for_end();
            }
        }
        self.exited.is_some()
    }

    fn end_limit(&self) -> Duration {
        self.options.timeout.clamp(END.0, END.1)
    }

    fn judge(&mut self, event: Event) {
        let findings = self.oracle.observe(&Timed { at: self.started.elapsed(), event });
        self.keep(&findings);
    }

    fn keep(&mut self, findings: &[Finding]) {
        for finding in findings {
            let Verdict::Violated(breach) = &finding.verdict else { continue };
            let id = breach.violation.requirement();
            let known = self.called.broken.iter().any(|broken| broken.id == id);
            if known || self.called.broken.len() >= KEPT {
                continue;
            }
            let requirement = Catalogue::standard().get(id);
            self.called.broken.push(Broken {
                id,
                level: requirement.map_or(Level::Must, |requirement| requirement.level),
                summary: breach.violation.to_string(),
                remedy: breach.violation.remedy().unwrap_or_default().into(),
            });
        }
    }
}
