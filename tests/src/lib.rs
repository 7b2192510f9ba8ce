//! What spans crates: kill matrix, hostile subjects, snapshots, schemas.
//!
//! The library holds what several of the tests use.

pub mod traces;
pub mod watched;
