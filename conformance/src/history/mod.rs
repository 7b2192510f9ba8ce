//! What happened in a run: events with times, and the bounded transcript that is kept of them.
//!
//! A history is the only thing that the [oracle](crate::oracle) sees. It can be recorded by a driver
//! that runs a process, or written by hand in a test.

mod event;
mod transcript;

pub use event::{
    Event, ExitStatus, ExpectedOutcome, FileState, Mode, Place, Reference, Signal, Start, StartupFlag, Timed,
    WaitedFor,
};
pub use pwp_report::{Entry, TranscriptFile};
pub use transcript::Transcript;
