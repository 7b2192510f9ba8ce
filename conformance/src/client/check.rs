//! Runs all cases against one client and writes the report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use pwp_proto::Dialect;

use crate::oracle::client_side::{ClientFinding, EndSeen, Session, judge};
use crate::probe::{Entry, What, read_records};
use crate::report::Report;
use crate::requirement::Features;
use crate::suite::{Reporter, Selection, SuiteEvent};

use super::adapter::{Adapter, ClientError, Lane, RanCase};
use super::case::{Case, End, Need};
use super::conclude::{self, Facts};
use super::confirm::Again;
use super::fixed::fixed_cases;
use super::{observe, tidy};

/// The first build of a client may take so long: an old Bazel unpacks itself first.
const FIRST: Duration = Duration::from_secs(120);
/// A build that takes longer than this hangs; more where the first one took long.
const FLOOR: Duration = Duration::from_secs(15);
/// No build gets more time than this.
const CEILING: Duration = Duration::from_secs(60);
/// Clients that run at once: most of a run is waiting.
const AT_ONCE: usize = 3;
/// How long a worker may need to be gone when its client is.
const GONE: Duration = Duration::from_secs(3);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// How to run the cases.
#[derive(Debug, Clone)]
pub struct Options {
    /// The wire form that the actions declare.
    pub dialect: Dialect,
    /// Which cases and requirements.
    pub selection: Selection,
    /// The program that is the probe: `pwp` itself.
    pub pwp: PathBuf,
    /// How the run is repeated, up to the selection: `pwp check client …`.
    pub command: String,
    /// How often a case that shows a violation is run again.
    pub repetitions: u32,
}

/// What came of one case.
pub(super) struct Judged<'a> {
    pub(super) case: &'a Case,
    pub(super) sessions: Vec<Session>,
    pub(super) findings: Vec<ClientFinding>,
    pub(super) messages: String,
    /// A build of it did not end by itself.
    pub(super) hung: bool,
}

/// Runs the cases and judges the client.
///
/// # Errors
/// Where the client can't be used, or the suite fails. What the client does wrong is in the report.
pub fn check_client(
    adapter: &dyn Adapter,
    options: &Options,
    reporter: &mut dyn Reporter,
) -> Result<Report, ClientError> {
    let began = Instant::now();
    let started_unix =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let about = adapter.about();
    let all: Vec<&Case> = fixed_cases().iter().collect();
    check_selection(&options.selection, &all)?;
    let fits = |case: &&&Case| {
        case.dialects.iter().any(|name| *name == options.dialect.to_string())
            && case.needs.iter().all(|need| about.can.contains(need))
            && options.selection.takes_case(&case.name, &case.exercises)
    };
    let cases: Vec<&Case> = all.iter().filter(fits).copied().collect();
    reporter.event(&SuiteEvent::Started {
        command: &about.command,
        made_absolute: &[],
        dialect: &options.dialect.to_string(),
        fixed: cases.len(),
        generated: 0,
        seed: 0,
    });
    let folder = tempfile::Builder::new()
        .prefix("pwp-")
        .tempdir()
        .map_err(|source| ClientError::Folder { path: std::env::temp_dir(), source })?;
    // What a shell has started may see other names of the same folder.
    let root = folder.path().canonicalize().unwrap_or_else(|_| folder.path().to_owned());
    let runner = Runner { adapter, options, root: &root, lanes: Mutex::new(0) };

    let mut judged: Vec<Judged<'_>> = Vec::new();
    let (mut limit, mut first) = (FIRST, None);
    let mut lanes = runner.lanes(&cases);
    if !lanes.is_empty() {
        let (lane, took) = runner.lane(lanes.remove(0), limit)?;
        limit = (took * 3).clamp(FLOOR, CEILING);
        first = Some(took);
        judged.extend(lane);
        reporter.event(&SuiteEvent::Measured { first_answer: Some(took), limit });
    }
    let total = cases.len();
    runner.all(lanes, limit, None, |case| {
        let violations = case.findings.iter().filter(|finding| finding.is_violation()).count();
        let (name, done) = (&case.case.name, judged.len() + 1);
        reporter.event(&SuiteEvent::ScriptDone { name, done, total, violations });
        judged.push(case);
    })?;
    if judged.is_empty() && crate::runner::interrupted() {
        return Err(ClientError::Interrupted);
    }
    judged.sort_by_key(|judged| cases.iter().position(|case| std::ptr::eq(*case, judged.case)));
    let again = Again::of(&runner, &judged, limit, options.repetitions)?;
    let facts = Facts {
        again,
        started_unix,
        took: began.elapsed(),
        first,
        limit,
        partial: options.selection.is_partial() || crate::runner::interrupted(),
    };
    let _ = remove(&root);
    let report = conclude::report(about, options, &judged, &facts);
    reporter.event(&SuiteEvent::Finished(&report));
    Ok(report)
}

/// Each pattern has to match something, or a typing error would look like success.
fn check_selection(selection: &Selection, cases: &[&Case]) -> Result<(), ClientError> {
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    selection.check_names(&names).map_err(|unknown| ClientError::Selection(unknown.0))
}

/// Runs cases.
pub(super) struct Runner<'a> {
    adapter: &'a dyn Adapter,
    options: &'a Options,
    root: &'a Path,
    lanes: Mutex<u32>,
}

impl Runner<'_> {
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
            if is_over || crate::runner::interrupted() {
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
    fn lane<'a>(
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
        super::place::make_folder(&lane.folder)?;
        let ran = self.adapter.run(&lane);
        let mut judged = Vec::new();
        // Whatever came of it, nothing is left behind.
        let left: Vec<(Vec<Session>, EndSeen)> = cases
            .iter()
            .map(|case| {
                tidy_case(&lane.folder.join("cases").join(&case.name).join("record"), case.end == End::Kill)
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
        mut sessions: Vec<Session>,
        left: EndSeen,
    ) -> Judged<'a> {
        let kills = case
            .builds
            .iter()
            .enumerate()
            .filter(|(_, build)| build.before.contains(&super::case::Before::KillWorkers));
        for (number, _) in kills {
            let before = ran.builds.get(number).map_or(u64::MAX, |build| build.began);
            for session in sessions.iter_mut().filter(|session| session.start.at < before) {
                session.killed = true;
            }
        }
        let end = EndSeen {
            began: ran.end.began,
            ended: ran.end.ended,
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

/// Looks which processes of a case are left, and ends them. `killed`: the client was, so that the end of its input is all that a
/// process can get.
fn tidy_case(record: &Path, killed: bool) -> (Vec<Session>, EndSeen) {
    if killed {
        wait_for_ends(record);
    }
    let records = read_records(record).unwrap_or_default();
    let of = |place: usize, children: bool| {
        records[place].iter().filter_map(move |entry| match &entry.what {
            What::Started { pid, ticks, .. } if !children => Some((*pid as i32, *ticks)),
            What::Child { pid, ticks } if children => Some((*pid as i32, *ticks)),
            _ => None,
        })
    };
    let all = |children: bool| -> Vec<(i32, u64)> {
        (0..records.len()).flat_map(|place| of(place, children)).collect()
    };
    let lives =
        |place: usize, children: bool| of(place, children).any(|(pid, ticks)| tidy::lives(pid, ticks));
    if !killed {
        tidy::wait_gone(&all(false), GONE);
    }
    let left: Vec<usize> = (0..records.len()).filter(|place| lives(*place, false)).collect();
    let children_left: Vec<usize> = (0..records.len()).filter(|place| lives(*place, true)).collect();
    tidy::kill(&all(false));
    tidy::kill(&all(true));
    // What they wrote down until the end counts.
    let sessions = read_records(record).unwrap_or_default();
    let sessions = sessions.iter().map(|record| observe::session(record)).collect();
    (sessions, EndSeen { left, children_left, ..EndSeen::default() })
}

/// Waits until each process is gone or has seen the end of its input, at most [`GONE`].
fn wait_for_ends(record: &Path) {
    let until = Instant::now() + GONE;
    let is_over = |entries: &Vec<Entry>| {
        let ended = entries.iter().any(|entry| entry.what == What::Eof);
        ended
            || entries.iter().all(|entry| match &entry.what {
                What::Started { pid, ticks, .. } => !tidy::lives(*pid as i32, *ticks),
                _ => true,
            })
    };
    while !read_records(record).unwrap_or_default().iter().all(is_over) && Instant::now() < until {
        tidy::reap();
        std::thread::sleep(LOOK);
    }
}

/// Removes a folder in which a build tool has taken away the right to write.
fn remove(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let _ = std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755));
        for entry in std::fs::read_dir(&folder)?.flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    std::fs::remove_dir_all(folder)
}

/// The features of the standard that a client has.
pub(super) fn features(can: &BTreeSet<Need>) -> Features {
    can.iter().filter_map(|need| need.feature()).collect()
}

/// How often each requirement is exercised by the built-in cases, for what a report says of the others.
pub(super) fn cases_for(id: crate::requirement::RequirementId) -> Vec<&'static Case> {
    fixed_cases().iter().filter(|case| case.exercises.contains(&id)).collect()
}

/// Counts of what was observed.
pub(super) type Observed = BTreeMap<String, u64>;
