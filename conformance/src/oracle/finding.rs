//! What the judge says of a history, or of a case of several histories.

use std::time::Duration;

use pwp_spec::RequirementId;

use super::{Violation, WorkerViolation};

/// One statement about one requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Position, from 0, of the event at which it was made.
    pub event: usize,
    /// The process that shows it, by its place among the histories of a case.
    pub session: Option<usize>,
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
    /// The client's bytes that show it, where it was seen while they came.
    pub excerpt: Option<Excerpt>,
}

/// Bytes of a client that show something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Where they begin in the client's stream, in bytes.
    pub offset: u64,
    /// How many there are.
    pub length: usize,
    /// The first of them, at most 64.
    pub head: Vec<u8>,
}

impl Finding {
    /// Whether something was violated.
    pub fn is_violation(&self) -> bool {
        self.breach().is_some()
    }

    /// The violation with its evidence, if it is one.
    pub fn breach(&self) -> Option<&Breach> {
        if let Verdict::Violated(breach) = &self.verdict { Some(breach) } else { None }
    }
}

/// Collects findings while an event or a case is judged.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The event that is judged; none while a whole case is.
    pub(super) event: Option<usize>,
    /// When it happened.
    pub(super) at: Duration,
    /// The process that is judged, by its place among those of a case.
    pub(super) session: Option<usize>,
    /// The bytes of the client that are judged.
    pub(super) excerpt: Option<Excerpt>,
    pub(super) list: Vec<Finding>,
}

impl Findings {
    pub(super) fn here(&self) -> usize {
        self.event.unwrap_or_default()
    }

    pub(super) fn uphold(&mut self, id: RequirementId) {
        self.add(None, Verdict::Upheld(id));
    }

    pub(super) fn observe(&mut self, id: RequirementId, what: impl Into<String>) {
        self.add(None, Verdict::Observed(id, what.into()));
    }

    /// Upheld or, with a violation that the event that is judged shows alone, broken.
    pub(super) fn hold(&mut self, id: RequirementId, wrong: Option<impl Into<Violation>>) {
        match wrong {
            None => self.uphold(id),
            Some(violation) => self.violate(violation),
        }
    }

    /// A violation that the event that is judged shows alone.
    pub(super) fn violate(&mut self, violation: impl Into<Violation>) {
        self.violate_at(violation, Vec::new(), &[]);
    }

    /// A violation that the event that is judged shows together with earlier ones.
    pub(super) fn violate_at(
        &mut self,
        violation: impl Into<Violation>,
        suspects: Vec<RequirementId>,
        earlier: &[usize],
    ) {
        let events = earlier.iter().copied().chain(self.event).collect();
        self.violate_by(violation, suspects, events);
    }

    /// A violation that these events show. It is told only now, since what came later could have changed it.
    pub(super) fn violate_by(
        &mut self,
        violation: impl Into<Violation>,
        suspects: Vec<RequirementId>,
        mut events: Vec<usize>,
    ) {
        events.sort_unstable();
        events.dedup();
        let (violation, excerpt) = (violation.into(), self.excerpt.clone());
        let breach = Breach { violation, suspects, events, excerpt };
        self.add(self.session, Verdict::Violated(Box::new(breach)));
    }

    /// A violation that events of one process of a case show.
    pub(super) fn violate_in(&mut self, session: usize, events: &[usize], violation: impl Into<Violation>) {
        let (violation, events) = (violation.into(), events.to_vec());
        let breach = Breach { violation, suspects: Vec::new(), events, excerpt: None };
        self.add(Some(session), Verdict::Violated(Box::new(breach)));
    }

    /// Upheld or, with a violation in one process of a case, broken.
    pub(super) fn say(&mut self, id: RequirementId, session: usize, wrong: Option<impl Into<Violation>>) {
        self.say_at(id, session, &[], wrong);
    }

    /// Upheld or, with a violation that events of one process of a case show, broken.
    pub(super) fn say_at(
        &mut self,
        id: RequirementId,
        session: usize,
        events: &[usize],
        wrong: Option<impl Into<Violation>>,
    ) {
        match wrong {
            None => self.uphold(id),
            Some(violation) => self.violate_in(session, events, violation),
        }
    }

    fn add(&mut self, session: Option<usize>, verdict: Verdict) {
        self.list.push(Finding { event: self.event.unwrap_or_default(), session, verdict });
    }
}

/// Violations that count at the end only, if the answers turn out to be paired with the right requests: the first `MOST`, each
/// with its suspects and its events.
#[derive(Debug, Default)]
pub(super) struct Deferred<const MOST: usize> {
    pub(super) list: Vec<(WorkerViolation, Vec<RequirementId>, Vec<usize>)>,
}

impl<const MOST: usize> Deferred<MOST> {
    pub(super) fn add(
        &mut self,
        violation: WorkerViolation,
        suspects: Vec<RequirementId>,
        events: Vec<usize>,
    ) {
        if self.list.len() < MOST {
            self.list.push((violation, suspects, events));
        }
    }

    /// `mispaired`: some answers were those of other requests, so nothing of this is known.
    pub(super) fn finish(&mut self, mispaired: bool, out: &mut Findings) {
        for (violation, suspects, events) in self.list.drain(..).filter(|_| !mispaired) {
            out.violate_by(violation, suspects, events);
        }
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
