//! Which requirement a violation with several suspects breaks, seen over a whole run.

use std::collections::BTreeSet;

use crate::requirement::RequirementId;

use super::{Breach, ids};

/// Requirements on what is unusual about single messages, which a script can be run without.
const REMOVABLE: &[RequirementId] = &[
    ids::ARGFILE,
    ids::LARGE,
    ids::SPLIT,
    ids::COALESCED,
    ids::EMPTY,
    ids::UNKNOWN_FIELDS,
    ids::SPARSE,
    ids::EXPLICIT_DEFAULTS,
    ids::REORDERED,
    ids::WHITESPACE,
    ids::NO_NEWLINE,
    ids::ESCAPED,
    ids::ODD_DIGEST,
    ids::NON_ASCII,
    ids::VERBOSITY,
    ids::VERBOSITY_RESULT,
    ids::CANCEL_FIELDS,
];

/// What is known of a run when a breach is resolved.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Requirements that were upheld anywhere in the run.
    pub upheld: BTreeSet<RequirementId>,
    /// Requirements that a violation without suspects breaks.
    pub certain: BTreeSet<RequirementId>,
    /// The breach does not show when the same script is run with nothing unusual about its messages.
    pub needed: bool,
}

/// The requirement that `breach` breaks.
///
/// A suspect that is broken for certain explains the breach. If what is unusual about the messages is
/// needed to show it, and there is one such thing, that is the cause. Of the others, one that was upheld
/// elsewhere is not the cause; if just one is left, it is. Otherwise the general requirement is all that
/// can be said.
pub fn resolve(breach: &Breach, known: &Known) -> RequirementId {
    let suspects: BTreeSet<RequirementId> = breach.suspects.iter().copied().collect();
    if let Some(explained) = suspects.iter().find(|id| known.certain.contains(id)) {
        return *explained;
    }
    let unusual: Vec<RequirementId> = suspects.iter().copied().filter(|id| REMOVABLE.contains(id)).collect();
    if let ([only], true) = (unusual.as_slice(), known.needed) {
        return *only;
    }
    if !known.upheld.contains(&ids::ANSWERED) {
        // Nothing ever worked, so that a suspect was not upheld says nothing.
        return breach.violation.requirement();
    }
    let left: Vec<RequirementId> = suspects.into_iter().filter(|id| !known.upheld.contains(id)).collect();
    match left.as_slice() {
        [only] => *only,
        _ => breach.violation.requirement(),
    }
}
