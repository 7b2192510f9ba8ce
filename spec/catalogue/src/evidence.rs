//! What stands behind each requirement: the checks that exercise it and the faults that break it.

use std::collections::BTreeMap;

use super::RequirementId;

/// The checks and the faults of every requirement, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The checks that provoke a requirement, from the `exercises` lists of scripts.
    pub checks: NamesById,
    /// The faults that violate it on purpose, from the `breaks` lists of the reference implementations' faults.
    pub faults: NamesById,
}

/// Names, each once, by the requirement that they stand behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamesById(BTreeMap<RequirementId, Vec<String>>);

impl NamesById {
    /// Notes that `name` stands behind these requirements.
    pub fn add(&mut self, name: &str, ids: impl IntoIterator<Item = RequirementId>) {
        for id in ids {
            let names = self.0.entry(id).or_default();
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }

    /// The names behind one requirement, maybe none.
    pub fn of(&self, id: RequirementId) -> &[String] {
        self.0.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Every requirement that something stands behind, with the names.
    pub fn iter(&self) -> impl Iterator<Item = (&RequirementId, &Vec<String>)> {
        self.0.iter()
    }
}
