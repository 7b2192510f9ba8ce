//! The requirements of the standard as data: their IDs, what they apply to, and the catalogue built into `pwp`.
//!
//! - [`RequirementId`] and [`Role`]: `W-031` and whom it binds (`id`)
//! - [`Dialect`]: the wire forms that requirements name, from `pwp-proto`
//! - [`Feature`] and [`FeatureCondition`]: when a requirement applies (`feature`)
//! - [`Requirement`] with [`Level`], [`Status`], [`WorkloadNeed`] and [`Chapter`]: one block of the book (`model`)
//! - [`Catalogue`]: all of them, read from `spec/requirements.json` (`catalogue`)
//! - [`Evidence`]: which checks exercise a requirement and which faults break it (`evidence`)
//! - [`explain()`] and [`list()`]: the text of `pwp explain` and `pwp list` (`text`)

mod catalogue;
mod evidence;
mod feature;
mod id;
mod model;
mod text;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueError, SCHEMA_ID};
pub use evidence::{Evidence, NamesById};
pub use feature::{Feature, FeatureCondition, Features};
pub use id::{RequirementId, RequirementIdError, Role, UnknownName};
pub use model::{Chapter, Level, Requirement, Status, WorkloadNeed};
pub use pwp_proto::{Dialect, UnknownDialect};
pub use text::{ListFilter, ListFormat, explain, list};
