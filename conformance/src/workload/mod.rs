//! Workloads: real requests of a real tool, given by its implementer.
//!
//! - [`WorkloadFile`]: the form, `schema/workload/v1`, as it is written (`file`), and what it can't say by
//!   itself: names, contradictions (`check`), paths (`path`)
//! - [`Workload`], [`Item`]: a workload ready for use, its files in memory (`model`)
//! - [`Kind`], [`Work`]: the kinds of requests (`kind`)
//! - [`Template`]: text with `{workload}` and `{run}` in it (`template`)
//! - [`Content`]: what a file has in it (`content`), and folders of files, within limits (`folder`)
//! - [`load()`], [`parse()`]: reading one, with errors that say where and what (`load`)

mod check;
mod content;
mod file;
mod folder;
mod kind;
mod load;
mod model;
mod path;
mod template;
#[cfg(test)]
pub(crate) mod tests;

pub use content::Content;
pub use file::{ChangeEntry, InputEntry, OutputEntry, RequestEntry, SCHEMA_ID, WorkloadFile};
pub(crate) use folder::can_be_executed;
pub use kind::{Kind, Work};
pub use load::{WorkloadError, load, parse};
pub use model::{Item, OutputFile, Workload};
pub(crate) use path::{above, normal};
pub use template::Template;
