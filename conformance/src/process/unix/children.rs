//! The children of this process: those that it has started, and orphans.
//!
//! `pwp` makes itself a subreaper, so whatever a process of ours leaves behind becomes a child of `pwp`, which can find it and has to
//! bury it. That finds every process, also one that has left its group and its session and cleared its environment, and the subject sees
//! the same system as with any client. A PID namespace would end all of a subject by ending its first process, but a subject in one is another
//! subject: as process 1 it is not ended by SIGTERM unless it asks for that, behind a process 1 of ours it has another ID than `/proc` shows, and where
//! the kernel allows none the verdicts would differ from machine to machine. So there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::SIGCHLD;
use rustix::process::{Pid, WaitOptions, waitpid};
use signal_hook::iterator::Signals;

use super::mark;
use super::table::{self, Entry, ProcessId};

/// Names of processes that were buried are kept up to this number: one that forks and exits without pause leaves thousands.
const NAMES: usize = 8;
/// Orphans that are buried while nobody else may start or look for processes.
const AT_ONCE: usize = 64;

/// The children that this process knows. Its other children are orphans.
#[derive(Debug)]
struct Known {
    /// Those that it has started and waits for itself, and the names of what was buried of what each has left behind.
    started: BTreeMap<i32, Vec<String>>,
    /// Those that were there before any process of ours: a shell that starts `pwp` with `exec` hands down its own.
    inherited: BTreeSet<i32>,
    /// Those that could not be ended.
    given_up: BTreeSet<ProcessId>,
}

impl Known {
    /// Notes what has outlived a process that this one has started, or may have. Whether it is known which one that is.
    fn note_buried(&mut self, orphan: &Entry) -> bool {
        let leader = [orphan.group, orphan.session].into_iter().find(|id| self.started.contains_key(id));
        let only = || self.started.keys().next().copied().filter(|_| self.started.len() == 1);
        let Some(names) = leader.or_else(only).and_then(|id| self.started.get_mut(&id)) else { return false };
        if names.len() < NAMES {
            names.push(name_of_buried(orphan));
        }
        true
    }
}

fn name_of_buried(orphan: &Entry) -> String {
    format!("{} (ended at once)", orphan.name)
}

static KNOWN: Mutex<Known> =
    Mutex::new(Known { started: BTreeMap::new(), inherited: BTreeSet::new(), given_up: BTreeSet::new() });

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes this process the one that inherits orphans. Without it, what a subject leaves behind is missed.
pub fn become_subreaper() {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let children = table::children(std::process::id() as i32);
    let mut known = known();
    let own: BTreeSet<i32> = known.started.keys().copied().collect();
    known.inherited = children.into_iter().filter(|pid| !own.contains(pid)).collect();
}

/// Starts a child that this process waits for itself. While it is being started, nobody takes it for an orphan.
pub(super) fn start(spawn: impl FnOnce() -> io::Result<Child>) -> io::Result<Child> {
    let mut known = known();
    let child = spawn()?;
    known.started.insert(child.id() as i32, Vec::new());
    Ok(child)
}

/// A child was waited for. One that could not be ended stays known, so that it is nobody's orphan.
pub(super) fn forget(pid: i32) {
    known().started.remove(&pid);
}

/// Whether a child that this process has started has not been waited for.
pub(super) fn has_started_any() -> bool {
    !known().started.is_empty()
}

/// Nobody waits for this process any more: it can't be ended.
pub(super) fn give_up(process: ProcessId) {
    known().given_up.insert(process);
}

pub(super) fn is_given_up(process: ProcessId) -> bool {
    known().given_up.contains(&process)
}

/// Whose orphans are looked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Those of one process that this one has started.
    Of(&'a Origin),
    /// All of them.
    All,
    /// Nobody's: those that have ended are buried.
    Nobody,
}

/// By what the orphans of a process are known.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) process: ProcessId,
    /// The mark in its environment.
    pub(super) mark: Option<String>,
}

impl Origin {
    /// Whether it has started a process that lives. `alone`: no other process that this one has started can have.
    fn has_started(&self, orphan: &Entry, alone: bool) -> bool {
        if self.leads(orphan) {
            return true;
        }
        // One that has cleared its environment: where several subjects run, any of them may have started it.
        let is_later = alone && orphan.process.ticks >= self.process.ticks;
        match (&self.mark, mark::of(orphan.process.pid)) {
            (None, _) => false,
            (Some(own), Some(mark)) => mark == *own || (is_later && !mark::is_of_this_run(&mark)),
            (Some(_), None) => is_later,
        }
    }

    fn leads(&self, orphan: &Entry) -> bool {
        [orphan.group, orphan.session].contains(&self.process.pid)
    }
}

/// What one look at the orphans has shown.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// Those that live.
    pub(super) living: Vec<Entry>,
    /// The names of those that had ended and were buried since the last look, some of them.
    pub(super) buried: Vec<String>,
    /// Something was there of which nobody knows whose it is: it ended before its environment was read.
    pub(super) is_unsure: bool,
}

impl Look {
    /// Whether there was nothing. If the process that could have left something behind had ended before, nothing of it lives: an orphan that
    /// ends is seen as one that was buried, and what it has started stands behind it in the list.
    pub(super) fn is_empty(&self) -> bool {
        self.living.is_empty() && self.buried.is_empty() && !self.is_unsure
    }

    /// Whether there was something, and nothing of which it is known whose it is.
    pub(super) fn is_only_unsure(&self) -> bool {
        self.living.is_empty() && self.buried.is_empty() && self.is_unsure
    }
}

/// Looks at the orphans once, and buries those that have ended. `seen` is called for each that lives at once, while it can't be buried by another
/// thread.
///
/// Fails where the system does not say which children this process has.
pub(super) fn look(whose: Whose<'_>, mut seen: impl FnMut(&Entry)) -> io::Result<Look> {
    let mut known = known();
    let alone = known.started.len() <= 1;
    let mut found = Look::default();
    // The newest first: what forks and exits without pause lives at the end of the list, for a moment.
    for pid in table::own_children()?.into_iter().rev() {
        if known.started.contains_key(&pid) || known.inherited.contains(&pid) {
            continue;
        }
        let Some(orphan) = Entry::of(pid).filter(|orphan| !known.given_up.contains(&orphan.process)) else {
            continue;
        };
        if orphan.lives() {
            let is_meant = match whose {
                Whose::Of(origin) => origin.has_started(&orphan, alone),
                Whose::All => true,
                Whose::Nobody => false,
            };
            found.is_unsure |= !is_meant && Entry::of(pid).is_none_or(|now| !now.lives());
            if is_meant {
                seen(&orphan);
                found.living.push(orphan);
            }
        } else if is_buried(pid) {
            let is_known = known.note_buried(&orphan);
            found.is_unsure |= !is_known;
            if matches!(whose, Whose::All) && found.buried.len() < NAMES {
                found.buried.push(name_of_buried(&orphan));
            }
        }
    }
    if let Whose::Of(origin) = whose
        && let Some(names) = known.started.get_mut(&origin.process.pid)
    {
        found.buried = std::mem::take(names);
    }
    found.buried.truncate(NAMES);
    Ok(found)
}

/// Buries the zombies among the children that were not started here. As subreaper this process has to: a client may wait until its
/// own server is gone.
pub(crate) fn bury() {
    // If the system does not say which children there are, the next one who looks finds out.
    let _ = look(Whose::Nobody, |_| ());
}

/// Buries orphans from now on as soon as they have ended: a subject that forks and exits without pause would fill the table of processes within
/// seconds. In a thread of its own, at the end of which nobody looks.
pub(crate) fn bury_always() -> io::Result<()> {
    let mut ended = Signals::new([SIGCHLD])?;
    // What had ended before there was a handler.
    bury();
    let buries = move || {
        ended.forever().for_each(|_| while let Buried::More = bury_some() {});
    };
    std::thread::Builder::new().name("orphans".into()).spawn(buries).map(drop)
}

/// What came of burying the next orphans.
enum Buried {
    /// There may be more.
    More,
    /// None has ended that is not buried.
    All,
}

/// Buries the next orphans, without reading the list of children: that takes too long where one ends after the other.
fn bury_some() -> Buried {
    let mut known = known();
    for _ in 0..AT_ONCE {
        let Some(pid) = next_zombie() else { return Buried::All };
        if known.started.contains_key(&pid) || known.inherited.contains(&pid) {
            // It is in front of the others until whoever has started it asks for it.
            drop(known);
            bury();
            return Buried::All;
        }
        let orphan = Entry::of(pid);
        if !is_buried(pid) {
            return Buried::All;
        }
        if let Some(orphan) = orphan {
            known.note_buried(&orphan);
        }
    }
    Buried::More
}

/// A child that has ended and was not waited for.
fn next_zombie() -> Option<i32> {
    let mut found = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the call writes to the place that it is given. All zeros, which it leaves where there is none, is a value of the type.
    let pid = unsafe {
        (libc::waitid(libc::P_ALL, 0, found.as_mut_ptr(), options) == 0).then(|| found.assume_init().si_pid())
    };
    pid.filter(|pid| *pid != 0)
}

/// Buries a child that is a zombie; whether it was one.
fn is_buried(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))))
}
