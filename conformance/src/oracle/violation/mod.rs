//! Every way to be wrong, each a named variant, with the requirement that it breaks and its sentence in one row.
//!
//! - [`WorkerViolation`] (`worker`): what a worker can do wrong
//! - [`ClientViolation`] (`client`): what a client can do wrong
//! - [`Violation`]: either of them (`either`)
//! - [`Rule`]: a name in the code and the requirement that states it (`rules`); the tables stand above the violations, which are `rows`
//! - `words`: times, numbers and texts as the sentences write them

pub(super) mod client;
mod either;
mod rows;
mod rules;
pub(super) mod words;
pub(super) mod worker;

pub use client::ClientViolation;
pub use either::Violation;
pub(super) use rules::Rule;
pub use worker::WorkerViolation;
