//! Which requirement a violation with several suspects breaks, seen over a whole run.

use std::collections::BTreeSet;

use crate::requirement::RequirementId;

use super::{Breach, ids};

/// Requirements on what is unusual about single messages. A smaller script leaves it out where the
/// violation shows without it; so what is left of these in the smallest script is needed to show it.
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
    /// The breach comes from the smallest script, and shows there every time.
    pub smallest: bool,
}

/// The requirement that `breach` breaks.
///
/// A suspect that is broken for certain explains the breach. In the smallest script, what is unusual
/// about a message is there because it is needed: if there is one such thing, it is the cause. Of the
/// others, one that was upheld elsewhere is not the cause; if just one is left, it is. Otherwise the
/// general requirement is all that can be said.
pub fn resolve(breach: &Breach, known: &Known) -> RequirementId {
    let suspects: BTreeSet<RequirementId> = breach.suspects.iter().copied().collect();
    if let Some(explained) = suspects.iter().find(|id| known.certain.contains(id)) {
        return *explained;
    }
    let needed: Vec<RequirementId> = suspects.iter().copied().filter(|id| REMOVABLE.contains(id)).collect();
    if let ([only], true) = (needed.as_slice(), known.smallest) {
        return *only;
    }
    let left: Vec<RequirementId> = suspects.into_iter().filter(|id| !known.upheld.contains(id)).collect();
    match left.as_slice() {
        [only] => *only,
        _ => breach.violation.requirement(),
    }
}
