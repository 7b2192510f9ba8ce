//! Expectations against reports written by hand, and the text that comes of an update.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod judge;
mod report;
mod update;

use pwp_spec::RequirementId;

use super::{Expectations, SCHEMA_ID, parse};
use crate::report::Report;
use crate::selection::Selection;
use crate::suite::covers;

/// Whether a selection has all that is made to break a requirement.
fn selected(selection: &Selection) -> impl Fn(&Report, RequirementId) -> bool {
    move |report, id| covers(selection, report, id)
}

/// A file with these entries behind its first line.
fn file(entries: &str) -> Expectations {
    parse("known.toml", &format!("schema = {SCHEMA_ID:?}\n{entries}")).unwrap()
}
