//! The other half of the standard in code: judges a client by what its workers saw and by what came of its builds.
//!
//! Like the oracle for workers it is sans-io. It takes an [`Observation`] of one case, whole, since most rules are about
//! several processes and about what the client said in the end. What one process shows by itself it can also say at once.
//!
//! - [`Observation`] and its parts: what is known (`observation`)
//! - `conversation`: what is said between the client and one process, message by message
//! - `talk`: the same, whole; `picture`: a case as the rules look at it
//! - [`ClientOracle`]: the client of one process, judged while it talks (`live`, with `seen_ids`)
//! - [`judge`]: all rules, one file for each chapter of the book (`starting`, `key`, `pools`, `arguments`, `requests`,
//!   `responses`, `failures`, `cancellation`, `sandboxing`, `dynamic`, `shutdown`, `logs`), with limits for idle workers in
//!   `limits`, second tries in `again` and files that have to stay in `kept`, and what a case itself expects (`expected`)
//! - `finding`, `violation` of the oracle: what comes out

mod again;
mod arguments;
mod cancellation;
mod conversation;
mod dynamic;
mod expected;
mod failures;
mod judge;
mod kept;
mod key;
mod limits;
mod live;
mod logs;
mod observation;
mod picture;
mod pools;
mod requests;
mod responses;
mod sandboxing;
mod seen_ids;
mod shutdown;
mod starting;
mod talk;
#[cfg(test)]
mod tests;

pub(crate) use crate::oracle::{ClientViolation, ids};
pub use judge::judge;
pub use live::{ClientOracle, Declaration};
pub use observation::{
    ActionSeen, Bounds, BuildSeen, Declared, EndSeen, Expectation, InputFound, LogSeen, Observation,
    ProcessRule, Session, SessionEvent, Start, StatusSeen, StatusWanted,
};
