//! What a workload is good for: what it holds, what it lets the suite exercise, and what it leaves out.
//!
//! `pwp workload check` is the only user.
//!
//! - [`survey()`], [`Survey`]: a workload compared with the built-in scripts and the requirements (`assess`)
//! - what is allowed in a workload and probably not meant (`warnings`)
//! - [`describe()`]: a survey as text for people (`describe`)

mod assess;
mod describe;
#[cfg(test)]
mod tests;
mod warnings;

pub use assess::{LeftOut, Sentence, Survey, survey};
pub use describe::describe;
