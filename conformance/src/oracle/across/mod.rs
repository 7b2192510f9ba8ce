//! Rules about several processes, builds and actions: judges a client by what its workers saw and by what came of its builds.
//!
//! It takes an [`Observation`] of one case, whole, since a rule about several processes needs what became of all of them. What
//! one process shows by itself the [session judge](super::Oracle) says, who is told here what the actions declare.
//!
//! - [`Observation`] and its parts: what is known (`observation`)
//! - `exchange`: what passed between the client and one process; `view`: a case as the rules look at it
//! - [`judge`]: all rules, one file for each chapter of the book (`starting`, `key`, `pools`, `arguments`, `requests`,
//!   `responses`, `failures`, `cancellation`, `sandboxing`, `dynamic`, `shutdown`, `logs`), and what a case itself expects in
//!   `expected`

mod arguments;
mod cancellation;
mod dynamic;
mod exchange;
mod expected;
mod failures;
mod judge;
mod key;
mod logs;
mod observation;
mod pools;
mod requests;
mod responses;
mod sandboxing;
mod shutdown;
mod starting;
mod view;

pub use judge::judge;
pub use observation::{
    ActionSeen, BuildSeen, Declared, EndSeen, Expectation, LogSeen, Observation, ProcessesExpected, Settings,
    StatusSeen, StatusWanted,
};
