//! Deliberate misbehaviours of the reference worker, to prove that the conformance suite sees them.
//!
//! A [`Fault`] is one named way to be wrong: which requirements it breaks, which others it may break as a consequence and why, and a
//! hook that does it. Everything else stays correct. Faults are deterministic: they count, they never roll dice.
//!
//! A fault that makes the worker reject a request ends the process with exit status 1 and a line `fault NAME: …` on standard
//! error, without an answer, unless its name says otherwise. A worker that is made to hang ends when standard input ends and
//! on `SIGTERM`, unless the fault is about exactly that.
//!
//! | module | faults |
//! |---|---|
//! | `startup` | how the process starts; one-shot mode |
//! | `framing_in` | how requests are read |
//! | `stdout` | what is written to standard output, and when |
//! | `encoding` | how a response is encoded |
//! | `request_loop` | what happens between a request and its response |
//! | `isolation` | what one request sees of others, of undeclared files and of the machine |
//! | `sandbox` | which file a path of a request means |
//! | `multiplex`, `cancel`, `shutdown`, `verbosity` | as their names say |
//! | `active` | the faults of a process, as one |
//! | `remembered` | what faults remember from one request to the next |
//! | `kit` | what the hooks are made of |

mod active;
mod cancel;
mod encoding;
mod framing_in;
mod isolation;
mod kit;
mod multiplex;
mod remembered;
mod request_loop;
mod sandbox;
mod shutdown;
mod startup;
mod stdout;
#[cfg(test)]
mod tests;
mod verbosity;

use pwp_proto::fault::{self, JSON, PROTO};

pub(crate) use active::{Active, Start};
pub use kit::Hook;

/// One named way in which the reference worker can misbehave.
pub type Fault = fault::Fault<Hook>;

const MULTIPLEX: &[&str] = &["multiplex"];
const CANCELLATION: &[&str] = &["cancellation"];
const MULTIPLEX_SANDBOXING: &[&str] = &["multiplex-sandboxing"];
const VERBOSITY: &[&str] = &["verbosity"];

const FAMILIES: &[&[Fault]] = &[
    startup::FAULTS,
    framing_in::FAULTS,
    stdout::FAULTS,
    encoding::FAULTS,
    request_loop::FAULTS,
    isolation::FAULTS,
    multiplex::FAULTS,
    cancel::FAULTS,
    sandbox::FAULTS,
    shutdown::FAULTS,
    verbosity::FAULTS,
];

/// Every fault, in the order of the standard's chapters.
pub const ALL: &[Fault] = &fault::concat::<_, { fault::count(FAMILIES) }>(FAMILIES);

/// The fault with this name.
pub fn find(name: &str) -> Option<&'static Fault> {
    fault::find(ALL, name)
}
