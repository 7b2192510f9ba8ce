//! `pwp tap`: stands between a real client and a real worker, changes nothing, judges both.
//!
//! ```text
//! client ──▶ pass ──▶ worker          one thread for each direction: read, tell, write
//!        ◀── pass ◀──
//!              │ queue                bounded; it never waits, what does not fit is not judged
//!              ▼
//!            judge ──▶ notes, transcript, record, report
//! ```
//!
//! - [`TapOptions`]: what is asked for (`options`)
//! - [`run`]: the worker's process, the threads, the end (`run`)
//! - `pass`: one direction, with its end and its back pressure
//! - `queue`: what the directions tell the judge
//! - `judge`: feeds the oracles of both sides, as soon as it is known which dialect is spoken
//! - `notes`: what is said on stderr and in the log
//! - `record`: makes a workload of what passed
//! - `report`: makes reports of it, one for each side
//! - `files`: what several taps write, and how such files are named

mod files;
mod judge;
mod notes;
mod options;
mod pass;
mod queue;
mod record;
mod report;
mod run;

pub(crate) use options::TapOptions;
pub(crate) use run::{TapError, run};
