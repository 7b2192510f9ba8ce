//! Runs cases in lanes, each with one life of the client, and judges them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use pwp_proto::Framing;

use crate::files::remove;
use crate::history::ProcessHistory;
use crate::oracle::across::judge;
use crate::oracle::{Breach, Finding};
use crate::report::{Confirmed, KnownFailure, Symptom, recognise};
use crate::selection::Selection;

use super::adapter::{Adapter, CaseOutcome, ClientError, Lane};
use super::build_limits::{AT_ONCE, BuildLimits, REPETITIONS};
use super::case::{Before, Case, End};
use super::case_files::make_folder;
use super::cleanup::{Leftovers, end_case};
use super::observe;

/// How to run the cases.
#[derive(Debug, Clone)]
pub struct Options {
    /// The wire form that the actions declare.
    pub dialect: Framing,
    /// Which cases and requirements.
    pub selection: Selection,
    /// The program that is the probe: `pwp` itself.
    pub pwp: PathBuf,
    /// How the run is repeated, up to the selection: `pwp check client …`.
    pub command: String,
    /// How often a case that shows a violation is run again.
    pub repetitions: u32,
    /// How long a build may take; without it, that follows from what is measured.
    pub limit: Option<Duration>,
    /// Expected failures that are recognised and not repeated.
    pub known: Vec<KnownFailure>,
}

/// What came of one case.
pub(super) struct JudgedCase<'a> {
    pub(super) case: &'a Case,
    pub(super) sessions: Vec<ProcessHistory>,
    pub(super) findings: Vec<Finding>,
    pub(super) messages: String,
    /// The limit within which a build of it did not end by itself.
    pub(super) hung: Option<Duration>,
    /// What further runs have shown.
    repetitions: Vec<Vec<Finding>>,
}

impl JudgedCase<'_> {
    /// The violations that the case shows.
    pub(super) fn violations(&self) -> impl Iterator<Item = &Breach> {
        self.findings.iter().filter_map(Finding::breach)
    }

    /// How a violation looks, by which it is recognised in another run.
    pub(super) fn symptom(&self, breach: &Breach) -> Symptom {
        Symptom::new(breach.violation.symptom(), [], [self.case.name.clone()])
    }

    /// The expected failure as which a violation is recognised.
    pub(super) fn expected<'o>(&self, breach: &Breach, options: &'o Options) -> Option<&'o KnownFailure> {
        let of_requirement = |known: &&KnownFailure| known.requirement == breach.violation.requirement();
        let known = options.known.iter().filter(of_requirement);
        recognise(known, &self.symptom(breach), &breach.violation.to_string())
    }

    /// In how many runs of the case a violation of this kind, of the same requirement, has shown.
    pub(super) fn confirmed(&self, breach: &Breach) -> Confirmed {
        // A kind such as an unexpected outcome can be about several requirements.
        let is_like = |finding: &Finding| {
            finding.breach().is_some_and(|other| other.violation.is_like(&breach.violation))
        };
        let shown = self.repetitions.iter().filter(|findings| findings.iter().any(is_like)).count();
        Confirmed { shown: 1 + shown as u32, of: 1 + self.repetitions.len() as u32 }
    }
}

/// Runs cases.
pub(super) struct Runner<'a> {
    adapter: &'a dyn Adapter,
    options: &'a Options,
    root: &'a Path,
    limits: &'a BuildLimits,
    /// How many lanes there were.
    lanes: AtomicU32,
}

impl<'r> Runner<'r> {
    /// A runner whose lanes have their folders below `root`.
    pub(super) fn new(
        adapter: &'r dyn Adapter,
        options: &'r Options,
        root: &'r Path,
        limits: &'r BuildLimits,
    ) -> Self {
        Self { adapter, options, root, limits, lanes: AtomicU32::new(0) }
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
        until: Option<Instant>,
        mut done: impl FnMut(JudgedCase<'a>),
    ) -> Result<(), ClientError> {
        let queue = Mutex::new(lanes);
        let next = || {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            if is_over || self.limits.exhausted() || crate::process::interrupted() {
                return None;
            }
            queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
        };
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(lane) = next() {
                        let ran = self.lane(lane);
                        // The other end is there until every lane was run.
                        let _ = sender.send(ran);
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

    /// Runs the cases again that have shown a violation: what comes at times is another bug than what comes always.
    ///
    /// A case in which a build hung is not repeated: it has used up a whole time limit, and would do so again. Nor is a case that
    /// shows nothing but expected failures.
    pub(super) fn repeat(&self, judged: &mut [JudgedCase<'_>]) -> Result<(), ClientError> {
        let is_broken = |case: &&JudgedCase<'_>| {
            case.hung.is_none()
                && case.violations().any(|breach| case.expected(breach, self.options).is_none())
        };
        let cases: Vec<_> = judged.iter().filter(is_broken).map(|judged| judged.case).collect();
        let until = Instant::now() + REPETITIONS;
        for _ in 0..self.options.repetitions {
            self.all(self.lanes(&cases), Some(until), |repeated| {
                let first = judged.iter_mut().find(|first| first.case.name == repeated.case.name);
                first.into_iter().for_each(|first| first.repetitions.push(repeated.findings.clone()));
            })?;
        }
        Ok(())
    }

    /// Runs the cases again that hung within a limit that is too short by what is known now: a later build took longer and came to an end.
    pub(super) fn give_full_limits(&self, judged: &mut [JudgedCase<'_>]) -> Result<(), ClientError> {
        let limit = self.limits.limit();
        let was_short = |case: &&JudgedCase<'_>| case.hung.is_some_and(|hung| hung < limit);
        let cases: Vec<_> = judged.iter().filter(was_short).map(|judged| judged.case).collect();
        self.all(self.lanes(&cases), None, |again| {
            let first = judged.iter_mut().find(|first| first.case.name == again.case.name);
            if let Some(first) = first {
                *first = again;
            }
        })
    }

    /// Runs and judges a lane.
    pub(super) fn lane<'a>(&self, cases: Vec<&'a Case>) -> Result<Vec<JudgedCase<'a>>, ClientError> {
        let number = self.lanes.fetch_add(1, Ordering::SeqCst) + 1;
        let lane = Lane {
            cases: cases.clone(),
            folder: self.root.join(format!("lane-{number}")),
            shared: self.root,
            dialect: self.options.dialect,
            limit: self.limits.limit(),
            pwp: &self.options.pwp,
        };
        make_folder(&lane.folder)?;
        let outcomes = self.adapter.run(&lane);
        let mut judged = Vec::new();
        // Whatever came of it, nothing is left behind.
        let record = |case: &Case| lane.folder.join("cases").join(&case.name).join("record");
        let ended: Vec<Leftovers> =
            cases.iter().map(|case| end_case(&record(case), case.end == End::Kill)).collect();
        for ((case, outcome), left) in cases.into_iter().zip(outcomes?).zip(ended) {
            let ended = outcome.builds.iter().filter(|build| build.hung.is_none());
            let slowest = ended.map(|build| build.ended.saturating_sub(build.began)).max();
            let hung = outcome.builds.iter().any(|build| build.hung.is_some());
            // A client that begins nothing within its time hangs as well.
            self.limits.ran(slowest, hung || (outcome.end.forced && outcome.builds.is_empty()));
            judged.push(JudgedCase { hung: hung.then_some(lane.limit), ..self.judge(case, outcome, left) });
        }
        let _ = remove(&lane.folder);
        Ok(judged)
    }

    fn judge<'a>(&self, case: &'a Case, mut outcome: CaseOutcome, left: Leftovers) -> JudgedCase<'a> {
        let sessions = left.sessions;
        let kills =
            case.builds.iter().enumerate().filter(|(_, build)| build.before.contains(&Before::KillWorkers));
        for (number, _) in kills {
            let before = outcome.builds.get(number).map_or(Duration::MAX, |build| build.began);
            let killed = (0..sessions.len()).filter(|session| sessions[*session].started < before);
            outcome.end.killed_by_case.extend(killed);
        }
        (outcome.end.left, outcome.end.children_left) = (left.processes, left.children);
        let seen = observe::observation(case, self.options.dialect, outcome, sessions);
        let findings = judge(&seen);
        let messages = seen.builds.iter().map(|build| build.messages.as_str()).collect::<Vec<_>>().join("\n");
        let repetitions = Vec::new();
        JudgedCase { case, sessions: seen.sessions, findings, messages, hung: None, repetitions }
    }
}
