//! Processes as `/proc` shows them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use procfs::process::Stat;
use rustix::process::{Pid, Signal, kill_process};

use crate::history::ProcessStart;

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
        Self::with_name(pid).map(|(process, _)| process)
    }

    /// The same with the name of its program, of which the system keeps 15 bytes.
    pub(super) fn with_name(pid: i32) -> Option<(Self, String)> {
        stat(pid).filter(lives).map(|stat| (Self { pid, ticks: stat.starttime }, stat.comm))
    }

    /// The process whose start this is.
    pub(crate) fn started(start: &ProcessStart) -> Self {
        Self { pid: start.pid as i32, ticks: start.ticks }
    }

    /// The process that runs this code.
    pub(crate) fn own() -> Self {
        let pid = std::process::id() as i32;
        Self { pid, ticks: stat(pid).map_or(0, |stat| stat.starttime) }
    }

    /// Kills the process alone, if it lives.
    pub(crate) fn kill(self) {
        if let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.lives()) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Whether the process has not ended.
    pub(crate) fn lives(self) -> bool {
        Self::of_living(self.pid) == Some(self)
    }

    /// Whether the process neither lives nor waits, as a child of this one, to be buried.
    pub(super) fn is_gone(self) -> bool {
        let own = std::process::id() as i32;
        stat(self.pid).is_none_or(|stat| stat.starttime != self.ticks || (!lives(&stat) && stat.ppid != own))
    }
}

/// The children of a process, whichever of its threads they belong to.
pub(super) fn children(pid: i32) -> Vec<i32> {
    let tasks = open(pid).and_then(|process| process.tasks().ok());
    let lists = tasks.into_iter().flatten().flatten().filter_map(|task| task.children().ok());
    lists.flatten().filter_map(|child| i32::try_from(child).ok()).collect()
}

/// What stands in the environment with which a process was started.
pub(super) fn variable(pid: i32, name: &str) -> Option<String> {
    let mut environment = open(pid)?.environ().ok()?;
    environment.remove(OsStr::from_bytes(name.as_bytes())).map(|value| value.to_string_lossy().into_owned())
}

pub(super) fn open(pid: i32) -> Option<procfs::process::Process> {
    procfs::process::Process::new(pid).ok()
}

fn stat(pid: i32) -> Option<Stat> {
    open(pid)?.stat().ok()
}

/// A zombie does not live: it has ended, and its parent has not asked how.
fn lives(stat: &Stat) -> bool {
    !matches!(stat.state, 'Z' | 'X')
}
