//! The requirements of the standard as data: their IDs, what they apply to, and the catalogue built into `pwp`.
//!
//! - [`RequirementId`] and [`Role`]: `W-031` and whom it binds (`id`)
//! - [`Dialect`]: the wire forms that requirements name, from `pwp-proto`
//! - [`Feature`] and [`FeatureCondition`]: when a requirement applies (`feature`)
//! - [`Requirement`] with [`Level`], [`Status`], [`WorkloadNeed`] and [`Chapter`]: one block of the book (`model`)
//! - [`Catalogue`]: all of them, read from `spec/requirements.json` (`catalogue`)
//! - [`Evidence`]: which checks exercise a requirement and which faults break it (`evidence`)
//! - [`explain()`] and [`list()`]: the text of `pwp explain` and `pwp list`

mod catalogue;
mod evidence;
mod explain;
mod feature;
mod id;
mod list;
mod model;

#[cfg(test)]
mod tests;

pub use catalogue::{Catalogue, CatalogueError, SCHEMA_ID};
pub use evidence::Evidence;
pub use explain::explain;
pub use feature::{Feature, FeatureCondition, Features, UnknownFeature};
pub use id::{RequirementId, RequirementIdError, Role, UnknownRole};
pub use list::{ListFilter, ListFormat, list};
pub use model::{
    Chapter, Level, Requirement, Status, UnknownLevel, UnknownStatus, WorkloadNeed, WorkloadNeedError,
};
pub use pwp_proto::{Dialect, UnknownDialect};
