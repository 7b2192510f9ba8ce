//! What is unusual about a request: the traits to which a failure may be due.

use pwp_spec::RequirementId;

use crate::oracle::ids;

/// One unusual thing about a request or the way it was sent.
///
/// A request that is not answered, or not as its workload says, breaks the requirement of its trait,
/// if it has just one that never worked, and otherwise the general one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trait {
    /// A length prefix of two bytes or more.
    MultiByteLength,
    /// A frame that does not fit into the 64 KiB of a pipe.
    Large,
    /// It came in several writes.
    Split,
    /// It began in the write in which an earlier frame ended, or was sent right behind a write with an open
    /// request, so that one read can deliver both.
    Coalesced,
    /// All fields have their defaults.
    Empty,
    /// It has fields or keys that the protocol does not know.
    UnknownFields,
    /// It has no arguments, but is not empty.
    Sparse,
    /// It spells out default values.
    ExplicitDefaults,
    /// Its fields are not in the order of their numbers.
    Reordered,
    /// White space between the JSON tokens.
    Whitespace,
    /// Nothing follows the closing brace.
    NoNewline,
    /// Escapes in its JSON strings.
    Escaped,
    /// A digest that is not 64 lower-case hex digits.
    OddDigest,
    /// Characters outside ASCII.
    NonAscii,
    /// `verbosity` is not 0.
    Verbosity,
    /// `request_id` 0 sent to a multiplex worker.
    ZeroId,
    /// A `request_id` above 65,535.
    HighId,
    /// A negative `request_id`.
    NegativeId,
    /// A `request_id` that was used and answered before.
    ReusedId,
    /// Sent while two or more others were open.
    Parallel,
    /// Sent within two milliseconds of a response.
    Immediate,
    /// Its arguments stand in a file that the client did not expand.
    Argfile,
    /// It was cancelled.
    Cancelled,
    /// The previous response told of a failure.
    AfterFailure,
    /// Its work makes the tool fail from inside.
    Crash,
    /// Its work reads standard input.
    ReadsStdin,
    /// The worker was started with a flag that it knows behind `--persistent_worker`.
    KnownFlag,
    /// The worker was started with a flag that it does not know.
    UnknownFlag,
    /// A cancel for an id that was never sent.
    CancelUnknown,
    /// A cancel for an id that was answered.
    CancelLate,
    /// A second cancel for the same request.
    CancelTwice,
    /// A cancel with arguments, inputs or other fields.
    CancelFields,
    /// A cancel sent to a worker that does not declare cancellation.
    CancelUndeclared,
}

impl Trait {
    /// The requirement that is broken where this trait alone makes a request go unanswered.
    pub fn requirement(self) -> RequirementId {
        match self {
            Self::MultiByteLength => ids::MULTI_BYTE_LENGTH,
            Self::Large => ids::LARGE,
            Self::Split => ids::SPLIT,
            Self::Coalesced => ids::COALESCED,
            Self::Empty => ids::EMPTY,
            Self::UnknownFields => ids::UNKNOWN_FIELDS,
            Self::Sparse => ids::SPARSE,
            Self::ExplicitDefaults => ids::EXPLICIT_DEFAULTS,
            Self::Reordered => ids::REORDERED,
            Self::Whitespace => ids::WHITESPACE,
            Self::NoNewline => ids::NO_NEWLINE,
            Self::Escaped => ids::ESCAPED,
            Self::OddDigest => ids::ODD_DIGEST,
            Self::NonAscii => ids::NON_ASCII,
            Self::Verbosity => ids::VERBOSITY,
            Self::ZeroId => ids::ZERO_ID,
            Self::HighId => ids::HIGH_ID,
            Self::NegativeId => ids::NEGATIVE_ID,
            Self::ReusedId => ids::REUSED_ID,
            Self::Parallel => ids::PARALLEL,
            Self::Immediate => ids::IMMEDIATE,
            Self::Argfile => ids::ARGFILE,
            Self::Cancelled => ids::CANCEL_ANSWERED,
            Self::AfterFailure => ids::DIES_FAILED,
            Self::Crash => ids::CRASH,
            Self::ReadsStdin => ids::STDIN_KEPT,
            Self::KnownFlag => ids::FLAG_ANYWHERE,
            Self::UnknownFlag => ids::UNKNOWN_FLAG,
            Self::CancelUnknown => ids::CANCEL_UNKNOWN,
            Self::CancelLate => ids::CANCEL_LATE,
            Self::CancelTwice => ids::CANCEL_TWICE,
            Self::CancelFields => ids::CANCEL_FIELDS,
            Self::CancelUndeclared => ids::CANCEL_UNDECLARED,
        }
    }

    /// The requirement that is broken where this trait alone makes a request give the wrong result.
    pub fn outcome_requirement(self) -> RequirementId {
        match self {
            Self::Verbosity => ids::VERBOSITY_RESULT,
            Self::Parallel => ids::OUTPUT_MIXED,
            other => other.requirement(),
        }
    }

    /// Whether an answer as expected shows that its requirement is kept.
    /// The others are upheld elsewhere, or need the answer to say more.
    pub(super) fn upheld_by_answer(self, expectation_known: bool) -> bool {
        match self {
            Self::Escaped | Self::Argfile => expectation_known,
            Self::Crash | Self::ReadsStdin => expectation_known,
            Self::Cancelled | Self::CancelUndeclared => false,
            _ => true,
        }
    }
}
