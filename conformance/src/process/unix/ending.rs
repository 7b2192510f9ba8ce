//! Ends processes and all below them, within a time limit, and says what could not be ended.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::children::{self, Look, bury};
use super::table::{Entry, ProcessId, children};

/// How often processes that have to end are looked for.
pub(super) const LOOK: Duration = Duration::from_millis(2);
/// How long processes may take to be gone when they were killed, before it is looked for more of them. The kernel needs the time to give back
/// their memory.
const GONE: Duration = Duration::from_millis(400);
/// Looks for further processes before those that were found are killed. Each look stops what the one before it had missed.
const LOOKS: usize = 50;

/// A process that could not be ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unended {
    /// Its ID.
    pub pid: i32,
    /// The name of its program.
    pub program: String,
    /// Why it lives on.
    pub why: &'static str,
}

impl fmt::Display for Unended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, program, why } = self;
        write!(f, "{program} (process {pid}, which could not be ended: {why})")
    }
}

static UNENDED: Mutex<Vec<Unended>> = Mutex::new(Vec::new());

/// What could not be ended, and lives still.
pub fn unended() -> Vec<Unended> {
    let all = UNENDED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    all.into_iter().filter(|one| Entry::of(one.pid).is_some_and(|entry| entry.lives())).collect()
}

/// What was ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    found: BTreeMap<ProcessId, String>,
    buried: Vec<String>,
}

impl Ended {
    /// The names of what lived, and what could not be ended with the reason. Where nothing was caught alive, the names of what ended by itself meanwhile.
    pub(super) fn names(self) -> Vec<String> {
        if self.found.is_empty() { self.buried } else { self.found.into_values().collect() }
    }
}

/// Ends what `look` finds and all below it, and looks again until nothing is there, at most `limit`. `look` gives each process that it finds to
/// its argument at once.
///
/// Nothing is killed before all that can be found is stopped: what is stopped starts nothing, and does not notice that another one has ended.
/// A process that forks and exits without pause is there for a moment only, so the looks go on until one of them finds nothing.
pub(super) fn end(limit: Duration, look: impl Fn(&mut dyn FnMut(&Entry)) -> io::Result<Look>) -> Ended {
    let until = Instant::now() + limit;
    let mut ended = Ended::default();
    let mut unsure = 0;
    loop {
        let (mut stopped, mut is_empty) = (BTreeMap::new(), true);
        for _ in 0..LOOKS {
            let Ok(seen) = look(&mut |entry| stop(entry.process)) else {
                // Somebody has used up the open files: without a look nothing is known.
                is_empty = false;
                std::thread::sleep(LOOK);
                break;
            };
            unsure = if seen.is_only_unsure() { unsure + 1 } else { 0 };
            is_empty &= seen.is_empty() || unsure > LOOKS;
            ended.buried.extend(seen.buried);
            let mut new = trees(seen.living);
            new.retain(|process, _| !stopped.contains_key(process) && !children::is_given_up(*process));
            if new.is_empty() {
                break;
            }
            new.keys().copied().for_each(stop);
            stopped.append(&mut new);
        }
        let refused: Vec<ProcessId> =
            stopped.keys().copied().filter(|process| process.send(Signal::KILL).is_err()).collect();
        wait_gone(
            stopped.keys().filter(|process| !refused.contains(process)),
            until.min(Instant::now() + GONE),
        );
        ended.found.append(&mut stopped);
        ended.buried.truncate(LOOKS);
        let is_late = Instant::now() >= until;
        for (process, name) in &mut ended.found {
            let lives_on = refused.contains(process) || (is_late && process.lives());
            if lives_on && !children::is_given_up(*process) {
                *name = give_up(*process, name, refused.contains(process)).to_string();
            }
        }
        if is_empty || is_late {
            return ended;
        }
    }
}

/// Stops a process, if that is allowed. What is stopped is killed next.
fn stop(process: ProcessId) {
    let _ = process.send(Signal::STOP);
}

/// Those of these processes, and of all below them, that live, with their names.
pub(super) fn trees(roots: Vec<Entry>) -> BTreeMap<ProcessId, String> {
    let mut found = BTreeMap::new();
    let mut open = roots;
    while let Some(entry) = open.pop() {
        let pid = entry.process.pid;
        if entry.lives() && found.insert(entry.process, entry.name).is_none() {
            open.extend(children(pid).into_iter().filter_map(Entry::of));
        }
    }
    found
}

/// Waits until these processes do not live, and buries them where they are orphans: a killed process whose parent was killed too becomes a child
/// of this one.
fn wait_gone<'a>(processes: impl Iterator<Item = &'a ProcessId>, until: Instant) {
    let mut left: Vec<ProcessId> = processes.copied().collect();
    let mut pause = Duration::from_micros(100);
    while !left.is_empty() && Instant::now() < until {
        bury();
        left.retain(|process| process.lives());
        if !left.is_empty() {
            std::thread::sleep(pause);
            pause = (pause * 2).min(LOOK);
        }
    }
    bury();
}

/// Notes that a process could not be ended: nobody waits for it any more.
pub(super) fn give_up(process: ProcessId, program: &str, refused: bool) -> Unended {
    let mut all = UNENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.iter().find(|known| known.pid == process.pid) {
        return known.clone();
    }
    let why = match Entry::of(process.pid).map(|entry| entry.state) {
        _ if refused => "it runs as another user",
        Some('D') => "it waits inside the kernel, for a disk or a network that does not answer",
        Some('t') => "another process traces it",
        _ => "it has not ended in time",
    };
    let one = Unended { pid: process.pid, program: program.to_owned(), why };
    children::give_up(process);
    all.push(one.clone());
    one
}
