//! What `/proc` tells about processes.

use std::fs;

use rustix::process::{Pid, WaitOptions};

/// The line of `/proc/PID/limits` with the mark.
const MARK_LINE: &str = "Max realtime timeout";

/// The children of a process, whichever of its threads started them. Empty if it is gone.
pub(super) fn children(pid: Pid) -> Vec<Pid> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(parse).collect::<Vec<Pid>>()).collect()
}

/// All processes.
pub(super) fn all() -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| parse(entry.file_name().to_str()?)).collect()
}

fn parse(pid: &str) -> Option<Pid> {
    pid.parse().ok().and_then(Pid::from_raw)
}

/// Adds `pid` and all below it that live. A zombie, which only waits to be reaped, does not count.
pub(super) fn collect(pid: Pid, found: &mut Vec<Pid>) {
    if found.contains(&pid) {
        return;
    }
    if is_alive(pid) {
        found.push(pid);
    }
    children(pid).into_iter().for_each(|child| collect(child, found));
}

pub(super) fn is_alive(pid: Pid) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name before it may hold anything, brackets too.
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// The soft limit `RLIMIT_RTTIME` of a process, which is where the mark stands. Nothing if there is none.
pub(super) fn mark(pid: Pid) -> Option<u64> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix(MARK_LINE))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Takes the exit status of a child that has ended, so that nothing is left of it.
pub(super) fn reap(pid: Pid) {
    // An error means that it is not a child of this process: then its parent reaps it.
    let _ = rustix::process::waitpid(Some(pid), WaitOptions::NOHANG);
}
