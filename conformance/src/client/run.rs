//! Runs cases in lanes, each with one life of the client, and judges them.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::files::remove;
use crate::history::ProcessHistory;
use crate::oracle::client_side::{ClientBreach, ClientFinding, ClientVerdict, EndSeen, judge};
use crate::report::{KnownFailure, Symptom, recognise};

use super::adapter::{Adapter, ClientError, Lane, RanCase};
use super::case::{Before, Case, End};
use super::cleanup::end_case;
use super::observe;
use super::options::Options;
use super::place::make_folder;

/// Clients that run at once: most of a run is waiting.
const AT_ONCE: usize = 3;

/// What came of one case.
pub(super) struct Judged<'a> {
    pub(super) case: &'a Case,
    pub(super) sessions: Vec<ProcessHistory>,
    pub(super) findings: Vec<ClientFinding>,
    pub(super) messages: String,
    /// A build of it did not end by itself.
    pub(super) hung: bool,
}

impl Judged<'_> {
    /// The violations that the case shows.
    pub(super) fn violations(&self) -> impl Iterator<Item = &ClientBreach> {
        self.findings.iter().filter_map(|finding| match &finding.verdict {
            ClientVerdict::Violated(breach) => Some(breach),
            _ => None,
        })
    }

    /// How a violation looks, by which it is recognised in another run.
    pub(super) fn symptom(&self, breach: &ClientBreach) -> Symptom {
        Symptom::new(&breach.violation, [], [self.case.name.clone()])
    }

    /// The expected failure as which a violation is recognised.
    pub(super) fn expected<'o>(
        &self,
        breach: &ClientBreach,
        options: &'o Options,
    ) -> Option<&'o KnownFailure> {
        let of_requirement = |known: &&KnownFailure| known.requirement == breach.violation.requirement();
        let known = options.known.iter().filter(of_requirement);
        recognise(known, &self.symptom(breach), &breach.violation.to_string())
    }
}

/// Runs cases.
pub(super) struct Runner<'a> {
    adapter: &'a dyn Adapter,
    options: &'a Options,
    root: &'a Path,
    /// How many there were.
    lanes: Mutex<u32>,
}

impl<'r> Runner<'r> {
    /// A runner whose lanes have their folders below `root`.
    pub(super) fn new(adapter: &'r dyn Adapter, options: &'r Options, root: &'r Path) -> Self {
        Self { adapter, options, root, lanes: Mutex::new(0) }
    }

    /// Which cases share a client. The first lane is a single case, by which the client is measured.
    pub(super) fn lanes<'a>(&self, cases: &[&'a Case]) -> Vec<Vec<&'a Case>> {
        let mut shared: Vec<Vec<&Case>> = vec![Vec::new(); 2];
        let mut lanes = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            if number == 0 || case.alone || !self.adapter.about().shares {
                lanes.push(vec![*case]);
            } else {
                let shortest = usize::from(shared[0].len() > shared[1].len());
                shared[shortest].push(case);
            }
        }
        // The long ones are taken first.
        lanes.extend(shared.into_iter().filter(|lane| !lane.is_empty()));
        lanes
    }

    /// Runs lanes beside each other, the last one first, as long as there is time.
    pub(super) fn all<'a>(
        &self,
        lanes: Vec<Vec<&'a Case>>,
        limit: Duration,
        until: Option<Instant>,
        mut done: impl FnMut(Judged<'a>),
    ) -> Result<(), ClientError> {
        let queue = Mutex::new(lanes);
        let next = || {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            if is_over || crate::process::interrupted() {
                return None;
            }
            queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                let sender = sender.clone();
                scope.spawn(|| {
                    let sender = sender;
                    while let Some(lane) = next() {
                        let ran = self.lane(lane, limit).map(|(judged, _)| judged);
                        if sender.send(ran).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut failed = Ok(());
            for ran in receiver {
                match ran {
                    Ok(lane) => lane.into_iter().for_each(&mut done),
                    Err(error) => failed = Err(error),
                }
            }
            failed
        })
    }

    /// Runs and judges a lane; gives the time of its longest build too.
    pub(super) fn lane<'a>(
        &self,
        cases: Vec<&'a Case>,
        limit: Duration,
    ) -> Result<(Vec<Judged<'a>>, Duration), ClientError> {
        let number = {
            let mut lanes = self.lanes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *lanes += 1;
            *lanes
        };
        let lane = Lane {
            cases: cases.clone(),
            folder: self.root.join(format!("lane-{number}")),
            shared: self.root.to_owned(),
            dialect: self.options.dialect,
            limit,
            pwp: self.options.pwp.clone(),
        };
        make_folder(&lane.folder)?;
        let ran = self.adapter.run(&lane);
        let mut judged = Vec::new();
        // Whatever came of it, nothing is left behind.
        let left: Vec<(Vec<ProcessHistory>, EndSeen)> = cases
            .iter()
            .map(|case| {
                end_case(&lane.folder.join("cases").join(&case.name).join("record"), case.end == End::Kill)
            })
            .collect();
        let ran = ran?;
        let mut longest = Duration::ZERO;
        for ((case, ran), (sessions, left)) in cases.into_iter().zip(ran).zip(left) {
            let took = ran.builds.iter().map(|build| Duration::from_micros(build.ended - build.began)).max();
            longest = longest.max(took.unwrap_or_default());
            judged.push(self.judge(case, &ran, sessions, left));
        }
        let _ = remove(&lane.folder);
        Ok((judged, longest))
    }

    fn judge<'a>(
        &self,
        case: &'a Case,
        ran: &RanCase,
        sessions: Vec<ProcessHistory>,
        mut left: EndSeen,
    ) -> Judged<'a> {
        let kills =
            case.builds.iter().enumerate().filter(|(_, build)| build.before.contains(&Before::KillWorkers));
        for (number, _) in kills {
            let before =
                ran.builds.get(number).map_or(Duration::MAX, |build| Duration::from_micros(build.began));
            let killed = (0..sessions.len()).filter(|place| sessions[*place].started < before);
            left.killed_by_case.extend(killed);
        }
        let end = EndSeen {
            began: Duration::from_micros(ran.end.began),
            ended: Duration::from_micros(ran.end.ended),
            killed: ran.end.killed,
            forced: ran.end.forced,
            sandboxes_left: ran.end.sandboxes_left.clone(),
            signed: ran.signed.clone(),
            logs: ran.logs.clone(),
            moved: ran.end.moved.clone(),
            ..left
        };
        let about = self.adapter.about();
        let seen = observe::observation(case, self.options.dialect, about, ran, sessions, end);
        let findings = judge(&seen);
        let messages = ran.builds.iter().map(|build| build.messages.as_str()).collect::<Vec<_>>().join("\n");
        let hung = ran.builds.iter().any(|build| build.hung.is_some());
        Judged { case, sessions: seen.sessions, findings, messages, hung }
    }
}
