//! The dialogue kit: a history, step by step, seen from the side of the client.

use std::time::Duration;

use pwp_proto::{EncodeOptions, Framing, Input, WorkRequest, WorkResponse, encode, encode_with};

use super::*;

/// How long the client of these histories waits for anything.
pub(super) const LIMIT: Duration = Duration::from_secs(5);

/// Time between two steps: too long for [`Trait::Immediate`], too short to hold anything up.
const STEP: Duration = Duration::from_millis(10);

/// Starts a run, in each dialect that is a stream of bytes.
pub(super) const DIALECTS: [fn() -> Run; 2] = [Run::proto, Run::json];

/// A history under construction. Event 0 is the start, each step but those of time is the next one.
#[derive(Debug, Clone)]
pub(super) struct Run {
    start: Start,
    steps: Vec<Timed>,
    now: Duration,
}

/// Setting the scene.
impl Run {
    pub(super) fn new(dialect: Framing) -> Self {
        let start = Start {
            argv: vec!["worker".into(), "--persistent_worker".into()],
            dialect: dialect.into(),
            features: Default::default(),
            mode: Mode::Worker,
            flag: None,
            one_shot: None,
            confined: false,
        };
        Self { start, steps: Vec::new(), now: Duration::ZERO }
    }

    pub(super) fn proto() -> Self {
        Self::new(Framing::Proto)
    }

    pub(super) fn json() -> Self {
        Self::new(Framing::Json)
    }

    pub(super) fn dialect(&self) -> Framing {
        self.start.dialect.framing().expect("these dialogues are streams of bytes")
    }

    pub(super) fn declares(mut self, feature: Feature) -> Self {
        self.start.features.insert(feature);
        self
    }

    pub(super) fn multiplex(self) -> Self {
        self.declares(Feature::Multiplex)
    }

    pub(super) fn cancellation(self) -> Self {
        self.declares(Feature::Cancellation)
    }

    pub(super) fn flag(mut self, flag: StartupFlag) -> Self {
        self.start.flag = Some(flag);
        self
    }

    /// It can write only below its working directory.
    pub(super) fn confined(mut self) -> Self {
        self.start.confined = true;
        self
    }

    /// Started for one action, of which this is known.
    pub(super) fn one_shot(mut self, outcome: Option<ExpectedOutcome>) -> Self {
        self.start.argv.pop();
        self.start.mode = Mode::OneShot;
        self.start.one_shot = outcome;
        self
    }
}

/// What the client does.
impl Run {
    pub(super) fn send(self, request: WorkRequest) -> Self {
        self.send_together(&[request])
    }

    pub(super) fn asks(self, id: i32) -> Self {
        self.send(request(id))
    }

    /// A request of a workload, of which this is known.
    pub(super) fn asks_for(self, outcome: ExpectedOutcome, id: i32) -> Self {
        self.expect(outcome).asks(id)
    }

    pub(super) fn cancels(self, id: i32) -> Self {
        self.send(cancel(id))
    }

    /// A request that is answered.
    pub(super) fn serves(self, id: i32) -> Self {
        self.asks(id).answers(id)
    }

    /// Several messages in one write.
    pub(super) fn send_together(self, requests: &[WorkRequest]) -> Self {
        let dialect = self.dialect();
        let bytes: Vec<u8> = requests.iter().flat_map(|request| encode(dialect, request)).collect();
        self.send_bytes(&bytes)
    }

    pub(super) fn send_with(self, request: WorkRequest, options: EncodeOptions) -> Self {
        let bytes = encode_with(self.dialect(), &request, &options);
        self.send_bytes(&bytes)
    }

    /// One message in two writes, cut behind its first two bytes.
    pub(super) fn send_split(self, request: WorkRequest) -> Self {
        let bytes = encode(self.dialect(), &request);
        self.send_bytes(&bytes[..2]).send_bytes(&bytes[2..])
    }

    pub(super) fn send_bytes(self, bytes: &[u8]) -> Self {
        self.step(Event::Sent(bytes.to_vec()))
    }

    /// The next request is this one of a workload.
    pub(super) fn expect(self, outcome: ExpectedOutcome) -> Self {
        self.step(Event::Expected(outcome))
    }

    pub(super) fn eof(self) -> Self {
        self.step(Event::StdinClosed)
    }

    pub(super) fn term(self) -> Self {
        self.step(Event::Signalled(Signal::Term))
    }

    pub(super) fn waits_for(self, what: WaitedFor) -> Self {
        Self { now: self.now + LIMIT, ..self }.step(Event::Waited { what, limit: LIMIT })
    }

    pub(super) fn waits(self) -> Self {
        self.waits_for(WaitedFor::Response)
    }

    /// The client waits for a response, and then no longer.
    pub(super) fn gives_up(self) -> Self {
        self.waits().killed()
    }

    /// The client waits for the end of the process, and then no longer.
    pub(super) fn lives_on(self) -> Self {
        self.waits_for(WaitedFor::Exit).killed()
    }

    pub(super) fn quiet(self) -> Self {
        self.step(Event::Quiet(STEP))
    }

    pub(super) fn killed(self) -> Self {
        self.step(Event::Killed { reason: "the run is over".into() })
    }

    /// Time passes, and nothing happens.
    pub(super) fn after(mut self, milliseconds: u64) -> Self {
        self.now += Duration::from_millis(milliseconds);
        self
    }

    /// The next step follows so soon that a request is [`Trait::Immediate`].
    pub(super) fn at_once(mut self) -> Self {
        self.now = self.now.saturating_sub(STEP);
        self
    }
}

/// What the subject does.
impl Run {
    /// A response as a careful worker writes it: in json with every field, in proto the canonical form.
    pub(super) fn receive(self, response: WorkResponse) -> Self {
        let options =
            EncodeOptions { explicit_defaults: self.dialect() == Framing::Json, ..Default::default() };
        let bytes = encode_with(self.dialect(), &response, &options);
        self.receive_bytes(&bytes)
    }

    pub(super) fn answers(self, id: i32) -> Self {
        self.receive(response(id))
    }

    pub(super) fn fails(self, id: i32, exit_code: i32) -> Self {
        self.receive(failed(id, exit_code))
    }

    pub(super) fn says(self, id: i32, output: &str) -> Self {
        self.receive(says(id, output))
    }

    /// A response with `was_cancelled`.
    pub(super) fn says_cancelled(self, id: i32) -> Self {
        self.receive(cancelled(id))
    }

    pub(super) fn receive_bytes(self, bytes: &[u8]) -> Self {
        self.step(Event::Received(bytes.to_vec()))
    }

    pub(super) fn stderr(self, text: &str) -> Self {
        self.step(Event::Stderr(text.into()))
    }

    pub(super) fn closes_stdout(self) -> Self {
        self.step(Event::StdoutClosed)
    }

    pub(super) fn exit(self, code: i32) -> Self {
        self.closes_stdout().step(Event::Exited(ExitStatus::Code(code)))
    }

    pub(super) fn dies_of(self, signal: i32) -> Self {
        self.closes_stdout().step(Event::Exited(ExitStatus::Signal(signal)))
    }

    pub(super) fn leaves(self, names: &[&str]) -> Self {
        self.step(Event::Survivors(names.iter().map(ToString::to_string).collect()))
    }

    pub(super) fn file(self, request: u64, path: &str, state: FileState) -> Self {
        self.step(Event::File { request, path: path.into(), state, at_end: false })
    }

    pub(super) fn file_at_end(self, request: u64, path: &str, state: FileState) -> Self {
        self.step(Event::File { request, path: path.into(), state, at_end: true })
    }

    /// Stdin ends, the worker ends with status 0 and leaves nothing behind: the usual end of a run.
    pub(super) fn ends(self) -> Self {
        self.eof().exit(0).leaves(&[])
    }

    pub(super) fn step(mut self, event: Event) -> Self {
        self.now += STEP;
        self.steps.push(Timed { at: self.now, event });
        self
    }
}

/// What the oracle says.
impl Run {
    pub(super) fn events(&self) -> Vec<Timed> {
        let started = Timed { at: Duration::ZERO, event: Event::Started(self.start.clone()) };
        std::iter::once(started).chain(self.steps.iter().cloned()).collect()
    }

    pub(super) fn finds(&self) -> Found {
        Found(judge(&self.events()))
    }

    /// The oracle behind the last event.
    pub(super) fn watched(&self) -> Oracle {
        let mut oracle = Oracle::new();
        self.events().iter().for_each(|event| drop(oracle.observe(event)));
        oracle
    }
}

/// The findings of a whole history.
pub(super) fn judge(events: &[Timed]) -> Vec<Finding> {
    let mut oracle = Oracle::new();
    let mut findings: Vec<Finding> = events.iter().flat_map(|event| oracle.observe(event)).collect();
    findings.extend(oracle.finish());
    findings
}

/// Findings, to be asked about.
#[derive(Debug)]
pub(super) struct Found(pub(super) Vec<Finding>);

impl Found {
    pub(super) fn breaches(&self) -> Vec<&Breach> {
        self.0.iter().filter_map(Finding::breach).collect()
    }

    pub(super) fn violations(&self) -> Vec<&Violation> {
        self.breaches().into_iter().map(|breach| &breach.violation).collect()
    }

    /// How the first violation shows.
    pub(super) fn symptom(&self) -> &'static str {
        self.violations()[0].symptom()
    }

    /// The numbers of the requirements that are violated.
    pub(super) fn broken(&self) -> Vec<u16> {
        self.violations().into_iter().map(|violation| violation.requirement().number()).collect()
    }

    /// The suspects of the first violation. A process that ends may always have been on its way out since its last
    /// response, which is not told here.
    pub(super) fn suspects(&self) -> BTreeSet<u16> {
        let numbers = self.breaches()[0].suspects.iter().map(|id| id.number());
        numbers.filter(|number| ![51, 52].contains(number)).collect()
    }

    pub(super) fn all_upheld(&self) -> BTreeSet<u16> {
        let verdicts = self.0.iter().map(|finding| &finding.verdict);
        verdicts
            .filter_map(|verdict| if let Verdict::Upheld(id) = verdict { Some(id.number()) } else { None })
            .collect()
    }

    pub(super) fn upheld(&self, number: u16) -> bool {
        self.all_upheld().contains(&number)
    }

    pub(super) fn all_observed(&self) -> BTreeSet<(u16, String)> {
        let observed = |finding: &Finding| match &finding.verdict {
            Verdict::Observed(id, what) => Some((id.number(), what.to_string())),
            _ => None,
        };
        self.0.iter().filter_map(observed).collect()
    }
}

/// An ordinary request: one argument, no inputs.
pub(super) fn request(id: i32) -> WorkRequest {
    WorkRequest { arguments: vec!["--work".into()], request_id: id, ..Default::default() }
}

/// An ordinary request with this input besides.
pub(super) fn with_input(id: i32, path: &str, digest: &[u8]) -> WorkRequest {
    let input = Input { path: path.into(), digest: digest.to_vec() };
    WorkRequest { inputs: vec![input], ..request(id) }
}

pub(super) fn cancel(id: i32) -> WorkRequest {
    WorkRequest { request_id: id, cancel: true, ..Default::default() }
}

/// Exit code 0, no output.
pub(super) fn response(id: i32) -> WorkResponse {
    WorkResponse { request_id: id, ..Default::default() }
}

pub(super) fn failed(id: i32, exit_code: i32) -> WorkResponse {
    WorkResponse { exit_code, ..response(id) }
}

pub(super) fn says(id: i32, output: &str) -> WorkResponse {
    WorkResponse { output: output.into(), ..response(id) }
}

pub(super) fn cancelled(id: i32) -> WorkResponse {
    WorkResponse { was_cancelled: true, ..response(id) }
}

/// A request of a workload that succeeds.
pub(super) fn succeeds(name: &str) -> ExpectedOutcome {
    ExpectedOutcome { name: name.into(), succeeds: Some(true), ..Default::default() }
}

/// One that fails.
pub(super) fn fails(name: &str) -> ExpectedOutcome {
    ExpectedOutcome { name: name.into(), succeeds: Some(false), ..Default::default() }
}

/// One that takes long.
pub(super) fn slow(name: &str) -> ExpectedOutcome {
    ExpectedOutcome { slow: true, ..succeeds(name) }
}

/// Bytes in hexadecimal, with spaces where they help.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("`{pair}` is no byte"))
        })
        .collect()
}
