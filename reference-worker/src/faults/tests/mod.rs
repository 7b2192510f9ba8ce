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

use pwp_proto::fault::mistakes;

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
    assert_eq!(mistakes(ALL, 'W'), Vec::<String>::new());
}
