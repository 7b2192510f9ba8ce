//! Processes that a case leaves behind, on Unix: found by what they wrote down, and ended.

use std::collections::BTreeSet;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::runner::{began, children, living, reset_signals};

/// How long killed processes may take to be gone.
const GONE: Duration = Duration::from_secs(2);
/// How often they are looked for.
const LOOK: Duration = Duration::from_millis(5);

/// Whether the process with this ID that was started at this tick lives.
pub(super) fn lives(pid: i32, ticks: u64) -> bool {
    living(pid).is_some() && began(pid) == Some(ticks)
}

/// Waits until these processes are gone, at most `limit`; gives those that live.
pub(super) fn wait_gone(of: &[(i32, u64)], limit: Duration) -> Vec<(i32, u64)> {
    let until = Instant::now() + limit;
    loop {
        let left: Vec<(i32, u64)> = of.iter().copied().filter(|(pid, ticks)| lives(*pid, *ticks)).collect();
        if left.is_empty() || Instant::now() >= until {
            return left;
        }
        reap();
        std::thread::sleep(LOOK);
    }
}

/// Ends these processes and all below them, and waits until they are gone.
pub(super) fn kill(of: &[(i32, u64)]) {
    let mut all = Vec::new();
    for (pid, ticks) in of {
        if lives(*pid, *ticks) {
            collect(*pid, &mut all);
        }
    }
    for (pid, ticks) in &all {
        if let Some(pid) = Pid::from_raw(*pid).filter(|_| lives(*pid, *ticks)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
    wait_gone(&all, GONE);
}

/// A process by its ID, with its start, if it lives.
pub(super) fn identify(pid: i32) -> Option<(i32, u64)> {
    living(pid)?;
    Some((pid, began(pid)?))
}

fn collect(pid: i32, all: &mut Vec<(i32, u64)>) {
    if all.iter().any(|(known, _)| *known == pid) {
        return;
    }
    all.extend(identify(pid));
    if let Some(pid) = Pid::from_raw(pid) {
        for child in children(pid) {
            collect(child, all);
        }
    }
}

/// Starts a command, with its signals as they usually are, and remembers that it is waited for here.
pub(super) fn spawn(command: &mut Command) -> std::io::Result<Child> {
    // The lock is held so that a child that is not yet listed is not buried by another thread.
    reset_signals(command);
    let mut own = lock();
    let child = command.spawn()?;
    own.insert(child.id() as i32);
    Ok(child)
}

/// A command that was waited for.
pub(super) fn forget(child: &Child) {
    lock().remove(&(child.id() as i32));
}

/// As subreaper this process has to bury what it inherits: a client may wait until its own server is gone.
pub(super) fn reap() {
    let own = lock();
    for pid in children(rustix::process::getpid()) {
        if living(pid).is_none()
            && !own.contains(&pid)
            && let Some(pid) = Pid::from_raw(pid)
        {
            let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
        }
    }
}

fn lock() -> MutexGuard<'static, BTreeSet<i32>> {
    static OWN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}
