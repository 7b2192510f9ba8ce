#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! | module | what it does |
//! |---|---|
//! | [`spawn`] | an action as a build tool has it |
//! | [`options`] | what the user of a client can set |
//! | `arguments` | which argument starts the worker, and which goes into the request |
//! | [`key`] | which worker can serve an action |
//! | [`strategy`] | on which worker an action is run, or why on none |
//! | `client`, `pool`, `worker`, `sandbox` | [`Client`], from the outside to the inside |
//! | `files`, `unix` | the files of an action; a child process |
//! | `plan` | builds from a file, with the feature of this name |
//! | [`faults`] | deliberate misbehaviours, with the feature of this name; `hooks`: where they can take hold |
//!
//! It needs a tokio runtime with io and time, of either flavour, and Linux.

mod arguments;
mod client;
mod ended;
pub mod faults;
mod files;
mod hooks;
mod interrupt;
pub mod key;
mod lock;
pub mod options;
mod outcome;
#[cfg(feature = "plan")]
pub mod plan;
mod pool;
mod sandbox;
pub mod spawn;
pub mod strategy;
mod unix;
mod worker;

pub use client::{Client, Other, StartError, WorkerEvent};
pub use ended::{Cause, WorkerEnded, WorkerFault};
pub use interrupt::Interrupt;
pub use options::Options;
pub use outcome::{Outcome, Runner, Status};
pub use pwp_proto::Framing;
pub use spawn::Spawn;
