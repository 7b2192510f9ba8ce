//! Makes a workload of what passes: real requests of a real build, with their inputs.
//!
//! Several taps of one build write the same workload, and any of them may be killed. So each has a part of its own, a
//! file to which it only appends, and the workload is made anew from all parts, under a lock, whenever a tap ends.
//!
//! ```text
//! work.toml           the workload; work-2.toml is that of another command
//! work.inputs/        what inputs are copied from, by digest
//! work.parts/         what each tap has seen; not needed any more when the build is over
//! ```
//!
//! - [`Recorder`]: one tap's part, as it happens (`recorder`)
//! - `part`: the lines of a part
//! - `store`: inputs by digest
//! - `outputs`: what a request has written, as far as its arguments name it
//! - `merge`: parts into workloads, within the limits of workloads

mod merge;
mod outputs;
mod part;
mod places;
mod recorder;
mod store;

pub(super) use recorder::Recorder;
