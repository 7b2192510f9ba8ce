//! The standard in code: reads a history and says which requirements were upheld or violated.
//!
//! The oracle is sans-io. It takes [events](crate::history::Event) and returns [findings](Finding); it
//! knows nothing of processes, files or the clock, and of the rest of the project it uses only
//! `pwp-proto`. Its memory is bounded by what is in flight, so it can watch a build of a million actions.
//!
//! - [`Oracle`]: one history (`judge`)
//! - `client` and `traits`: what was sent, and what is unusual about it
//! - `family`: the rules, one file per family of requirements
//! - [`Violation`]: every way to be wrong, with its requirement and its sentence
//! - [`client_side`]: the same for clients
//! - [`resolve`]: which requirement a violation with several suspects breaks, seen over a whole run

mod circumstances;
mod client;
pub mod client_side;
mod family;
mod finding;
pub mod ids;
mod judge;
mod resolve;
mod stray;
mod traits;
mod violation;

#[cfg(test)]
mod tests;

pub use finding::{Breach, Excerpt, Fate, Finding, Verdict};
pub use judge::Oracle;
pub use resolve::{Control, Known, resolve};
pub use stray::Stray;
pub use traits::Trait;
pub use violation::{ClientViolation, Violation, WorkerViolation};
