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
    /// The process of which is told.
    session: usize,
    clock: Duration,
}

impl Told {
    /// One build with these actions, and a worker.
    pub(super) fn of(actions: &[&str]) -> Self {
        let mut told = Self {
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
            session: 0,
            clock: Duration::from_millis(1),
        };
        for name in actions {
            told.action(name);
        }
        told.worker();
        told
    }

    /// The same, and each worker is told of to its end.
    pub(super) fn to_the_end(actions: &[&str]) -> Self {
        Self { to_the_end: true, ..Self::of(actions) }
    }

    /// Actions that declare this besides multiplex.
    pub(super) fn multiplex(actions: &[&str], features: &[Feature]) -> Self {
        let mut told = Self::of(actions);
        for action in &mut told.seen.actions {
            action.declared.features.extend([features, &[Feature::Multiplex]].concat());
        }
        told
    }

    pub(super) fn now(&mut self) -> Duration {
        self.clock += Duration::from_millis(1);
        self.clock
    }

    /// Seconds pass.
    pub(super) fn later(&mut self, seconds: u64) -> &mut Self {
        self.clock += Duration::from_secs(seconds);
        self
    }

    /// A further build with this action.
    pub(super) fn build(&mut self, action: &str) -> &mut Self {
        let began = self.now();
        self.seen.builds.push(BuildSeen { began, ended: Duration::MAX, ..BuildSeen::default() });
        self.action(action)
    }

    /// An action that succeeds.
    pub(super) fn action(&mut self, name: &str) -> &mut Self {
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
        self
    }

    fn seen_action(&mut self, name: &str) -> &mut ActionSeen {
        self.seen.actions.iter_mut().find(|action| action.declared.name == name).unwrap()
    }

    pub(super) fn declared(&mut self, name: &str) -> &mut Declared {
        &mut self.seen_action(name).declared
    }

    pub(super) fn status(&mut self, name: &str, status: StatusSeen) -> &mut Self {
        self.seen_action(name).status = status;
        self
    }

    /// The action fails.
    pub(super) fn fails(&mut self, name: &str) -> &mut Self {
        self.status(name, StatusSeen::Failed)
    }

    /// Whoever builds wants the action no longer.
    pub(super) fn interrupted(&mut self, name: &str) -> &mut Self {
        self.seen.builds[0].interrupted = Some(self.now());
        self.status(name, StatusSeen::Interrupted)
    }

    /// A process is started, and is the one of which is told.
    pub(super) fn start(&mut self, argv: &[&str]) -> &mut Self {
        let started = self.now();
        self.session = self.seen.sessions.len();
        let pid = 100 + self.session as u32;
        let start = ProcessStart {
            pid,
            group: pid,
            argv: argv.iter().map(|text| (*text).to_owned()).collect(),
            env: BTreeMap::from([("TMPDIR".to_owned(), "/tmp".to_owned())]),
            cwd: "/run".into(),
            tools: ["1".into(), "1".into()],
            ..ProcessStart::default()
        };
        self.seen.sessions.push(ProcessHistory { started, start, events: Vec::new() });
        self
    }

    /// A worker is started, and is the one of which is told.
    pub(super) fn worker(&mut self) -> &mut Self {
        self.start(&["--release=17", "--persistent_worker"])
    }

    /// Tells of this process again, by its place.
    pub(super) fn back_to(&mut self, session: usize) -> &mut Self {
        self.session = session;
        self
    }

    /// How the process was started.
    pub(super) fn started(&mut self) -> &mut ProcessStart {
        &mut self.seen.sessions[self.session].start
    }

    pub(super) fn tell(&mut self, event: Event) -> &mut Self {
        let at = self.now();
        self.seen.sessions[self.session].events.push(Timed { at, event });
        self
    }

    pub(super) fn sends(&mut self, bytes: &[u8]) -> &mut Self {
        self.tell(Event::Sent(bytes.to_vec()))
    }

    pub(super) fn request(&mut self, request: &WorkRequest) -> &mut Self {
        self.sends(&encode(self.seen.dialect, request))
    }

    /// The request of an action.
    pub(super) fn asks(&mut self, name: &str, id: i32) -> &mut Self {
        self.request(&request(name, id))
    }

    pub(super) fn cancels(&mut self, id: i32) -> &mut Self {
        self.request(&WorkRequest { request_id: id, cancel: true, ..WorkRequest::default() })
    }

    pub(super) fn writes(&mut self, bytes: &[u8]) -> &mut Self {
        self.tell(Event::Received(bytes.to_vec()))
    }

    /// A frame that is no response.
    pub(super) fn writes_garbage(&mut self) -> &mut Self {
        self.writes(&[2, 0xff, 0xff])
    }

    pub(super) fn answer(&mut self, response: &WorkResponse) -> &mut Self {
        self.writes(&encode(self.seen.dialect, response))
    }

    pub(super) fn answers(&mut self, id: i32) -> &mut Self {
        self.answer(&WorkResponse { request_id: id, ..WorkResponse::default() })
    }

    /// The request of an action, and its answer.
    pub(super) fn serves(&mut self, name: &str, id: i32) -> &mut Self {
        self.asks(name, id).answers(id)
    }

    /// The client closes stdin.
    pub(super) fn ends(&mut self) -> &mut Self {
        self.tell(Event::StdinClosed)
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
    pub(super) fn breaks(&mut self, expected: &[u16]) -> &mut Self {
        let findings = judge(&self.whole());
        let what = Vec::from_iter(findings.iter().filter_map(|finding| Some(&finding.breach()?.violation)));
        let found: BTreeSet<RequirementId> = what.iter().map(|violation| violation.requirement()).collect();
        let expected: BTreeSet<RequirementId> =
            expected.iter().map(|id| RequirementId::client(*id)).collect();
        assert_eq!(found, expected, "{what:#?}");
        self
    }

    /// Nothing is broken, and this is upheld.
    #[track_caller]
    pub(super) fn upholds(&mut self, ids: &[u16]) -> &mut Self {
        self.breaks(&[]);
        let findings = judge(&self.whole());
        for id in ids {
            let verdict = Verdict::Upheld(RequirementId::client(*id));
            assert!(findings.iter().any(|finding| finding.verdict == verdict), "C-{id:03} is not exercised");
        }
        self
    }

    /// This is upheld and nothing broken, or this alone is broken.
    #[track_caller]
    pub(super) fn decides(&mut self, id: u16, is_upheld: bool) -> &mut Self {
        if is_upheld { self.upholds(&[id]) } else { self.breaks(&[id]) }
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
