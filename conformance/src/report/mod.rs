//! What comes out of a run: the report, and the reporters that show the one stream of events.
//!
//! - [`Report`] and its parts: what a dashboard reads, `schema/report/v1` (`model`)
//! - [`Expected`]: the part of it about known failures (`expected`)
//! - [`story`]: one violation as text: what was seen, the bytes, the sentence, the remedy (`story`)
//! - [`Human`]: progress and verdict on a terminal (`human`)
//! - `known`: what is said about known failures
//! - [`save`]: the report, transcripts and scripts as files (`save`)

mod expected;
mod human;
mod known;
mod model;
mod save;
mod story;

pub use expected::{EntryOutcome, Expected, ExpectedEntry, Unexpected};
pub use human::Human;
pub use model::{
    Class, Conclusion, Confirmed, CutShort, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID,
    SubjectInfo, Suite, Verdict, ViolationReport,
};
pub use save::{SaveError, can_save_report, can_save_transcripts, save_report, save_transcripts, to_json};
pub use story::story;
