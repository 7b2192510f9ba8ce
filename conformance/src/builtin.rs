//! What is built into `pwp`: the checks that the suite runs, and the faults that prove that it sees something.
//!
//! `pwp list`, `explain` and `faults` show these lists, and the book's evidence pages are made from them.

use pwp_proto::{Framing, fault};
use pwp_spec::{Evidence, RequirementId, Role};

use crate::client::fixed_cases;
use crate::script::{FAMILIES, fixed};

/// A script, a family of scripts that is made from a workload, or a case for clients.
#[derive(Debug, Clone)]
pub struct Check {
    /// The role that is checked. Names are unique within a role.
    pub role: Role,
    /// The name of the script, the family or the case.
    pub name: &'static str,
    /// What the check does, as a sentence.
    pub about: &'static str,
    /// The requirements that the check is made to provoke.
    pub exercises: Vec<RequirementId>,
}

/// A deliberate misbehaviour of a reference implementation.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The role of the reference implementation that can have the fault. Names are unique within a role.
    pub role: Role,
    /// What `--fault=` takes.
    pub name: &'static str,
    /// What goes wrong, as a sentence without its subject.
    pub about: &'static str,
    /// The dialects in which the fault can be seen.
    pub dialects: &'static [Framing],
    /// The features that have to be declared to see the fault.
    pub features: &'static [&'static str],
    /// The requirements that the fault breaks.
    pub breaks: Vec<RequirementId>,
    /// The requirements that the fault may break as a consequence, each with the reason.
    pub may_also_break: Vec<(RequirementId, &'static str)>,
}

/// The checks: the scripts in the order in which the suite runs them, the families, the cases.
pub fn checks() -> Vec<Check> {
    let scripts = fixed().iter().map(|script| Check {
        role: Role::Worker,
        name: &script.name,
        about: &script.about,
        exercises: script.exercises.clone(),
    });
    let families = FAMILIES.iter().map(|family| Check {
        role: Role::Worker,
        name: family.name,
        about: "Scripts that are drawn from the requests of a workload.",
        exercises: family.exercises.to_vec(),
    });
    let cases = fixed_cases().iter().map(|case| Check {
        role: Role::Client,
        name: &case.name,
        about: &case.about,
        exercises: case.exercises.clone(),
    });
    scripts.chain(families).chain(cases).collect()
}

/// The faults of the reference worker, then those of the reference client.
pub fn faults() -> Vec<Fault> {
    let of_workers = pwp_worker::faults::ALL.iter().map(|fault| of_role(Role::Worker, fault));
    of_workers.chain(pwp_client::faults::ALL.iter().map(|fault| of_role(Role::Client, fault))).collect()
}

fn of_role<H>(role: Role, fault: &fault::Fault<H>) -> Fault {
    let id = |id: &str| id.parse().ok();
    Fault {
        role,
        name: fault.name,
        about: fault.about,
        dialects: fault.framings,
        features: fault.features,
        breaks: fault.breaks.iter().filter_map(|breaks| id(breaks)).collect(),
        may_also_break: fault
            .may_also_break
            .iter()
            .filter_map(|(may, reason)| Some((id(may)?, *reason)))
            .collect(),
    }
}

/// The names of checks and faults, by the requirements that they exercise and break.
pub fn evidence(checks: &[Check], faults: &[Fault]) -> Evidence {
    let mut evidence = Evidence::default();
    for check in checks {
        evidence.checks.add(check.name, check.exercises.iter().copied());
    }
    for fault in faults {
        evidence.faults.add(fault.name, fault.breaks.iter().copied());
    }
    evidence
}
