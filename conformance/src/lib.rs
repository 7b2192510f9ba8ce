//! The conformance suite for persistent build workers.

pub mod requirement;
pub mod spec;
