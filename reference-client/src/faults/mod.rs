//! Deliberate misbehaviours of the reference client, to prove that the conformance suite sees them.
//!
//! A [`Fault`] is one named way to be wrong: which requirements it breaks, and which others it may break as a consequence and why.
//! Everything else stays correct. Faults are deterministic: they never roll dice.
//!
//! The code asks [`Faults`] by `kind` at the places where it could go wrong. In a build without the feature `faults` the answer is a
//! constant, and the questions are optimised away. The modules are the chapters of the standard, in their order.

#[cfg(feature = "faults")]
mod arguments;
#[cfg(feature = "faults")]
mod cancellation;
#[cfg(feature = "faults")]
mod dynamic;
#[cfg(feature = "faults")]
mod failures;
#[cfg(feature = "faults")]
mod fault;
#[cfg(feature = "faults")]
mod key;
mod kind;
#[cfg(feature = "faults")]
mod logs;
#[cfg(feature = "faults")]
mod pools;
#[cfg(feature = "faults")]
mod registry;
#[cfg(feature = "faults")]
mod requests;
#[cfg(feature = "faults")]
mod responses;
#[cfg(feature = "faults")]
mod sandboxing;
mod set;
#[cfg(feature = "faults")]
mod shutdown;
#[cfg(feature = "faults")]
mod starting;

#[cfg(feature = "faults")]
pub use fault::Fault;
pub(crate) use kind::Kind;
#[cfg(feature = "faults")]
pub use registry::{ALL, find};
pub use set::{Faults, UnknownFault};
