//! The rules for workers, one file for each family of requirements. Their form is judged by the [wire](crate::oracle::wire).
//!
//! - [`Rules`]: all of them, event by event (`rules`)
//! - `answers`: which response answers what, and with which result (W-031 to W-035, W-05x, W-07x, W-08x)
//! - `outcome`: how a result differs from the one that is expected (W-053, W-056, W-058)
//! - `surplus`: what responses are that answer no open call (W-032, W-033, W-08x)
//! - `life`: how the process starts, lives and ends (W-001 to W-004, W-024 to W-028, W-05x, W-11x)
//! - `files`: what the work leaves on disk (W-054, W-055, W-101)
//! - `logs`: stderr, verbosity, memory (W-065, W-12x)

mod answers;
mod files;
mod life;
mod logs;
mod outcome;
mod rules;
mod surplus;

pub(crate) use rules::Rules;
