//! What processes leave behind, and its end.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::children::{self, Look, Origin, Whose, bury, look};
use super::ending::{LOOK, end};
use super::interrupt::interrupted;
use super::table::{Entry, ProcessId};

/// How long the end of what a subject has left behind may take. Each run of a script may have to wait for it.
const KILLED: Duration = Duration::from_secs(2);
/// How long the end of all that is left may take at the end of a run.
const STRAYS: Duration = Duration::from_secs(5);
/// How long killed processes of a build tool may take to be gone: it has to notice that its workers are.
const CLIENT_GONE: Duration = Duration::from_secs(2);
/// Looks behind the grace in which something had just ended, before what ends is taken for something that starts again and again.
const LATE_LOOKS: u32 = 20;

/// Ends what subjects left behind that could not be told apart by subject, whatever they made of their
/// environment: all children of this process that it did not start and that were not there when it became the
/// [subreaper](super::become_subreaper). Returns their names. For a program whose only purpose is to run subjects, at its end.
pub fn kill_strays() -> Vec<String> {
    // A process that ended long ago and was not buried is none that lived on.
    bury();
    end(STRAYS, |seen| look(Whose::All, seen)).names()
}

/// The same while no process that this one has started runs. Beside others nothing is ended: what is there may be theirs.
pub(crate) fn kill_strays_if_alone() -> Vec<String> {
    if children::has_started_any() { Vec::new() } else { kill_strays() }
}

/// What outlives a process that has ended: gives it the time `grace` to end by itself, ends the rest, returns its names.
///
/// Fails where the system does not say what is there.
pub(super) fn survivors(origin: &Origin, grace: Duration) -> io::Result<Vec<String>> {
    let grace = if interrupted() { Duration::ZERO } else { grace };
    let until = Instant::now() + grace;
    // What the first look buries may have ended before the process did.
    let first = look(Whose::Of(origin), |_| ())?;
    let mut seen = Look { buried: Vec::new(), is_unsure: !first.is_empty(), ..first };
    let mut late_looks = 0;
    while !seen.is_empty() {
        let is_late = Instant::now() >= until;
        if is_late && (!seen.living.is_empty() || late_looks >= LATE_LOOKS) {
            // What only others can have left behind is theirs.
            return Ok(if seen.is_only_unsure() { Vec::new() } else { end_orphans(origin) });
        }
        if is_late {
            late_looks += 1;
        } else {
            std::thread::sleep(LOOK);
        }
        seen = look(Whose::Of(origin), |_| ())?;
    }
    Ok(Vec::new())
}

/// Ends the orphans of a process; returns their names.
pub(super) fn end_orphans(origin: &Origin) -> Vec<String> {
    let all = |seen: &mut dyn FnMut(&Entry)| {
        look(Whose::Of(origin), |orphan| {
            if orphan.group == origin.process.pid {
                // Those of its group stop at the same moment, also one that is being started.
                stop_group(origin.process.pid);
            }
            seen(orphan);
        })
    };
    end(KILLED, all).names()
}

/// Stops a group that has a member.
fn stop_group(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        // What can't be stopped can't be ended either, and that is found out.
        let _ = kill_process_group(group, Signal::STOP);
    }
}

/// Ends a process that this one has started, all below it and its orphans; returns their names. A process that can't be ended is among them.
pub(super) fn end_with_orphans(origin: &Origin) -> Vec<String> {
    let all = |seen: &mut dyn FnMut(&Entry)| {
        let mut found = look(Whose::Of(origin), &mut *seen)?;
        found.living.extend(living(origin.process, seen));
        Ok(found)
    };
    end(KILLED, all).names()
}

/// Kills these processes of a build tool and all below them, and waits until they are gone.
pub(crate) fn kill_all(processes: &[ProcessId]) {
    let all = |seen: &mut dyn FnMut(&Entry)| {
        let living = processes.iter().filter_map(|process| living(*process, seen)).collect();
        Ok(Look { living, ..Look::default() })
    };
    end(CLIENT_GONE, all);
}

/// A process if it lives and may still end.
fn living(process: ProcessId, seen: &mut dyn FnMut(&Entry)) -> Option<Entry> {
    let entry = Entry::of(process.pid).filter(|entry| entry.process == process && entry.lives())?;
    let may_end = !children::is_given_up(process);
    may_end.then(|| {
        seen(&entry);
        entry
    })
}

/// Kills all that is below this process, without waiting for its end.
pub(crate) fn kill_children() {
    let children = super::table::children(std::process::id() as i32);
    let roots = children.into_iter().filter_map(Entry::of).collect();
    super::ending::trees(roots).into_keys().for_each(ProcessId::kill);
}

/// Waits until these processes have ended, at most `limit`, and no longer than the user lets the run go on; gives those that live.
pub(crate) fn wait_gone(processes: &[ProcessId], limit: Duration) -> Vec<ProcessId> {
    let until = Instant::now() + limit;
    loop {
        bury();
        let left: Vec<ProcessId> = processes.iter().copied().filter(|process| process.lives()).collect();
        if left.is_empty() || interrupted() || Instant::now() >= until {
            return left;
        }
        std::thread::sleep(LOOK);
    }
}
