//! What stands behind each requirement: the checks that exercise it and the faults that break it.

use std::collections::BTreeMap;

use super::RequirementId;

/// The checks (from the `exercises` lists of scripts) and the faults (from the `breaks` lists of the reference
/// implementations' faults) of every requirement, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The names of the checks that provoke the requirement.
    pub checks: BTreeMap<RequirementId, Vec<String>>,
    /// The names of the faults that violate it on purpose.
    pub faults: BTreeMap<RequirementId, Vec<String>>,
}

impl Evidence {
    /// Notes that a check exercises these requirements.
    pub fn add_check(&mut self, name: &str, exercises: impl IntoIterator<Item = RequirementId>) {
        add(&mut self.checks, name, exercises);
    }

    /// Notes that a fault breaks these requirements.
    pub fn add_fault(&mut self, name: &str, breaks: impl IntoIterator<Item = RequirementId>) {
        add(&mut self.faults, name, breaks);
    }

    /// The checks of one requirement, maybe none.
    pub fn checks_of(&self, id: RequirementId) -> &[String] {
        self.checks.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The faults of one requirement, maybe none.
    pub fn faults_of(&self, id: RequirementId) -> &[String] {
        self.faults.get(&id).map_or(&[], Vec::as_slice)
    }
}

fn add(
    map: &mut BTreeMap<RequirementId, Vec<String>>,
    name: &str,
    ids: impl IntoIterator<Item = RequirementId>,
) {
    for id in ids {
        let names = map.entry(id).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
}
