//! Which requirement a violation with several suspects breaks, seen over a whole run.

use std::collections::BTreeSet;

use crate::requirement::RequirementId;

use super::Breach;

/// The requirement that `breach` breaks.
///
/// `upheld` are the requirements that were upheld anywhere in the run, `certain` those that a
/// violation without suspects breaks. A suspect that was upheld elsewhere is not the cause; one that
/// is broken for certain explains the breach. If just one suspect is left, it is the cause; otherwise
/// the general requirement is all that can be said.
pub fn resolve(
    breach: &Breach,
    upheld: &BTreeSet<RequirementId>,
    certain: &BTreeSet<RequirementId>,
) -> RequirementId {
    let general = breach.violation.requirement();
    let suspects: BTreeSet<RequirementId> = breach.suspects.iter().copied().collect();
    if let Some(explained) = suspects.iter().find(|id| certain.contains(id)) {
        return *explained;
    }
    let left: Vec<&RequirementId> = suspects.iter().filter(|id| !upheld.contains(id)).collect();
    match left.as_slice() {
        [only] => **only,
        _ => general,
    }
}
