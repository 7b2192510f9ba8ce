//! The library with which a tool becomes a persistent build worker.
//!
//! A persistent worker is a tool that stays alive and takes one build action after another, instead of being
//! started for each. This is all that a tool needs for it:
//!
//! ```no_run
#![doc = include_str!("../examples/hello.rs")]
//! ```
//!
//! Started with `--persistent_worker` this is a worker, otherwise an ordinary one-shot tool. What the library takes care of:
//!
//! - **Standard output stays clean.** The protocol has private copies of the two streams; a `println!`, or a child process, of the
//!   tool writes to standard error and reads an empty input ([`Worker::run`]).
//! - **Every request gets exactly one response**, whole and flushed, also when the handler panics, when it
//!   was cancelled, and when the client uses an id twice.
//! - **Reading never stops**, so that cancel requests and the end of the input are seen while work is running.
//! - **The worker ends when it ought to**: promptly at the end of the input and on `SIGTERM`, with a message after a
//!   request that cannot be understood. It never falls silent.
//!
//! There is no async runtime: blocking threads are four to six times quicker at this than asynchronous standard streams,
//! and quick requests run from `read` to `write` on the main thread.
//!
//! [`memory`] connects a client to a handler inside a test. The features `reference` and `faults` bring the reference
//! tool, which the conformance suite holds to the standard, and its deliberate misbehaviours; tools do not need them. The feature
//! `wrap` makes a worker of a tool that cannot be changed (Linux).

mod argfile;
mod cancellation;
mod error;
#[cfg(feature = "faults")]
pub mod faults;
pub mod memory;
#[cfg(feature = "reference")]
pub mod reference;
mod request;
mod session;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;
mod worker;
#[cfg(all(target_os = "linux", feature = "wrap"))]
pub mod wrap;

pub use cancellation::Cancellation;
pub use error::Error;
pub use pwp_proto::{Framing, Input, WorkRequest, WorkResponse};
pub use request::{Output, Request};
pub use worker::Worker;
