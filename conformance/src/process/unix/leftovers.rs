//! What processes leave behind, and its end.
//!
//! `pwp` makes itself a subreaper, so whatever a process of ours leaves behind becomes a child of `pwp`, which can find it and has to
//! bury it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};

use super::table::{ProcessId, children};

/// How long killed processes of a worker may take to be gone. Each run of a script may have to wait for them.
const GONE: Duration = Duration::from_millis(400);
/// How long killed processes of a build tool may take to be gone: it has to notice that its workers are.
const CLIENT_GONE: Duration = Duration::from_secs(2);
/// How often processes that have to end are looked for.
const LOOK: Duration = Duration::from_millis(2);

/// The children that this process has started and waits for itself. Its other children are what these have left behind.
static STARTED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
/// Children that were there before any process of ours: a shell that starts `pwp` with `exec` hands down its own.
static INHERITED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Makes this process the one that inherits orphans. Without it, what a subject leaves behind is missed.
pub fn become_subreaper() {
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    lock(&INHERITED).extend(own_children());
}

/// Kills what subjects left behind that could not be told apart by subject, whatever they made of their
/// environment: all children of this process that it did not start and that were not there when it became the
/// [subreaper](become_subreaper). Returns their names. For a program whose only purpose is to run subjects, at its end.
pub fn kill_strays() -> Vec<String> {
    kill_trees(orphans().0)
}

/// The children that this process has started. While the guard is held, a child that is being started is neither taken for an
/// orphan nor buried.
pub(super) fn started() -> MutexGuard<'static, BTreeSet<i32>> {
    lock(&STARTED)
}

/// The children of this process that it did not start and that have not ended, and whether at most one process of its own runs.
pub(super) fn orphans() -> (Vec<i32>, bool) {
    let (started, inherited) = (started(), lock(&INHERITED));
    let mut orphans = own_children();
    orphans.retain(|pid| !started.contains(pid) && !inherited.contains(pid) && !is_buried(*pid));
    (orphans, started.len() <= 1)
}

/// Kills these processes and all below them, and waits until they are gone. Returns their names.
pub(super) fn kill_trees(roots: Vec<i32>) -> Vec<String> {
    let all = living_trees(roots);
    kill(&all, GONE);
    all.into_values().collect()
}

/// Those of these processes, and of all below them, that live, with their names.
pub(super) fn living_trees(roots: Vec<i32>) -> BTreeMap<ProcessId, String> {
    let (mut found, mut seen, mut open) = (BTreeMap::new(), BTreeSet::new(), roots);
    while let Some(pid) = open.pop() {
        if seen.insert(pid) {
            found.extend(ProcessId::with_name(pid));
            open.extend(children(pid));
        }
    }
    found
}

/// Kills these processes of a build tool and all below them, and waits until they are gone.
pub(crate) fn kill_all(processes: &[ProcessId]) {
    let living = processes.iter().filter(|process| process.lives());
    kill(&living_trees(living.map(|process| process.pid).collect()), CLIENT_GONE);
}

/// Kills all that is below this process, without waiting for its end.
pub(crate) fn kill_children() {
    living_trees(own_children()).into_keys().for_each(ProcessId::kill);
}

fn kill(processes: &BTreeMap<ProcessId, String>, limit: Duration) {
    if processes.is_empty() {
        return;
    }
    processes.keys().copied().for_each(ProcessId::kill);
    // Killed processes whose parent was killed too become children of this process: they are gone when they are buried.
    remaining(limit, || {
        bury();
        processes.keys().filter(|process| !process.is_gone()).collect()
    });
}

/// What is still there when nothing is any more, or when `limit` has passed.
pub(super) fn remaining<T>(limit: Duration, look: impl Fn() -> Vec<T>) -> Vec<T> {
    let until = Instant::now() + limit;
    loop {
        let left = look();
        if left.is_empty() || Instant::now() >= until {
            return left;
        }
        std::thread::sleep(LOOK);
    }
}

/// Waits until these processes have ended, at most `limit`; gives those that live.
pub(crate) fn wait_gone(processes: &[ProcessId], limit: Duration) -> Vec<ProcessId> {
    remaining(limit, || {
        bury();
        processes.iter().copied().filter(|process| process.lives()).collect()
    })
}

/// Buries the zombies among the children that were not started here. As subreaper this process has to: a client may wait until its
/// own server is gone.
pub(crate) fn bury() {
    let started = started();
    for pid in own_children().iter().filter(|pid| !started.contains(pid)) {
        is_buried(*pid);
    }
}

/// Buries a child that is a zombie; whether it was one.
fn is_buried(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_))))
}

fn own_children() -> Vec<i32> {
    children(std::process::id() as i32)
}

fn lock(set: &'static Mutex<BTreeSet<i32>>) -> MutexGuard<'static, BTreeSet<i32>> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}
