//! Runs many scripts against many processes of one subject and says what came of it.
//!
//! - [`Options`]: what the user asked for, and what the steps of a run share (`state`)
//! - [`check_worker`]: baseline, fixed scripts, generated scripts, shrinking, the report (`check`)
//! - `execute`: scripts side by side, at most as many as there are processors
//! - `deadline`: how long the whole of it may take
//! - `tally`: the counts of each requirement, and the scripts that violate it
//! - `blame`: which requirement each violation breaks
//! - `shrink`: the smallest script that still shows a violation, confirmed by repetition
//! - `conclude`: the facts of the run, for `pwp_report::assemble`
//! - [`covers`]: whether a selection has all scripts that are made for a requirement (`conclude`)

mod blame;
mod check;
mod conclude;
mod deadline;
mod execute;
mod shrink;
mod state;
mod tally;

pub use check::{can_replay, check_worker, replay};
pub use conclude::covers;
pub(crate) use conclude::facts;
pub use state::{Options, START_LIMIT, SuiteError};
