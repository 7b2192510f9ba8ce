//! The subject that is meant when no command is given: the reference worker, built into `pwp`.

use crate::workload::{Workload, parse};

use super::exit::Failure;

/// The command of the reference worker.
pub(super) fn command() -> Result<Vec<String>, Failure> {
    let program = std::env::current_exe().map_err(Failure::internal)?;
    Ok(vec![program.to_string_lossy().into_owned(), "worker".into()])
}

/// The workload of the reference worker.
pub(super) fn workload() -> Result<Workload, Failure> {
    parse("the reference worker's workload", pwp_worker::reference::REFERENCE_WORKLOAD)
        .map_err(Failure::internal)
}
