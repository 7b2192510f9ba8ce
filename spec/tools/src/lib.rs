//! The book read by a program: its requirement blocks, the generated `requirements.json`, and the lint.
//!
//! - [`Book`]: the files of `spec/` (`book`)
//! - [`parse_blocks`] and [`ParsedBlock`]: the block syntax (`block`, `header`)
//! - [`sync`]: writes `spec/requirements.json` (`sync`)
//! - [`lint`]: every rule that the book obeys, with file, line and remedy (`lint`; its rules are `keywords`,
//!   `links`, `revision`, `coverage`)
//! - [`coverage()`]: the table of checks, faults and reasons (`coverage`)
//! - [`evidence`]: the generated pages
//! - [`freeze`]: fixes what a published revision binds (`revision`)
//! - [`SourceTable`]: where a source can be opened (`source`, `spec/sources.toml`)
//! - [`LintError`] and [`Problem`]: what is wrong, and where (`problem`)
//!
//! `markdown` holds the little that all of them need to know about Markdown.

mod block;
mod book;
mod coverage;
pub mod evidence;
mod header;
mod keywords;
mod links;
mod lint;
mod markdown;
mod problem;
mod revision;
mod source;
mod sync;

#[cfg(test)]
mod tests;

pub use block::{ParsedBlock, parse_blocks};
pub use book::{Book, BookError, Page};
pub use coverage::coverage;
pub use lint::lint;
pub use problem::{LintError, Problem};
pub use revision::freeze;
pub use source::{SourceLink, SourceTable};
pub use sync::{Synced, read_catalogue, sync};
