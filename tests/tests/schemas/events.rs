//! One event of every kind, to see what a transcript makes of it.

use std::time::Duration;

use pwp::history::{
    CallEvent, Event, ExitStatus, ExpectedOutcome, FileState, InputState, Mode, ProcessStart, Signal, Start,
    StartupFlag, Timed, WaitedFor,
};
use pwp_proto::{EncodeOptions, Framing, WorkRequest, WorkResponse, encode, encode_with};

/// One event of every kind, in an order in which they can happen.
pub(crate) fn every_event(dialect: Framing) -> Vec<Timed> {
    let mut event = Some(Event::Started(Start {
        argv: vec!["./my-worker".into(), "--persistent_worker".into()],
        dialect: dialect.into(),
        features: [pwp_spec::Feature::Multiplex].into(),
        mode: Mode::Worker,
        flag: Some(StartupFlag::Known),
        one_shot: None,
        confined: false,
    }));
    let mut events = Vec::new();
    while let Some(current) = event {
        event = next(&current, dialect);
        events.push(Timed { at: Duration::from_micros(events.len() as u64 * 1001), event: current });
    }
    events
}

/// The event behind this one. A new kind of event does not compile until it has its place here.
fn next(event: &Event, dialect: Framing) -> Option<Event> {
    Some(match event {
        Event::Started(_) => Event::Expected(ExpectedOutcome { name: "copy".into(), ..Default::default() }),
        Event::Expected(_) => {
            let options = EncodeOptions { explicit_defaults: true, ..EncodeOptions::default() };
            Event::Sent(encode_with(dialect, &WorkRequest { request_id: 7, ..Default::default() }, &options))
        }
        Event::Sent(_) => Event::Stderr(b"ready\n\xff".to_vec()),
        Event::Stderr(_) => Event::Received(encode(
            dialect,
            &WorkResponse { request_id: 7, output: "ä".repeat(1000), ..Default::default() },
        )),
        Event::Received(_) => Event::File {
            request: 0,
            path: "out/a.txt".into(),
            state: FileState::Different(1, "beta".into()),
            at_end: false,
        },
        Event::File { .. } => Event::Waited { what: WaitedFor::Response, limit: Duration::from_millis(1500) },
        Event::Waited { .. } => Event::Quiet(Duration::from_millis(60)),
        Event::Quiet(_) => Event::StdinBroken { unsent: 12 },
        Event::StdinBroken { .. } => Event::OpenInputs(vec!["in/a.txt".into()]),
        Event::OpenInputs(_) => Event::StdinClosed,
        Event::StdinClosed => Event::Memory(1 << 20),
        Event::Memory(_) => Event::Signalled(Signal::Term),
        Event::Signalled(_) => Event::StdoutClosed,
        Event::StdoutClosed => Event::Exited(ExitStatus::Signal(15)),
        Event::Exited(_) => Event::Survivors(vec!["sleep".into()]),
        Event::Survivors(_) => Event::Killed { reason: "the run took too long".into() },
        Event::Killed { .. } => Event::ProcessStarted(ProcessStart {
            argv: vec!["--persistent_worker".into()],
            ..ProcessStart::default()
        }),
        Event::ProcessStarted(_) => Event::Looked {
            request: 1,
            inputs: vec![("in/a.txt".into(), InputState::Missing)],
            files: Some(vec!["left.txt".into()]),
        },
        Event::Looked { .. } => Event::Found { request: 1, outputs: vec!["out/a.txt".into()] },
        Event::Found { .. } => {
            Event::Wrote { request: 1, path: "out/a.txt".into(), error: "permission denied".into() }
        }
        Event::Wrote { .. } => Event::Kept { request: 1, path: "out/a.txt".into(), kept: false },
        Event::Kept { .. } => Event::Opened { path: "{tool}/data.txt".into(), there: true },
        Event::Opened { .. } => Event::Printed("a\n".into()),
        Event::Printed(_) => Event::Took(1 << 20),
        Event::Took(_) => Event::Mark("busy".into()),
        Event::Mark(_) => Event::Child { pid: 2, ticks: 3 },
        Event::Child { .. } => Event::Refused,
        Event::Refused => Event::Homeless,
        Event::Homeless => Event::Exiting { status: Some(0), why: "the end of standard input".into() },
        Event::Exiting { .. } => Event::Call { call: 0, what: CallEvent::Cancel },
        Event::Call { .. } => return None,
    })
}
