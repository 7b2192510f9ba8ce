//! Processes as `/proc` shows them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use crate::history::ProcessStart;

/// The list of the children of the main thread, kept open, so that reading it is quick: a process that forks and exits without pause is there for
/// a moment only. With it the process whose list it is, since a copy of a process has another list.
static CHILDREN: Mutex<Option<(u32, File)>> = Mutex::new(None);

/// A process, told apart from a later one to which the system gives the same ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId {
    /// The ID that the system uses.
    pub(crate) pid: i32,
    /// When the process was started, in ticks since the system was.
    pub(crate) ticks: u64,
}

impl ProcessId {
    /// The process that has this ID now, unless that has ended and only waits to be buried.
    pub(crate) fn of_living(pid: i32) -> Option<Self> {
        Entry::of(pid).filter(Entry::lives).map(|entry| entry.process)
    }

    /// The process whose start this is.
    pub(crate) fn started(start: &ProcessStart) -> Self {
        Self { pid: start.pid as i32, ticks: start.ticks }
    }

    /// The process that runs this code.
    pub(crate) fn own() -> Self {
        let pid = std::process::id() as i32;
        Self { pid, ticks: Entry::of(pid).map_or(0, |entry| entry.process.ticks) }
    }

    /// Kills the process alone, if it lives.
    pub(crate) fn kill(self) {
        // What can't be ended is found out by those who wait for its end.
        let _ = self.send(Signal::KILL);
    }

    /// Sends a signal, if the process lives. Fails where this user may not.
    pub(super) fn send(self, signal: Signal) -> io::Result<()> {
        match Pid::from_raw(self.pid).filter(|_| self.lives()).map(|pid| kill_process(pid, signal)) {
            Some(Err(error)) if error != rustix::io::Errno::SRCH => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether the process has not ended.
    pub(crate) fn lives(self) -> bool {
        Self::of_living(self.pid) == Some(self)
    }
}

/// What the system tells of a process, also of one that has ended and is not buried.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) process: ProcessId,
    /// The name of its program, of which the system keeps 15 bytes. A process can give itself any name, so control characters are
    /// replaced.
    pub(super) name: String,
    pub(super) state: char,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Whether its session has a terminal.
    pub(super) has_terminal: bool,
    threads: u32,
}

impl Entry {
    pub(super) fn of(pid: i32) -> Option<Self> {
        let bytes = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        // The name, which may hold anything, is in parentheses.
        let (before, rest) = text.rsplit_once(") ")?;
        let (_, name) = before.split_once('(')?;
        let name = name.chars().map(|char| if char.is_control() { '?' } else { char }).collect();
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let mut number = || fields.next()?.parse().ok();
        let (parent, group, session, terminal) = (number()?, number()?, number()?, number()?);
        // Fields 20 and 22 of proc(5); the terminal was field 7.
        let threads = fields.nth(12)?.parse().ok()?;
        let ticks = fields.nth(1)?.parse().ok()?;
        let has_terminal = terminal != 0;
        Some(Self {
            process: ProcessId { pid, ticks },
            name,
            state,
            parent,
            group,
            session,
            has_terminal,
            threads,
        })
    }

    /// A zombie does not live: it has ended, and its parent has not asked how. If only its first thread has ended, it looks like one.
    pub(super) fn lives(&self) -> bool {
        !matches!(self.state, 'Z' | 'X') || self.threads > 1
    }
}

/// The children of a process, whichever of its threads they belong to.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let tasks = open(pid).and_then(|process| process.tasks().ok());
    let lists = tasks.into_iter().flatten().flatten().filter_map(|task| task.children().ok());
    lists.flatten().filter_map(|child| i32::try_from(child).ok()).collect()
}

/// The children of this process. An empty list is a proof that it has none at this moment. Fails where the system does not say: then nobody knows.
///
/// Those of the main thread are read last. The kernel gives orphans to it; what a process starts as its own sibling belongs to the thread that
/// has started that process. So nothing goes from the main thread to another one, and a list grows at its end.
pub(super) fn own_children() -> io::Result<Vec<i32>> {
    let own = std::process::id();
    let mut all = children_of_threads(own)?;
    all.extend(children_of_main_thread(own)?);
    Ok(all)
}

/// The children of all threads but the main one.
fn children_of_threads(own: u32) -> io::Result<Vec<i32>> {
    let mut all = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task")? {
        let thread = thread?;
        if thread.file_name().to_str() != Some(&own.to_string()) {
            match std::fs::read_to_string(thread.path().join("children")) {
                Ok(text) => {
                    all.extend(text.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
                }
                // It has ended, and its children belong to another thread; or the kernel has no such lists.
                Err(error) if error.kind() == ErrorKind::NotFound || is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(all)
}

/// What the system says of a thread that ends while its files are read.
fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

fn children_of_main_thread(own: u32) -> io::Result<Vec<i32>> {
    let mut kept = CHILDREN.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.as_ref().is_none_or(|(pid, _)| *pid != own) {
        *kept = match File::open(format!("/proc/{own}/task/{own}/children")) {
            Ok(file) => Some((own, file)),
            // A kernel without CONFIG_PROC_CHILDREN.
            Err(error) if error.kind() == ErrorKind::NotFound => return all_with_parent(own as i32),
            Err(error) => return Err(error),
        };
    }
    let mut text = String::new();
    if let Some((_, file)) = &mut *kept {
        file.rewind()?;
        file.read_to_string(&mut text)?;
    }
    Ok(text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}

fn all_with_parent(parent: i32) -> io::Result<Vec<i32>> {
    let mut found = all()?;
    found.retain(|pid| Entry::of(*pid).is_some_and(|entry| entry.parent == parent));
    Ok(found)
}

/// All processes of the system.
pub(super) fn all() -> io::Result<Vec<i32>> {
    let entries = std::fs::read_dir("/proc")?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// What stands in the environment with which a process was started.
pub(super) fn variable(pid: i32, name: &str) -> Option<String> {
    let mut environment = open(pid)?.environ().ok()?;
    environment.remove(OsStr::from_bytes(name.as_bytes())).map(|value| value.to_string_lossy().into_owned())
}

/// Where a process works.
pub(super) fn working_directory(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

pub(super) fn open(pid: i32) -> Option<procfs::process::Process> {
    procfs::process::Process::new(pid).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_in_the_table() {
        let own = std::process::id() as i32;
        let entry = Entry::of(own).unwrap();
        assert_eq!(entry.process, ProcessId::own());
        assert_eq!(entry.parent, rustix::process::getppid().unwrap().as_raw_nonzero().get());
        assert_eq!(entry.group, rustix::process::getpgrp().as_raw_nonzero().get());
        assert!(entry.lives() && entry.process.ticks > 0);
    }
}
