//! The judge of one process: what a worker owes a client, and what a client owes a worker.
//!
//! It takes events and lets the [wire](super::wire) make messages of them. Its memory is bounded by what is in flight.
//!
//! - [`Oracle`] (`judge`): one history after the other, event by event
//! - `calls`: which calls are open, answered and cancelled; [`Trait`] and `circumstances`: what is unusual about each
//! - `worker`: the rules for workers; `client`: the rules for clients, with what is [declared](Declaration) of the calls
//! - [`resolve`]: which requirement a violation with several suspects breaks, seen over a whole run

mod calls;
pub(super) mod circumstances;
mod client;
mod judge;
mod resolve;
mod worker;

pub use client::Declaration;
pub(super) use client::{CaseDeclarations, DeclaredRequest, FLAG, FaultKind, flag_count};
pub use judge::Oracle;
pub use resolve::{Control, Known, resolve};
