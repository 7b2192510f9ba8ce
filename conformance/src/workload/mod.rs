//! Workloads: real requests of a real tool, given by its implementer.
//!
//! - [`WorkloadFile`]: the form, `schema/workload/v1`, as it is written (`form`), and what it can't say by
//!   itself: paths, names, contradictions (`check`)
//! - [`Workload`], [`Item`], [`Kind`]: a workload ready for use, its files in memory (`model`)
//! - [`Template`]: text with `{workload}` and `{run}` in it (`template`)
//! - [`Content`]: what a file has in it (`content`), and folders of files, within limits (`folder`)
//! - [`load()`], [`parse()`]: reading one, with errors that say where and what (`load`)
//! - [`Missing`]: what a script needs that a workload does not have (`missing`)
//! - [`survey()`], [`describe()`]: what it is good for, and what it leaves out (`survey`, `warnings`, `describe`)

mod check;
mod content;
mod describe;
mod folder;
mod form;
mod load;
mod missing;
mod model;
mod survey;
mod template;
#[cfg(test)]
mod tests;
mod warnings;

pub(crate) use check::{above, normal};
pub use content::Content;
pub use describe::describe;
pub use form::{ChangeEntry, InputEntry, OutputEntry, RequestEntry, SCHEMA_ID, WorkloadFile};
pub use load::{WorkloadError, load, parse};
pub use missing::Missing;
pub use model::{Item, Kind, OutputFile, Workload};
pub use survey::{LeftOut, Sentence, Survey, survey};
pub use template::Template;
