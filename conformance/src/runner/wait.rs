//! What a run waits for: the kinds of waiting, what a process had been given before, and waits that were in vain.

use std::time::Duration;

/// The kinds of waiting. That one of them was in vain says nothing about the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wait {
    /// For an answer.
    Response,
    /// For the subject to read what was written.
    Drain,
    /// For the subject's end at the end of its stdin.
    Eof,
    /// For its end while its stdin is open: on malformed bytes, or behind the end of its stdout.
    Unasked,
    /// For its end on SIGTERM.
    Term,
    /// For the end of the processes that it has started, when it has ended.
    Children,
}

/// What a verdict that rests on time is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Matter {
    /// That the subject reads and answers.
    Answers,
    /// That it ends.
    Ends,
    /// That nothing outlives it.
    Children,
}

impl Wait {
    /// What a verdict is about for which this was waited for.
    pub const fn matter(self) -> Matter {
        match self {
            Self::Response | Self::Drain => Matter::Answers,
            Self::Eof | Self::Unasked | Self::Term => Matter::Ends,
            Self::Children => Matter::Children,
        }
    }

    /// Whether a verdict that rests on this wait is one on the other, too: what is not read is not answered.
    pub(super) fn confirms(self, other: Self) -> bool {
        self == other || (self.matter() == Matter::Answers && other.matter() == Matter::Answers)
    }
}

/// A wait that was in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InVain {
    /// What was waited for.
    pub what: Wait,
    /// The process may still have been on its way to its first answer.
    pub starting: bool,
    /// How long it was waited.
    pub limit: Duration,
}

/// What a process had been given when it was waited for. A process that hangs at the end of its stdin while a request is open may well
/// end where none is, and a one-shot process always ends there: what one of them does says nothing about the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Served {
    /// The process does the work of its command line and ends.
    pub one_shot: bool,
    /// It has answered a request, so it is not starting any more.
    pub answered: bool,
    /// It has requests that are not answered.
    pub open: bool,
    /// It was sent a cancel.
    pub cancel: bool,
    /// It was sent bytes as they stand in the script, which are malformed as a rule.
    pub raw: bool,
}

impl Served {
    /// Whether both are the same but for what was sent beside ordinary requests.
    pub(super) fn is_like(self, other: Self) -> bool {
        let ordinary = |served: Self| Self { cancel: false, raw: false, ..served };
        ordinary(self) == ordinary(other)
    }
}
