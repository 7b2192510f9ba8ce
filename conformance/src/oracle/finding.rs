//! What the oracle says of a history.

use pwp_spec::RequirementId;

use super::Violation;

/// One statement about one requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Position, from 0, of the event at which it was made.
    pub event: usize,
    /// What was found.
    pub verdict: Verdict,
}

/// Upheld, observed or violated.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The requirement was exercised and kept.
    Upheld(RequirementId),
    /// The standard is silent; this is what happened.
    Observed(RequirementId, String),
    /// A requirement was broken.
    Violated(Box<Breach>),
}

/// A violation with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Breach {
    /// In which way.
    pub violation: Violation,
    /// Requirements that may be the cause instead of `violation.requirement()`: what was unusual
    /// about the request at which it showed. One that was upheld elsewhere is not the cause.
    pub suspects: Vec<RequirementId>,
    /// Positions of the events that show it.
    pub events: Vec<usize>,
}

impl Finding {
    /// Whether something was violated.
    pub fn is_violation(&self) -> bool {
        matches!(self.verdict, Verdict::Violated(_))
    }
}

/// Collects findings while an event is judged.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) event: usize,
    pub(super) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn uphold(&mut self, id: RequirementId) {
        self.list.push(Finding { event: self.event, verdict: Verdict::Upheld(id) });
    }

    pub(super) fn observe(&mut self, id: RequirementId, what: impl Into<String>) {
        self.list.push(Finding { event: self.event, verdict: Verdict::Observed(id, what.into()) });
    }

    /// A violation that this event shows alone.
    pub(super) fn violate(&mut self, violation: Violation) {
        self.violate_at(violation, Vec::new(), &[]);
    }

    /// A violation that this event shows together with earlier ones.
    pub(super) fn violate_at(
        &mut self,
        violation: Violation,
        suspects: Vec<RequirementId>,
        earlier: &[usize],
    ) {
        let mut events: Vec<usize> = earlier.to_vec();
        events.push(self.event);
        self.violate_by(violation, suspects, events);
    }

    /// A violation that these events show. It is told only now, since what came later could have changed it.
    pub(super) fn violate_by(
        &mut self,
        violation: Violation,
        suspects: Vec<RequirementId>,
        mut events: Vec<usize>,
    ) {
        events.sort_unstable();
        events.dedup();
        let breach = Breach { violation, suspects, events };
        self.list.push(Finding { event: self.event, verdict: Verdict::Violated(Box::new(breach)) });
    }
}

/// What became of the work of an answered request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was done.
    Done,
    /// It failed, or its answer can't be told from that of another one: its files may be missing.
    Failed,
    /// It was stopped on a cancel: its files may be missing, and are not written any more.
    Cancelled,
}
