//! Workloads: real requests of a real tool, given by its implementer.
//!
//! - [`Workload`], [`Item`], [`Kind`]: the form, `schema/workload/v1` (`model`)
//! - [`load()`], [`parse()`]: reading one, with errors that say where and what (`load`)

mod load;
mod model;

pub use load::{WorkloadError, load, parse};
pub use model::{InputFile, Item, Kind, OutputFile, SCHEMA_ID, Workload};
