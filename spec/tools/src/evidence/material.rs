//! What the evidence pages are made from.

use std::path::Path;

use super::MaterialError;
use super::saved::{self, SavedReport};
use super::together::{self, Together};
use crate::SourceTable;
use pwp::builtin::{self, Check, Fault};
use pwp_spec::Evidence;

/// Everything that the pages show, beside the requirements themselves.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The checks, in the order in which the suite runs them.
    pub checks: Vec<Check>,
    /// The faults of the reference implementations, in the order of `pwp faults`.
    pub faults: Vec<Fault>,
    /// The saved reports, by name.
    pub reports: Vec<SavedReport>,
    /// Which build tool drives which worker.
    pub together: Together,
    /// The addresses of the sources.
    pub sources: SourceTable,
}

impl Material {
    /// The checks and faults that are built in, without anything from the repository.
    pub fn built_in() -> Self {
        Self { checks: builtin::checks(), faults: builtin::faults(), ..Self::default() }
    }

    /// The checks and faults that are built in, and the reports and sources under `root`.
    ///
    /// # Errors
    /// [`MaterialError`] if a file under `root` is not what its place says.
    pub fn read(root: &Path) -> Result<Self, MaterialError> {
        Ok(Self {
            reports: saved::read(root)?,
            together: together::read(root)?,
            sources: SourceTable::read(root)?,
            ..Self::built_in()
        })
    }

    /// The checks and faults by requirement.
    pub fn evidence(&self) -> Evidence {
        builtin::evidence(&self.checks, &self.faults)
    }
}
