//! What the judge says of a client.

use pwp_spec::RequirementId;

use super::{ClientViolation, Shown};

/// One statement about one requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFinding {
    /// The process that shows it, by its place among the sessions.
    pub session: Option<usize>,
    /// What was found.
    pub verdict: ClientVerdict,
}

/// Upheld, observed or violated.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientVerdict {
    /// The requirement was exercised and kept.
    Upheld(RequirementId),
    /// The standard is silent; this is what happened.
    Observed(RequirementId, String),
    /// A requirement was broken.
    Violated(ClientBreach),
}

/// A violation with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientBreach {
    /// In which way.
    pub violation: ClientViolation,
    /// Positions of the events of the session that show it.
    pub events: Vec<usize>,
    /// The client's bytes that show it, where it was seen while they came.
    pub shown: Option<Shown>,
}

impl ClientFinding {
    /// Whether something was violated.
    pub fn is_violation(&self) -> bool {
        matches!(self.verdict, ClientVerdict::Violated(_))
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<ClientFinding>,
    /// The bytes that are looked at.
    pub(super) shown: Option<Shown>,
}

impl Findings {
    pub(super) fn uphold(&mut self, id: RequirementId) {
        self.list.push(ClientFinding { session: None, verdict: ClientVerdict::Upheld(id) });
    }

    pub(super) fn observe(&mut self, id: RequirementId, what: impl Into<String>) {
        self.list.push(ClientFinding { session: None, verdict: ClientVerdict::Observed(id, what.into()) });
    }

    /// A violation that is not about one process.
    pub(super) fn violate(&mut self, violation: ClientViolation) {
        self.list.push(ClientFinding {
            session: None,
            verdict: ClientVerdict::Violated(ClientBreach { violation, events: Vec::new(), shown: None }),
        });
    }

    /// A violation that events of one process show.
    pub(super) fn violate_in(&mut self, session: usize, events: &[usize], violation: ClientViolation) {
        let (events, shown) = (events.to_vec(), self.shown.clone());
        let verdict = ClientVerdict::Violated(ClientBreach { violation, events, shown });
        self.list.push(ClientFinding { session: Some(session), verdict });
    }

    /// Upheld or, with a violation, broken.
    pub(super) fn say(&mut self, id: RequirementId, session: usize, wrong: Option<ClientViolation>) {
        match wrong {
            None => self.uphold(id),
            Some(violation) => self.violate_in(session, &[], violation),
        }
    }
}
