//! Deliberate misbehaviours of the reference client, to prove that the conformance suite sees them.
//!
//! A [`Fault`] is one named way to be wrong: which requirements it breaks, which others it may break as a consequence and why, and the
//! hooks that do it. Everything else stays correct. Faults are deterministic: they never roll dice.
//!
//! The modules are the chapters of the standard, in their order. They are made of `hook` and `overrides`; `set` is the faults of one client.
//! Without the feature `faults` there are none, and the client is the correct one.

#[cfg(feature = "faults")]
mod arguments;
#[cfg(feature = "faults")]
mod cancellation;
#[cfg(feature = "faults")]
mod dynamic;
#[cfg(feature = "faults")]
mod failures;
#[cfg(feature = "faults")]
mod hook;
#[cfg(feature = "faults")]
mod key;
#[cfg(feature = "faults")]
mod list;
#[cfg(feature = "faults")]
mod logs;
#[cfg(feature = "faults")]
mod overrides;
#[cfg(feature = "faults")]
mod pools;
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
pub use hook::{Fault, Hook};
#[cfg(feature = "faults")]
pub use list::{ALL, find};
pub use set::{FaultError, Faults};
