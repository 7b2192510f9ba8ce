//! Makes a workload of what passes: real requests of a real build, with their inputs.
//!
//! A tap only appends to its part, and the workload is made anew from all parts whenever a tap ends.
//!
//! ```text
//! work.toml           the workload; work-2.toml is that of another command
//! work.inputs/        what inputs are copied from, by digest
//! work.parts/         what each tap has seen; not needed any more when the build is over
//! ```
//!
//! - [`Recorder`]: one tap's part, as it happens (`recorder`)
//! - [`Place`]: where all of it is, and the lines of a part (`part`)
//! - `inputs`: inputs by digest
//! - `outputs`: what a request has written, as far as its arguments name it
//! - `merge`: parts into workloads, within the limits of workloads

mod inputs;
mod merge;
mod outputs;
mod part;
mod recorder;

pub(super) use part::Place;
pub(super) use recorder::Recorder;
