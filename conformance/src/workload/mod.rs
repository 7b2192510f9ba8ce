//! Workloads: real requests of a real tool, given by its implementer.
//!
//! - [`WorkloadFile`], [`Kind`], [`Work`]: the form, `schema/workload/v1`, as it is written (`file`), and what it can't say by
//!   itself: names, contradictions, paths (`check`)
//! - [`Workload`], [`Item`]: a workload ready for use, its files in memory (`model`)
//! - [`Template`]: text with `{workload}` and `{run}` in it, [`Content`]: what a file has in it (`content`)
//! - `folder`: folders of files that are copied, within limits
//! - [`load()`], [`parse()`]: reading one, with errors that say where and what (`load`)

mod check;
mod content;
mod file;
mod folder;
mod load;
mod model;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use check::{OWN_FOLDER, SANDBOXES, above, is_own, label_of, normal};
pub use content::{Content, Template};
pub use file::{ChangeEntry, InputEntry, Kind, OutputEntry, RequestEntry, SCHEMA_ID, Work, WorkloadFile};
pub(crate) use folder::can_be_executed;
pub use load::{WorkloadError, load, parse};
pub use model::{Item, OutputFile, Workload};
