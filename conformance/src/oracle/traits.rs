//! What is unusual about a request: the traits to which a failure may be due.

use pwp_spec::RequirementId;

use crate::oracle::ids;

/// Makes the enum of rows `Trait = REQUIREMENT`: the requirement that is broken where the trait alone makes a request go
/// unanswered.
macro_rules! traits {
    ($(#[$attribute:meta])* pub enum Trait { $($(#[$doc:meta])* $Variant:ident = $requirement:ident,)* }) => {
        $(#[$attribute])*
        pub enum Trait {
            $($(#[$doc])* $Variant,)*
        }

        impl Trait {
            /// The requirement that is broken where this trait alone makes a request go unanswered.
            pub fn requirement(self) -> RequirementId {
                match self {
                    $(Self::$Variant => ids::$requirement,)*
                }
            }
        }
    };
}

traits! {
    /// One unusual thing about a request or the way it was sent.
    ///
    /// A request that is not answered, or not as its workload says, breaks the requirement of its trait,
    /// if it has just one that never worked, and otherwise the general one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Trait {
        /// A length prefix of two bytes or more.
        MultiByteLength = MULTI_BYTE_LENGTH,
        /// A frame that does not fit into the 64 KiB of a pipe.
        Large = LARGE,
        /// It came in several writes.
        Split = SPLIT,
        /// It began in the write in which an earlier frame ended, or was sent right behind a write with an open
        /// request, so that one read can deliver both.
        Coalesced = COALESCED,
        /// All fields have their defaults.
        Empty = EMPTY,
        /// It has fields or keys that the protocol does not know.
        UnknownFields = UNKNOWN_FIELDS,
        /// It has no arguments, but is not empty.
        Sparse = SPARSE,
        /// It spells out default values.
        ExplicitDefaults = EXPLICIT_DEFAULTS,
        /// Its fields are not in the order of their numbers.
        Reordered = REORDERED,
        /// White space between the JSON tokens.
        Whitespace = WHITESPACE,
        /// Nothing follows the closing brace.
        NoNewline = NO_NEWLINE,
        /// Escapes in its JSON strings.
        Escaped = ESCAPED,
        /// A digest that is not 64 lower-case hex digits.
        OddDigest = ODD_DIGEST,
        /// Characters outside ASCII.
        NonAscii = NON_ASCII,
        /// `verbosity` is not 0.
        Verbosity = VERBOSITY,
        /// `request_id` 0 sent to a multiplex worker.
        ZeroId = ZERO_ID,
        /// A `request_id` above 65,535.
        HighId = HIGH_ID,
        /// A negative `request_id`.
        NegativeId = NEGATIVE_ID,
        /// A `request_id` that was used and answered before.
        ReusedId = REUSED_ID,
        /// Sent while two or more others were open.
        Parallel = PARALLEL,
        /// Sent within two milliseconds of a response.
        Immediate = IMMEDIATE,
        /// Its arguments stand in a file that the client did not expand.
        Argfile = ARGFILE,
        /// It was cancelled.
        Cancelled = CANCEL_ANSWERED,
        /// The previous response told of a failure.
        AfterFailure = DIES_FAILED,
        /// Its work makes the tool fail from inside.
        Crash = CRASH,
        /// Its work reads standard input.
        ReadsStdin = STDIN_KEPT,
        /// The worker was started with a flag that it knows behind `--persistent_worker`.
        KnownFlag = FLAG_ANYWHERE,
        /// The worker was started with a flag that it does not know.
        UnknownFlag = UNKNOWN_FLAG,
        /// A cancel for an id that was never sent.
        CancelUnknown = CANCEL_UNKNOWN,
        /// A cancel for an id that was answered.
        CancelLate = CANCEL_LATE,
        /// A second cancel for the same request.
        CancelTwice = CANCEL_TWICE,
        /// A cancel with arguments, inputs or other fields.
        CancelFields = CANCEL_FIELDS,
        /// A cancel sent to a worker that does not declare cancellation.
        CancelUndeclared = CANCEL_UNDECLARED,
    }
}

impl Trait {
    /// The requirements that are suspected where a request with these traits goes unanswered.
    pub(super) fn requirements<'a>(traits: impl IntoIterator<Item = &'a Self>) -> Vec<RequirementId> {
        traits.into_iter().map(|what| what.requirement()).collect()
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
            Self::Escaped | Self::Argfile | Self::Crash | Self::ReadsStdin => expectation_known,
            Self::Cancelled | Self::CancelUndeclared => false,
            _ => true,
        }
    }
}
