//! What is built into `pwp`: the checks that the suite runs, and the faults that prove that it sees something.
//!
//! `pwp list`, `explain` and `faults` show these lists, and the book's evidence pages are made from them.

use pwp_proto::Framing;
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
    // The two reference implementations have faults of different types with the same fields.
    macro_rules! of {
        ($role:expr, $faults:expr) => {
            $faults.iter().map(|fault| Fault {
                role: $role,
                name: fault.name,
                about: fault.about,
                dialects: fault.dialects,
                features: fault.features,
                breaks: fault.breaks.iter().filter_map(|id| id.parse().ok()).collect(),
                may_also_break: fault
                    .may_also_break
                    .iter()
                    .filter_map(|(id, reason)| Some((id.parse().ok()?, *reason)))
                    .collect(),
            })
        };
    }
    let of_workers = of!(Role::Worker, pwp_worker::faults::ALL);
    of_workers.chain(of!(Role::Client, pwp_client::faults::ALL)).collect()
}

/// The names of checks and faults, by the requirements that they exercise and break.
pub fn evidence(checks: &[Check], faults: &[Fault]) -> Evidence {
    let mut evidence = Evidence::default();
    for check in checks {
        evidence.add_check(check.name, check.exercises.iter().copied());
    }
    for fault in faults {
        evidence.add_fault(fault.name, fault.breaks.iter().copied());
    }
    evidence
}
