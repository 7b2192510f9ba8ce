//! The mark by which a process is known as a descendant of one subject of one run, also when the run is over.
//!
//! It is a variable in the environment: the process that the user has started, when that was, and a count. So the next run finds what the last
//! one has left.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::table::{self, ProcessId};

/// The environment variable with the mark of a run; what a subject starts inherits it.
pub(crate) const NAME: &str = "PWP_SUBJECT";

/// The process that the user has started, where this one is not it.
static RUN: OnceLock<ProcessId> = OnceLock::new();

/// Says that this process works for another one, which the user has started.
pub(super) fn works_for(run: ProcessId) {
    // It can be said once: a process has one guardian.
    let _ = RUN.set(run);
}

/// The process that the user has started.
pub(super) fn run() -> ProcessId {
    RUN.get().copied().unwrap_or_else(ProcessId::own)
}

/// A mark that no other process of this run has.
pub(super) fn next() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}{}", prefix(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The mark of all build tools of this run. It is the same for all of them: one may hand it down to its workers, which it tells apart by their
/// environment.
pub(super) fn of_clients() -> String {
    format!("{}client", prefix())
}

/// The mark of a process, if it has one.
pub(super) fn of(pid: i32) -> Option<String> {
    table::variable(pid, NAME)
}

/// Whether this run has made the mark.
pub(super) fn is_of_this_run(mark: &str) -> bool {
    mark.starts_with(&prefix())
}

/// The process whose run has made the mark. A mark of another form is one of another version of `pwp`, of which nothing is known.
pub(super) fn run_of(mark: &str) -> Option<ProcessId> {
    let parts: Vec<&str> = mark.split('-').collect();
    let [pid, ticks, _] = parts.as_slice() else { return None };
    Some(ProcessId { pid: pid.parse().ok()?, ticks: ticks.parse().ok()? })
}

fn prefix() -> String {
    let ProcessId { pid, ticks } = run();
    format!("{pid}-{ticks}-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_the_run() {
        let mark = next();
        assert!(is_of_this_run(&mark));
        assert_eq!(run_of(&mark), Some(run()));
        assert_ne!(mark, next());
        assert!(!is_of_this_run("1-2-3"));
        assert_eq!(run_of("12-34-0"), Some(ProcessId { pid: 12, ticks: 34 }));
        assert_eq!(run_of("12-0"), None);
        assert_eq!(run_of("mine"), None);
    }
}
