//! The subject that is meant when no command is given: the reference worker, built into `pwp`.

use crate::client::fixed_cases;
use crate::script::{DRAWN, fixed};
use crate::workload::{Workload, parse};
use pwp_spec::Evidence;

use super::exit::Failure;

/// The command of the reference worker.
pub(super) fn command() -> Result<Vec<String>, Failure> {
    let program = std::env::current_exe().map_err(Failure::internal)?;
    Ok(vec![program.to_string_lossy().into_owned(), "worker".into()])
}

/// Its workload.
pub(super) fn workload() -> Result<Workload, Failure> {
    parse("the reference worker's workload", pwp_worker::reference::REFERENCE_WORKLOAD)
        .map_err(Failure::internal)
}

/// Which checks exercise and which faults break each requirement.
pub(super) fn evidence() -> Evidence {
    let mut evidence = Evidence::default();
    for family in DRAWN {
        evidence.add_check(family.name, family.exercises.iter().copied());
    }
    for script in fixed() {
        evidence.add_check(&script.name, script.exercises.iter().copied());
    }
    for case in fixed_cases() {
        evidence.add_check(&case.name, case.exercises.iter().copied());
    }
    let of_workers = pwp_worker::faults::ALL.iter().map(|fault| (fault.name, fault.breaks));
    let of_clients = pwp_client::faults::ALL.iter().map(|fault| (fault.name, fault.breaks));
    for (name, breaks) in of_workers.chain(of_clients) {
        evidence.add_fault(name, breaks.iter().filter_map(|id| id.parse().ok()));
    }
    evidence
}
