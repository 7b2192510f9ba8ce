//! A violation, of a worker or of a client.

use std::time::Duration;

use pwp_spec::RequirementId;

use super::{ClientViolation, WorkerViolation};

/// One way to break a requirement.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(transparent)]
pub enum Violation {
    /// A worker breaks it.
    Worker(#[from] WorkerViolation),
    /// A client breaks it.
    Client(#[from] ClientViolation),
}

impl Violation {
    /// The requirement that this breaks, if nothing more specific is found to be the cause.
    pub fn requirement(&self) -> RequirementId {
        match self {
            Self::Worker(violation) => violation.requirement(),
            Self::Client(violation) => violation.requirement(),
        }
    }

    /// The name of the variant, by which two violations are the same symptom.
    pub fn symptom(&self) -> &'static str {
        match self {
            Self::Worker(violation) => violation.symptom(),
            Self::Client(violation) => violation.symptom(),
        }
    }

    /// Whether two violations look the same and break the same requirement.
    pub fn is_like(&self, other: &Self) -> bool {
        self.symptom() == other.symptom() && self.requirement() == other.requirement()
    }

    /// The violation, if a worker is to blame.
    pub fn of_worker(&self) -> Option<&WorkerViolation> {
        if let Self::Worker(violation) = self { Some(violation) } else { None }
    }

    /// Whether a worker can't do what the action declares, because of this.
    pub(crate) fn spoils_the_work(&self) -> bool {
        matches!(
            self,
            Self::Client(
                ClientViolation::WrongDirectory { .. }
                    | ClientViolation::NotARequest { .. }
                    | ClientViolation::Unfinished { .. }
                    | ClientViolation::InputPath { .. }
                    | ClientViolation::Arguments { .. }
                    | ClientViolation::SameId { .. }
            )
        )
    }

    /// Whether the violation is known only because a time limit passed.
    pub fn is_a_hang(&self) -> bool {
        let came_late = |violation| {
            matches!(violation, &WorkerViolation::HeldBack { .. } | &WorkerViolation::Incomplete { .. })
        };
        self.limit().is_some() || self.of_worker().is_some_and(came_late)
    }

    /// Whether the violation is known only because one thing took longer than another. Once, a busy machine can be the reason for that.
    pub fn compares_times(&self) -> bool {
        matches!(self.of_worker(), Some(WorkerViolation::HeldUp { .. } | WorkerViolation::CancelSlow { .. }))
    }

    /// The time limit that passed, where the sentence names one.
    pub fn limit(&self) -> Option<Duration> {
        match self.of_worker()? {
            WorkerViolation::Unanswered { limit, .. }
            | WorkerViolation::StdoutClosed { limit }
            | WorkerViolation::StdinClosed { limit }
            | WorkerViolation::MalformedIgnored { limit }
            | WorkerViolation::EofIgnored { limit, .. }
            | WorkerViolation::TermIgnored { limit, .. }
            | WorkerViolation::OneShotStays { limit } => Some(*limit),
            _ => None,
        }
    }

    /// The bytes that show it, if it is about bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self.of_worker()? {
            WorkerViolation::Stray { bytes, .. }
            | WorkerViolation::BadBody { bytes, .. }
            | WorkerViolation::BadJson { bytes, .. }
            | WorkerViolation::Incomplete { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// What to do about it, where that depends on what was seen and not only on the requirement.
    pub fn remedy(&self) -> Option<&'static str> {
        match self.of_worker()? {
            WorkerViolation::Stray { kind, .. } => Some(kind.remedy()),
            WorkerViolation::TooLarge { .. } => Some(
                "Cut `output` to what a person reads, and write the rest to a file that it names. If the worker does not print that much, \
                 what stands where a length is expected is none: write the length of the encoded message as a varint, and nothing else \
                 to stdout.",
            ),
            WorkerViolation::ObjectTooLarge { .. } => Some(
                "Cut `output` to what a person reads, and write the rest to a file that it names. If the worker does not print that much, \
                 look whether each object has its closing quotes and braces: write responses with a JSON library.",
            ),
            _ => None,
        }
    }
}
