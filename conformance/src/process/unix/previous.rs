//! What runs have left that were killed together with their guardians: the next run ends it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use super::leftovers::kill_all;
use super::mark;
use super::table::{self, Entry, ProcessId};
use crate::files::RunFolder;

/// Ends the processes of runs that are over, and removes their folders.
///
/// A process belongs to one if its mark names a process that does not live, or if it works in the folder of a run that nobody has locked. The
/// shell of a user who looks into such a folder has a terminal, and is left alone; so is what another user or another container has started, whose
/// processes have other IDs.
pub(super) fn end_leftovers() {
    let line = own_line();
    // Where the table can't be read, the run will fail by itself.
    let all = table::all().unwrap_or_default().into_iter().filter(|pid| !line.contains(pid));
    let left: Vec<ProcessId> = all.filter(|pid| is_left(*pid)).filter_map(ProcessId::of_living).collect();
    if !left.is_empty() {
        kill_all(&left);
    }
    drop(RunFolder::current());
}

fn is_left(pid: i32) -> bool {
    let is_own = || {
        let user = std::fs::metadata(format!("/proc/{pid}")).map(|data| data.uid());
        user.is_ok_and(|user| user == rustix::process::geteuid().as_raw())
            && namespace(pid) == namespace_of_own()
    };
    let run_is_over = |mark: String| mark::run_of(&mark).is_some_and(|run| !run.lives());
    (mark::of(pid).is_some_and(run_is_over) || works_in_abandoned_folder(pid)) && is_own()
}

fn works_in_abandoned_folder(pid: i32) -> bool {
    let folder = table::working_directory(pid).filter(|folder| RunFolder::is_abandoned(folder));
    folder.is_some() && Entry::of(pid).is_some_and(|entry| !entry.has_terminal)
}

fn namespace(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

fn namespace_of_own() -> Option<PathBuf> {
    namespace(std::process::id() as i32)
}

/// This process and those that it descends from: `pwp` may run as the subject of a run that was killed.
fn own_line() -> BTreeSet<i32> {
    let mut line = BTreeSet::new();
    let mut next = Some(std::process::id() as i32);
    while let Some(pid) = next.filter(|pid| line.insert(*pid)) {
        next = Entry::of(pid).map(|entry| entry.parent);
    }
    line
}
