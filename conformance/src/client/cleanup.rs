//! What a case has left behind, and its end.

use std::time::{Duration, Instant};

use crate::files::Folder;
use crate::history::{Event, ProcessHistory, Timed};
use crate::probe::outlines_in;
use crate::process::{ProcessId, bury, interrupted, kill_all, wait_gone};

/// How long a worker may need to be gone when its client is.
const GONE: Duration = Duration::from_secs(3);
/// How often it is looked whether something has happened.
pub(super) const LOOK: Duration = Duration::from_millis(5);

/// Which processes of a case were alive when their client was gone.
#[derive(Default)]
pub(super) struct Leftovers {
    /// Processes of the probe, by the numbers of their sessions.
    pub(super) processes: Vec<usize>,
    /// Sessions whose process has left a child.
    pub(super) children: Vec<usize>,
}

/// Finds the processes that a case has left, and ends them. Where the client was `killed`, the end of its input is all that a process
/// can get.
pub(super) fn end_case(record: &Folder, killed: bool) -> Leftovers {
    if killed {
        let is_over = |process: &ProcessHistory| {
            process.events.iter().any(|timed| timed.event == Event::StdinClosed)
                || !ProcessId::started(&process.start).lives()
        };
        wait_until(GONE, || outlines_in(record).iter().all(is_over));
    }
    let records = outlines_in(record);
    let own: Vec<Vec<ProcessId>> =
        records.iter().map(|process| vec![ProcessId::started(&process.start)]).collect();
    let children: Vec<Vec<ProcessId>> = records.iter().map(children).collect();
    let alive = |all: &[Vec<ProcessId>]| -> Vec<usize> {
        let lives = |place: &usize| all[*place].iter().copied().any(ProcessId::lives);
        (0..all.len()).filter(lives).collect()
    };
    if !killed {
        wait_gone(&own.concat(), GONE);
    }
    let alive = (alive(&own), alive(&children));
    kill_all(&own.concat());
    kill_all(&children.concat());
    Leftovers { processes: alive.0, children: alive.1 }
}

fn children(process: &ProcessHistory) -> Vec<ProcessId> {
    let child = |timed: &Timed| match timed.event {
        Event::Child { pid, ticks } => Some(ProcessId { pid: pid as i32, ticks }),
        _ => None,
    };
    process.events.iter().filter_map(child).collect()
}

/// The processes of the probe that are known from a record.
pub(super) fn processes(record: &Folder) -> Vec<ProcessId> {
    let records = outlines_in(record);
    records.iter().map(|process| ProcessId::started(&process.start)).collect()
}

/// Waits until something has happened, for so long at most, and no longer than the user lets the run go on.
pub(super) fn wait_until(limit: Duration, has_happened: impl Fn() -> bool) {
    let until = Instant::now() + limit;
    while !has_happened() && Instant::now() < until && !interrupted() {
        bury();
        std::thread::sleep(LOOK);
    }
}
