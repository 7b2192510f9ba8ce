//! Which requirement a violation with several suspects breaks, seen over a whole run.

use std::collections::BTreeSet;

use pwp_spec::RequirementId;

use super::circumstances::BY_PRECISION;
use crate::oracle::{Breach, ids};

/// What experiments say about the suspects of a breach: the same script was run without them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Control {
    /// Without any one of these alone, it does not show.
    pub needed: BTreeSet<RequirementId>,
    /// Without these it shows as well.
    pub cleared: BTreeSet<RequirementId>,
}

/// What is known of a run when a breach is resolved.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Requirements that were upheld anywhere in the run.
    pub upheld: BTreeSet<RequirementId>,
    /// Requirements that a violation without suspects breaks.
    pub certain: BTreeSet<RequirementId>,
    /// What experiments say about the suspects.
    pub control: Control,
}

/// The requirement that `breach` breaks.
///
/// A suspect that is broken for certain explains the breach. If just one of them is needed to show it, that
/// is the cause. Of the others, those without which it shows as well and those that were upheld elsewhere
/// are cleared; if just one is left, it is the cause. Otherwise the general requirement is all that can be said.
pub fn resolve(breach: &Breach, known: &Known) -> RequirementId {
    let general = breach.violation.requirement();
    let mut suspects: BTreeSet<RequirementId> = breach.suspects.iter().copied().collect();
    if let Some(explained) = suspects.iter().find(|id| known.certain.contains(id)) {
        return *explained;
    }
    // Responses that are broken only while several requests are open are mixed up. That this goes well
    // most of the time is in its nature.
    if suspects.remove(&ids::WHOLE) && !known.certain.contains(&general) {
        return ids::WHOLE;
    }
    let mut needed: Vec<RequirementId> = suspects.intersection(&known.control.needed).copied().collect();
    let (coalesced, cleared) = (needed.contains(&ids::COALESCED), &known.control.cleared);
    needed.retain(|id| match *id {
        // Requests that wait for one another are not delivered by one read either.
        ids::PARALLEL | ids::OUTPUT_MIXED => !coalesced,
        // What shows without any sandbox is not due to one before.
        ids::SANDBOX_REMEMBERED => !cleared.contains(&ids::SANDBOX_READ),
        // What shows without an argfile as well is due to the sandbox alone.
        ids::SANDBOX_ARGFILE => !cleared.contains(&ids::ARGFILE),
        _ => true,
    });
    // What came before or runs beside is often needed as well for something else to show.
    let others: Vec<RequirementId> = needed.iter().copied().filter(|id| !BY_PRECISION.contains(id)).collect();
    let cause = match others.as_slice() {
        [] => BY_PRECISION.iter().find(|id| needed.contains(id)),
        [only] => Some(only),
        _ => None,
    };
    if let Some(cause) = cause {
        return *cause;
    }
    suspects.retain(|id| !cleared.contains(id));
    if !known.upheld.contains(&ids::ANSWERED) {
        // Nothing ever worked, so that a suspect was not upheld says nothing.
        return general;
    }
    suspects.retain(|id| !known.upheld.contains(id));
    match suspects.first() {
        Some(only) if suspects.len() == 1 => *only,
        _ => general,
    }
}
