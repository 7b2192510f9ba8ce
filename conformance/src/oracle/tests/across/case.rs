//! A small language in which the histories are written.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pwp_proto::{Framing, Input, WorkRequest, WorkResponse, encode};

use crate::history::{Event, ProcessHistory, ProcessStart, Timed};
use crate::oracle::across::{
    ActionSeen, BuildSeen, Declared, EndSeen, Observation, Settings, StatusSeen, judge,
};
use crate::oracle::{Verdict, ids};
use pwp_spec::{Feature, RequirementId};

/// A history that is being written. Its clock goes on by a millisecond with each event.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) seen: Observation,
    /// Whoever has told of no end is ended in order; not where the end is what it is about.
    pub(super) to_the_end: bool,
    clock: Duration,
}

impl Told {
    /// One build without actions.
    pub(super) fn new() -> Self {
        Self {
            seen: Observation {
                dialect: Framing::Proto,
                actions: Vec::new(),
                sessions: Vec::new(),
                builds: vec![BuildSeen { ended: Duration::MAX, ..BuildSeen::default() }],
                end: EndSeen::default(),
                documented: BTreeSet::from(["TMPDIR".to_owned()]),
                bounds: Settings::default(),
                processes: Vec::new(),
                hang: None,
            },
            to_the_end: false,
            clock: Duration::from_millis(1),
        }
    }

    pub(super) fn now(&mut self) -> Duration {
        self.clock += Duration::from_millis(1);
        self.clock
    }

    /// A further build.
    pub(super) fn build(&mut self) -> &mut Self {
        let began = self.now();
        self.seen.builds.push(BuildSeen { began, ended: Duration::MAX, ..BuildSeen::default() });
        self
    }

    /// An action that succeeds.
    pub(super) fn action(&mut self, name: &str) -> &mut Declared {
        self.seen.actions.push(ActionSeen {
            declared: Declared {
                name: name.into(),
                build: self.seen.builds.len() - 1,
                mnemonic: "Probe".into(),
                startup: vec!["--release=17".into()],
                request: vec![(format!("--name={name}"), ids::EXPAND)],
                worker: true,
                argfile: true,
                inputs: vec![format!("{name}.src")],
                tools: ["1".into(), "1".into()],
                ..Declared::default()
            },
            status: StatusSeen::Succeeded,
            expected: Vec::new(),
        });
        &mut self.seen.actions.last_mut().unwrap().declared
    }

    pub(super) fn multiplex(&mut self, name: &str) -> &mut Declared {
        let declared = self.action(name);
        declared.features.insert(Feature::Multiplex);
        declared
    }

    pub(super) fn status(&mut self, name: &str, status: StatusSeen) -> &mut Self {
        let action = self.seen.actions.iter_mut().find(|action| action.declared.name == name).unwrap();
        action.status = status;
        self
    }

    /// A worker is started.
    pub(super) fn start(&mut self, argv: &[&str]) -> usize {
        let at = self.now();
        let pid = 100 + self.seen.sessions.len() as u32;
        let start = ProcessStart {
            pid,
            group: pid,
            argv: argv.iter().map(|text| (*text).to_owned()).collect(),
            env: BTreeMap::from([("TMPDIR".to_owned(), "/tmp".to_owned())]),
            cwd: "/run".into(),
            tools: ["1".into(), "1".into()],
            ..ProcessStart::default()
        };
        self.seen.sessions.push(ProcessHistory { started: at, start, events: Vec::new() });
        self.seen.sessions.len() - 1
    }

    pub(super) fn worker(&mut self) -> usize {
        self.start(&["--release=17", "--persistent_worker"])
    }

    pub(super) fn tell(&mut self, session: usize, event: Event) -> &mut Self {
        let at = self.now();
        self.seen.sessions[session].events.push(Timed { at, event });
        self
    }

    /// The request of an action.
    pub(super) fn asks(&mut self, session: usize, name: &str, id: i32) -> &mut Self {
        self.request(session, &request(name, id))
    }

    pub(super) fn request(&mut self, session: usize, request: &WorkRequest) -> &mut Self {
        let bytes = encode(self.seen.dialect, request);
        self.tell(session, Event::Sent(bytes))
    }

    pub(super) fn cancels(&mut self, session: usize, id: i32) -> &mut Self {
        self.request(session, &WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() })
    }

    pub(super) fn answers(&mut self, session: usize, id: i32) -> &mut Self {
        self.answer(session, &WorkResponse { request_id: id, ..WorkResponse::default() })
    }

    pub(super) fn answer(&mut self, session: usize, response: &WorkResponse) -> &mut Self {
        let bytes = encode(self.seen.dialect, response);
        self.tell(session, Event::Received(bytes))
    }

    fn whole(&self) -> Observation {
        let mut seen = self.seen.clone();
        for session in seen.sessions.iter_mut().filter(|_| !self.to_the_end) {
            let at = self.clock + Duration::from_millis(1);
            session.events.push(Timed { at, event: Event::StdinClosed });
        }
        seen
    }

    /// All requirements that are broken, each once.
    #[track_caller]
    pub(super) fn breaks(&self, expected: &[u16]) {
        let mut found: Vec<RequirementId> = Vec::new();
        let mut what = Vec::new();
        for finding in judge(&self.whole()) {
            if let Verdict::Violated(breach) = finding.verdict {
                found.push(breach.violation.requirement());
                what.push(breach.violation.to_string());
            }
        }
        found.sort_unstable();
        found.dedup();
        let expected: Vec<RequirementId> = expected.iter().map(|id| RequirementId::client(*id)).collect();
        assert_eq!(found, expected, "{what:#?}");
    }

    /// Nothing is broken, and this is upheld.
    #[track_caller]
    pub(super) fn upholds(&self, ids: &[u16]) {
        self.breaks(&[]);
        let findings = judge(&self.whole());
        for id in ids {
            let verdict = Verdict::Upheld(RequirementId::client(*id));
            assert!(findings.iter().any(|finding| finding.verdict == verdict), "C-{id:03} is not exercised");
        }
    }
}

/// A process ends by itself with this status.
pub(super) fn exiting(status: Option<i32>) -> Event {
    Event::Exiting { status, why: String::new() }
}

/// The request of an action as it has to be.
pub(super) fn request(name: &str, id: i32) -> WorkRequest {
    WorkRequest {
        arguments: vec![format!("--name={name}")],
        inputs: vec![Input { path: format!("{name}.src"), digest: b"d1".to_vec() }],
        request_id: id,
        ..WorkRequest::default()
    }
}
