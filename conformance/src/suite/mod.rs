//! Runs many scripts against many processes of one subject and says what came of it.
//!
//! - [`Options`]: what the user asked for (`options`)
//! - [`SuiteEvent`], [`Reporter`]: what happens, for whoever shows it (`event`)
//! - [`check_worker`]: baseline, fixed scripts, generated scripts, shrinking, the report (`check`)
//! - `execute`: scripts side by side, at most as many as there are processors
//! - `tally`: what was upheld, observed and violated, and by which script
//! - `blame`: which requirement each violation breaks
//! - [`KnownFailure`]: expected violations, which are recognised and not investigated (`known_failures`)
//! - `shrink`: the smallest script that still shows a violation, confirmed by repetition
//! - `conclude`: verdicts, classes, the headline

mod blame;
mod check;
mod conclude;
mod event;
mod execute;
mod known_failures;
mod options;
mod shrink;
mod tally;

pub use check::{SuiteError, check_worker, replay};
pub(crate) use conclude::{conclusion, why_not_applicable};
pub use event::{Reporter, Silent, SuiteEvent};
pub(crate) use known_failures::recognise;
pub use known_failures::{KnownFailure, Symptom};
pub use options::{Options, Selection};
