//! Runs cases in lanes, each with one life of the client, and judges them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use pwp_proto::Framing;

use crate::files::{Folder, Occupant};
use crate::history::{Entry, ProcessHistory, Timed, Transcript};
use crate::oracle::across::{Observation, judge};
use crate::oracle::{Breach, Finding};
use crate::probe::records_in;
use crate::process::interrupted;
use crate::report::{Confirmed, KnownFailure, Symptom, recognise};
use crate::selection::Selection;

use super::adapter::{Adapter, CaseOutcome, ClientError, Lane};
use super::build_limits::{AT_ONCE, BuildLimits, REPETITIONS};
use super::case::{Before, Case, End};
use super::case_files::make_folder;
use super::cleanup::{Leftovers, end_case};
use super::observe;

/// The most characters of the client's output that are kept as evidence.
const MESSAGES: usize = 4000;

/// Held while a case is judged. What its processes wrote down can be 24 MiB of messages, and takes several times as much while it is
/// looked at.
static JUDGING: Mutex<()> = Mutex::new(());

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
    /// The words of its command line that come last, for an own client: `-- COMMAND …`.
    pub last_words: String,
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
    /// How many processes of the probe there were.
    pub(super) processes: usize,
    /// What the processes saw that show a violation, by their places.
    pub(super) transcripts: BTreeMap<usize, Vec<Entry>>,
    pub(super) findings: Vec<Finding>,
    /// The end of what the client said.
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
        Symptom::new(breach.violation.symptom(), [], [self.case.name.to_string()])
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
    root: &'a Folder,
    limits: &'a BuildLimits,
    /// How many lanes there were.
    lanes: AtomicU32,
}

impl<'r> Runner<'r> {
    /// A runner whose lanes have their folders below `root`.
    pub(super) fn new(
        adapter: &'r dyn Adapter,
        options: &'r Options,
        root: &'r Folder,
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
            if is_over || self.limits.exhausted() || interrupted() {
                return None;
            }
            queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
        };
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            for number in 0..AT_ONCE {
                let (sender, next) = (sender.clone(), &next);
                let runs = move || {
                    while let Some(lane) = next() {
                        let ran = self.lane(lane);
                        // The other end is there until every lane was run.
                        let _ = sender.send(ran);
                    }
                };
                match std::thread::Builder::new().spawn_scoped(scope, runs) {
                    Ok(_) => {}
                    Err(error) if number == 0 => {
                        return Err(ClientError::not_started(&self.adapter.about().name, error));
                    }
                    // The others do all of it.
                    Err(_) => break,
                }
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
        let _occupant = Occupant::enter();
        let number = self.lanes.fetch_add(1, Ordering::SeqCst) + 1;
        let lane = Lane {
            cases: cases.clone(),
            folder: make_folder(self.root, Path::new(&format!("lane-{number}")))?,
            shared: self.root,
            dialect: self.options.dialect,
            limit: self.limits.limit(),
            pwp: &self.options.pwp,
        };
        let outcomes = self.adapter.run(&lane);
        let mut judged = Vec::new();
        // Whatever came of it, nothing is left behind.
        let record = |case: &Case| lane.folder.at(Path::new("cases").join(&case.name).join("record")).ok();
        let end = |case: &&Case| {
            record(case).map_or_else(Leftovers::default, |record| end_case(&record, case.end == End::Kill))
        };
        let ended: Vec<Leftovers> = cases.iter().map(end).collect();
        // The interrupt has ended the client, so what it did in this lane says nothing about it.
        if interrupted() {
            let _ = lane.folder.remove("");
            return Ok(judged);
        }
        for ((case, outcome), left) in cases.into_iter().zip(outcomes?).zip(ended) {
            let ended = outcome.builds.iter().filter(|build| build.hung.is_none());
            let slowest = ended.map(|build| build.ended.saturating_sub(build.began)).max();
            let hung = outcome.builds.iter().any(|build| build.hung.is_some());
            // A client that begins nothing within its time hangs as well.
            self.limits.ran(slowest, hung || (outcome.end.forced && outcome.builds.is_empty()));
            let case = self.judge(case, outcome, left, record(case).as_ref());
            judged.push(JudgedCase { hung: hung.then_some(lane.limit), ..case });
        }
        // What can't be removed now is named when the directory of all lanes is removed.
        let _ = lane.folder.remove("");
        Ok(judged)
    }

    fn judge<'a>(
        &self,
        case: &'a Case,
        mut outcome: CaseOutcome,
        left: Leftovers,
        record: Option<&Folder>,
    ) -> JudgedCase<'a> {
        let _alone = JUDGING.lock().unwrap_or_else(PoisonError::into_inner);
        // What they wrote down until the end counts.
        let sessions = record.map(records_in).unwrap_or_default();
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
        let messages = messages.trim_end();
        let start = messages.char_indices().rev().nth(MESSAGES - 1).map_or(0, |(start, _)| start);
        let messages = messages[start..].to_owned();
        JudgedCase {
            case,
            processes: seen.sessions.len(),
            transcripts: self.transcripts(&seen, &findings),
            findings,
            messages,
            hung: None,
            repetitions: Vec::new(),
        }
    }

    /// The transcripts of the processes that show a violation. One that no process shows alone is shown by the last one.
    fn transcripts(&self, seen: &Observation, findings: &[Finding]) -> BTreeMap<usize, Vec<Entry>> {
        let violations = findings.iter().filter(|finding| finding.is_violation());
        let shown = violations.filter_map(|finding| shown_by(finding.session, seen.sessions.len()));
        let sessions = shown.collect::<BTreeSet<_>>().into_iter();
        let sessions = sessions.filter_map(|place| Some((place, seen.sessions.get(place)?)));
        sessions.map(|(place, process)| (place, transcript(self.options.dialect, process))).collect()
    }
}

/// The process whose transcript shows a violation.
pub(super) fn shown_by(session: Option<usize>, processes: usize) -> Option<usize> {
    session.or_else(|| processes.checked_sub(1))
}

/// The transcript of a process, seen from the side of the client as all transcripts are. Its times begin with the process.
fn transcript(dialect: Framing, process: &ProcessHistory) -> Vec<Entry> {
    let mut transcript = Transcript::new(process.framing().unwrap_or(dialect));
    for timed in &process.events {
        let at = timed.at.saturating_sub(process.started);
        transcript.record(&Timed { at, event: timed.event.clone() });
    }
    transcript.entries()
}
