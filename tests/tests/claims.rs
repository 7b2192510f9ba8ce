//! No form of a report can be read as a claim that was not earned: neither after a run that was cut short, nor where any part of a report was
//! changed.
//!
//! Each form has a reader of its own (`claims/readers.rs`) that knows nothing of how the form is made.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "claims/cut.rs"]
mod cut;
#[path = "claims/mutants.rs"]
mod mutants;
#[path = "claims/outcomes.rs"]
mod outcomes;
#[path = "claims/readers.rs"]
mod readers;
#[path = "claims/unwritable.rs"]
mod unwritable;
