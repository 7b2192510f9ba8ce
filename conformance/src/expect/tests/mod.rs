//! Expectations against reports written by hand, and the text that comes of an update.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod judge;
mod report;
mod update;

use super::{Expectations, SCHEMA_ID, parse};

/// A file with these entries behind its first line.
fn file(entries: &str) -> Expectations {
    parse("known.toml", &format!("schema = {SCHEMA_ID:?}\n{entries}")).unwrap()
}
