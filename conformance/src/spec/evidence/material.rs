//! What the evidence pages are made from.

use std::path::Path;

use super::saved::{self, SavedReport};
use super::together::{self, Together};
use crate::client::fixed_cases;
use crate::script::{DRAWN, fixed};
use crate::spec::{SourceTable, SourceTableError};
use pwp_spec::{Evidence, RequirementId, Role};

/// Everything that the pages show, beside the requirements themselves.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The checks, in the order in which the suite runs them.
    pub checks: Vec<Check>,
    /// The faults of the reference implementations, in the order of `pwp faults`.
    pub faults: Vec<FaultEntry>,
    /// The saved reports, by name.
    pub reports: Vec<SavedReport>,
    /// Which build tool drives which worker.
    pub together: Together,
    /// Where sources are.
    pub sources: SourceTable,
}

/// A script that is built in, a family of scripts that is made from a workload, or a case for clients.
#[derive(Debug, Clone)]
pub struct Check {
    /// Who is checked. Names are unique within a role.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// What it does, as a sentence.
    pub about: String,
    /// What it provokes.
    pub exercises: Vec<RequirementId>,
}

/// A deliberate misbehaviour.
#[derive(Debug, Clone)]
pub struct FaultEntry {
    /// Which reference implementation can be told to have it. Names are unique within a role.
    pub role: Role,
    /// What `--fault=` takes.
    pub name: String,
    /// What goes wrong, as a sentence without its subject.
    pub about: String,
    /// What it breaks.
    pub breaks: Vec<RequirementId>,
    /// What it may break as a consequence, with the reason.
    pub may_also_break: Vec<(RequirementId, String)>,
}

/// Why there is no material.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// A saved report is not one.
    #[error("{file} is no report: {source}; save it anew with `tests/interop/run --save`, or remove it")]
    Report {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The results of build tools with workers cannot be read.
    #[error("{file} has another form: {source}; save it anew with `tests/interop/matrix/run --save`")]
    Pairs {
        /// The file.
        file: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file or folder that cannot be read or written.
    #[error("cannot use {file}: {source}; run the command in the root of the pwp repository")]
    File {
        /// The file.
        file: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// `sources.toml` cannot be read.
    #[error(transparent)]
    Sources(#[from] SourceTableError),
}

impl FaultEntry {
    fn new(role: Role, name: &str, about: &str, breaks: &[&str], may_also_break: &[(&str, &str)]) -> Self {
        let reasons = may_also_break
            .iter()
            .filter_map(|(id, reason)| Some((id.parse().ok()?, (*reason).to_owned())))
            .collect();
        Self {
            role,
            name: name.to_owned(),
            about: about.to_owned(),
            breaks: breaks.iter().filter_map(|id| id.parse().ok()).collect(),
            may_also_break: reasons,
        }
    }
}

impl Material {
    /// The checks and faults that are built in, and the reports and sources under `root`.
    ///
    /// # Errors
    /// [`MaterialError`] if a file under `root` is not what its place says.
    pub fn read(root: &Path) -> Result<Self, MaterialError> {
        let drawn = DRAWN.iter().map(|family| Check {
            role: Role::Worker,
            name: family.name.to_owned(),
            about: "Scripts that are drawn from the requests of a workload.".to_owned(),
            exercises: family.exercises.to_vec(),
        });
        let fixed = fixed().iter().map(|script| Check {
            role: Role::Worker,
            name: script.name.clone(),
            about: script.about.clone(),
            exercises: script.exercises.clone(),
        });
        let cases = fixed_cases().iter().map(|case| Check {
            role: Role::Client,
            name: case.name.clone(),
            about: case.about.clone(),
            exercises: case.exercises.clone(),
        });
        let of_workers = pwp_worker::faults::ALL.iter().map(|fault| {
            FaultEntry::new(Role::Worker, fault.name, fault.about, fault.breaks, fault.may_also_break)
        });
        let of_clients = pwp_client::faults::ALL.iter().map(|fault| {
            FaultEntry::new(Role::Client, fault.name, fault.about, fault.breaks, fault.may_also_break)
        });
        Ok(Self {
            checks: fixed.chain(drawn).chain(cases).collect(),
            faults: of_workers.chain(of_clients).collect(),
            reports: saved::read(root)?,
            together: together::read(root)?,
            sources: SourceTable::read(root)?,
        })
    }

    /// The checks and faults by requirement.
    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        for check in &self.checks {
            evidence.add_check(&check.name, check.exercises.iter().copied());
        }
        for fault in &self.faults {
            evidence.add_fault(&fault.name, fault.breaks.iter().copied());
        }
        evidence
    }
}
