//! What happened in a run: events with times, and the bounded transcript that is kept of them.
//!
//! A history is the only thing that the [oracle](crate::oracle) sees. It can be recorded by a driver
//! that runs a process, written down by the process itself (a probe), or written by hand in a test.
//!
//! - [`Event`], [`Timed`]: one thing that happened, and when (`event`)
//! - [`ProcessHistory`]: what one process of the probe wrote down (`process`)
//! - [`Transcript`]: what people and files see of a history (`transcript`)
//! - [`abridged()`]: a long text in little memory (`abridged`)
//! - `sniff`: which framing a client uses, found out from its first bytes

mod abridged;
mod event;
mod process;
mod sniff;
mod transcript;

pub use abridged::abridged;
pub use event::{
    CallEvent, Event, ExitStatus, ExpectedOutcome, FileState, InputState, Mode, Place, ProcessStart,
    Reference, Signal, Start, StartupFlag, Timed, WaitedFor,
};
pub use process::ProcessHistory;
pub use pwp_report::{Entry, TranscriptFile};
pub(crate) use sniff::{Sniffed, Sniffer};
pub use transcript::Transcript;
