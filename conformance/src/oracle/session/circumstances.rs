//! What else is true of a request than what stands in it: what came before it, what runs beside it, and where.
//!
//! A result that differs from what the request gave alone, in a fresh worker and a directory with no inputs but its own,
//! has one of these as its cause.

use std::collections::BTreeSet;

use crate::history::{ExpectedOutcome, Start};
use pwp_spec::{Feature, RequirementId};

use crate::oracle::ids;

/// Names of requests with changing inputs that are remembered.
const REMEMBERED: usize = 64;

/// The circumstances (and the argfile, which a sandbox makes special) under which results may differ, the most specific
/// first: where several are needed for a difference to show, the first is the cause and the others come with it.
///
/// What needs an earlier sandbox does not show in the first one, so neither a path nor an argfile is the cause.
pub(crate) const BY_PRECISION: &[RequirementId] = &[
    ids::TEMPORARY,
    ids::SANDBOX_REMEMBERED,
    ids::SANDBOX_ARGFILE,
    ids::ARGFILE,
    ids::SANDBOX_ABSOLUTE,
    ids::SANDBOX_EMPTY,
    ids::STALE,
    ids::SANDBOX_READ,
    ids::UNDECLARED_READ,
    ids::OUTPUT_MIXED,
    ids::BESIDE,
    ids::STATE,
];

/// What may be the cause where a request under these circumstances gives another result.
pub(super) fn suspects(circumstances: &[RequirementId]) -> Vec<RequirementId> {
    let mut suspects = circumstances.to_vec();
    // What a request with a sandbox read elsewhere may be in a cache.
    suspects.extend(circumstances.contains(&ids::SANDBOX_EMPTY).then_some(ids::SANDBOX_READ));
    suspects
}

#[derive(Debug, Default)]
pub(super) struct Tracker {
    confined: bool,
    /// The worker declares that it knows `sandbox_dir`; what the others do with it is another matter.
    sandboxing: bool,
    any: bool,
    sandboxed: bool,
    changing: BTreeSet<String>,
}

impl Tracker {
    pub(super) fn new(start: &Start) -> Self {
        let sandboxing = start.features.contains(&Feature::MultiplexSandboxing);
        Self { confined: start.confined, sandboxing, ..Self::default() }
    }

    /// The circumstances of the next request, apart from what runs beside it.
    pub(super) fn next(&mut self, expected: Option<&ExpectedOutcome>) -> Vec<RequirementId> {
        let mut list = Vec::new();
        let mut add = |present: bool, id: RequirementId| list.extend(present.then_some(id));
        add(self.any, ids::STATE);
        add(self.confined, ids::TEMPORARY);
        self.any = true;
        let Some(expected) = expected else { return list };
        let place = expected.place;
        if place.sandboxed && self.sandboxing {
            add(true, ids::SANDBOX_READ);
            add(place.absolute, ids::SANDBOX_ABSOLUTE);
            add(expected.argfile, ids::SANDBOX_ARGFILE);
            add(self.sandboxed, ids::SANDBOX_REMEMBERED);
            self.sandboxed = true;
        } else if !place.sandboxed {
            add(self.sandboxed, ids::SANDBOX_EMPTY);
            add(!place.only_inputs, ids::UNDECLARED_READ);
        }
        if place.changing {
            add(self.changing.iter().any(|name| *name != expected.name), ids::STALE);
            if self.changing.len() < REMEMBERED {
                self.changing.insert(expected.name.clone());
            }
        }
        list
    }
}
