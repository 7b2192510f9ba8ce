//! Expectations: the known failures of a subject, each with its reason, so that a run says what is new.
//!
//! - [`Expectations`], [`Entry`]: the form, `schema/expectations/v1` (`model`)
//! - [`load()`], [`parse()`]: reading a file, with errors that say where and what (`load`)
//! - [`judge()`]: a report beside its expectations (`judge`)
//! - [`update()`]: the smallest change after which they hold (`update`, with the text in `edit`)
//! - [`Expecting`]: adds all that to the report before the other reporters see it, and writes the file (`reporter`)
//!
//! `conformance/EXPECTATIONS.md` says how such a file is written.

mod edit;
mod judge;
mod load;
mod model;
mod reporter;
#[cfg(test)]
mod tests;
mod update;

pub use judge::{Covers, judge};
pub use load::{ExpectError, load, parse};
pub use model::{Entry, Expectations, SCHEMA_ID};
pub use reporter::Expecting;
pub use update::{UpdateError, Updated, update};
