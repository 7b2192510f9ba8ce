//! Every fault shows its misbehaviour, and the worker without it does not.
//!
//! - `batch`: a worker that reads everything that is prepared for it, then the end of the input; nothing depends on time
//! - `batches`: the faults that show in such a run; the row of each stands in the file of the fault
//! - `dialogues`: the faults that need requests that are open at the same time
//! - `files`: the faults that show in the files that one request after the other reads and writes
//! - `tests/process.rs` of this crate: the faults that need a process

mod batch;
pub(in crate::faults) mod batches;
mod dialogues;
mod files;

use std::collections::HashSet;

use super::{ALL, find};

#[test]
fn every_fault_is_shown_by_a_test() {
    let processes = include_str!("../../../tests/process.rs");
    let rows: HashSet<&str> =
        batches::names().chain(dialogues::NAMES.iter().chain(files::NAMES).copied()).collect();
    for fault in ALL {
        let shown = rows.contains(fault.name) || processes.contains(&format!("\"{}\"", fault.name));
        assert!(shown, "no test shows that {} misbehaves", fault.name);
    }
    for name in rows {
        assert!(find(name).is_some(), "there is no fault {name}");
    }
}

#[test]
fn the_registry_is_in_order() {
    let mut names = HashSet::new();
    for fault in ALL {
        assert!(names.insert(fault.name), "{} stands twice", fault.name);
        assert!(!fault.breaks.is_empty() && !fault.framings.is_empty(), "{fault:?}");
        assert!(fault.about.ends_with(|c: char| c.is_alphanumeric() || c == '`'), "{fault:?}");
        let also: Vec<&str> = fault.may_also_break.iter().map(|(id, _)| *id).collect();
        for id in fault.breaks.iter().chain(&also) {
            let number = id.strip_prefix("W-").filter(|number| number.len() == 3);
            assert!(number.is_some_and(|number| number.parse::<u16>().is_ok()), "{id} in {fault:?}");
        }
        assert!(
            also.iter().all(|id| !fault.breaks.contains(id)),
            "a consequence is no consequence in {fault:?}"
        );
        assert_eq!(also.iter().collect::<HashSet<_>>().len(), also.len(), "a consequence twice in {fault:?}");
    }
}
