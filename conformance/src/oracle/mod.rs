//! The standard in code: reads a history and says which requirements were upheld or violated.
//!
//! The oracle is sans-io. It takes [events](crate::history::Event) and returns [findings](Finding); it
//! knows nothing of processes, files or the clock, and of the rest of the project it uses only
//! `pwp-proto`. Its memory is bounded by what is in flight, so it can watch a build of a million actions.
//!
//! It has three layers, so that a dialect is one module and a role one table:
//!
//! - `wire`: events in, messages and notes about their form out; the only layer that knows bytes
//! - `session`: the judge of one process, [`Oracle`], with the rules for workers and those for clients
//! - [`across`]: rules about several processes, builds and actions
//!
//! What they say is the same everywhere: [`Finding`], [`Violation`] (every way to be wrong, with its requirement and its
//! sentence), [`Trait`] (what is unusual about a request), [`Stray`] (what bytes look like that are no response), and [`ids`] (which requirement states a rule, for which role).

pub mod across;
mod finding;
pub mod ids;
mod session;
mod stray;
mod traits;
mod violation;
mod wire;

#[cfg(test)]
mod tests;

pub use finding::{Breach, Excerpt, Fate, Finding, Verdict};
pub use session::{Control, Declaration, Known, Oracle, resolve};
pub use stray::Stray;
pub use traits::Trait;
pub use violation::{ClientViolation, Violation, WorkerViolation};
pub use wire::{CallId, NoWire};
