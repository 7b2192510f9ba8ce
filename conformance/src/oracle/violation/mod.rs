//! Every way to be wrong, each a named variant, with the requirement that it breaks and its sentence in one row.
//!
//! - [`WorkerViolation`] (`worker`): what a worker can do wrong
//! - [`ClientViolation`] (`client`): what a client can do wrong
//! - [`Rule`]: a name in the code and the requirement that states it; the tables stand above the violations
//! - `words`: times, numbers and texts as the sentences write them

pub(super) mod client;
pub(super) mod words;
pub(super) mod worker;

use std::time::Duration;

use pwp_spec::RequirementId;

pub use client::ClientViolation;
pub use worker::WorkerViolation;

/// A rule of the standard.
///
/// A server is a client towards its workers, so a rule for clients binds it as well. Where the chapters on servers have a
/// sentence of their own for the same matter, a server that breaks the rule breaks that one.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The requirement on the worker or on the client.
    pub id: RequirementId,
    /// The requirement that says the same of servers, if there is one.
    pub of_servers: Option<RequirementId>,
}

/// Makes a module `ids` of constants and a table of rows `NAME = role number` or `NAME = client number / server number`.
macro_rules! rules {
    ($($name:ident = $role:ident $number:literal $(/ $server:literal)?,)*) => {
        pub(crate) mod ids {
            use pwp_spec::RequirementId;

            $(pub(crate) const $name: RequirementId = RequirementId::$role($number);)*
        }

        /// The rules that are judged, by their chapter.
        pub(crate) const RULES: &[super::Rule] = &[$(super::Rule {
            id: ids::$name,
            of_servers: [$(Some(pwp_spec::RequirementId::new(pwp_spec::Role::Server, $server)),)? None][0],
        },)*];
    };
}
use rules;

/// Makes an enum of rows `Variant { fields } breaks REQUIREMENT => "sentence", arguments;`.
///
/// The sentence is the variant's documentation too. The requirement and the arguments see the fields as references.
macro_rules! violations {
    (
        $(#[$attribute:meta])*
        pub enum $Name:ident {
            $(
                $(#[$doc:meta])*
                $Variant:ident $({ $($field:ident: $Type:ty),* })?
                    breaks $requirement:expr => $sentence:literal $(, $argument:expr)*;
            )*
        }
    ) => {
        $(#[$attribute])*
        #[allow(missing_docs, reason = "the fields are what the variant's sentence names")]
        pub enum $Name {
            $(#[doc = $sentence] $(#[$doc])* $Variant $({ $($field: $Type),* })?,)*
        }

        #[allow(unused_variables, reason = "most rows need few of their fields")]
        impl $Name {
            /// The names of all variants, in their order.
            pub const ALL: &[&str] = &[$(stringify!($Variant)),*];

            /// The requirement that this breaks, if nothing more specific is found to be the cause.
            pub fn requirement(&self) -> pwp_spec::RequirementId {
                match self {
                    $(Self::$Variant $({ $($field),* })? => $requirement,)*
                }
            }

            /// The name of the variant, by which two violations are the same symptom.
            pub fn symptom(&self) -> &'static str {
                match self {
                    $(Self::$Variant { .. } => stringify!($Variant),)*
                }
            }
        }

        impl std::error::Error for $Name {}

        #[allow(unused_variables, reason = "most rows need few of their fields")]
        impl std::fmt::Display for $Name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    $(Self::$Variant $({ $($field),* })? => write!(f, $sentence $(, $argument)*),)*
                }
            }
        }
    };
}
use violations;

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
        if let WorkerViolation::Stray { kind, .. } = self.of_worker()? { Some(kind.remedy()) } else { None }
    }
}
