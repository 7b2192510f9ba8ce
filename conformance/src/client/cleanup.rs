//! What a case has left behind, and its end.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::history::{Event, ProcessHistory};
use crate::oracle::client_side::EndSeen;
use crate::probe::read_records;
use crate::process::{ProcessId, bury, kill_all, wait_gone};

/// How long a worker may need to be gone when its client is.
const GONE: Duration = Duration::from_secs(3);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// Looks which processes of a case are left, and ends them. `killed`: the client was, so that the end of its input is all that a
/// process can get.
pub(super) fn end_case(record: &Path, killed: bool) -> (Vec<ProcessHistory>, EndSeen) {
    if killed {
        wait_for_ends(record);
    }
    let records = read_records(record).unwrap_or_default();
    let of = |place: usize, children: bool| {
        let process: &ProcessHistory = &records[place];
        let itself = ProcessId::started(&process.start);
        let below = process.events.iter().filter_map(|timed| match timed.event {
            Event::Child { pid, ticks } => Some(ProcessId { pid: pid as i32, ticks }),
            _ => None,
        });
        let itself = (!children).then_some(itself);
        itself.into_iter().chain(below.filter(move |_| children))
    };
    let all = |children: bool| -> Vec<ProcessId> {
        (0..records.len()).flat_map(|place| of(place, children)).collect()
    };
    let lives = |place: usize, children: bool| of(place, children).any(ProcessId::lives);
    if !killed {
        wait_gone(&all(false), GONE);
    }
    let left: Vec<usize> = (0..records.len()).filter(|place| lives(*place, false)).collect();
    let children_left: Vec<usize> = (0..records.len()).filter(|place| lives(*place, true)).collect();
    kill_all(&all(false));
    kill_all(&all(true));
    // What they wrote down until the end counts.
    let sessions = read_records(record).unwrap_or_default();
    (sessions, EndSeen { left, children_left, ..EndSeen::default() })
}

/// Waits until each process is gone or has seen the end of its input, at most [`GONE`].
fn wait_for_ends(record: &Path) {
    let until = Instant::now() + GONE;
    let is_over = |process: &ProcessHistory| {
        process.events.iter().any(|timed| timed.event == Event::StdinClosed)
            || !ProcessId::started(&process.start).lives()
    };
    while !read_records(record).unwrap_or_default().iter().all(is_over) && Instant::now() < until {
        bury();
        std::thread::sleep(LOOK);
    }
}
