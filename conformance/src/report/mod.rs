//! What comes out of a run: the report, and the reporters that show the one stream of events.
//!
//! - [`Report`] and its parts: what a dashboard reads, `schema/report/v1` (`model`)
//! - [`Expected`]: the part of it about known failures (`expected`)
//! - [`story`]: one violation as text: what was seen, the bytes, the sentence, the remedy (`story`)
//! - [`Human`]: progress and verdict on a terminal (`human`)
//! - `known`: what is said about known failures
//! - [`junit`], [`html`] as text, [`ToFile`] as a file: for build servers and browsers (`junit`, `html/`, `file`)
//! - [`Github`]: annotations and a step's summary in a GitHub workflow (`github`)
//! - [`save`]: the report, transcripts and scripts as files (`save`)

mod expected;
mod file;
mod github;
mod html;
mod human;
mod junit;
mod known;
mod model;
mod save;
mod story;
mod text;

pub use expected::{EntryOutcome, Expected, ExpectedEntry, Unexpected};
pub use file::{FirstError, ToFile};
pub use github::Github;
pub use html::{BookAddress, HTML_LIMIT, NoBookAddress, html};
pub use human::Human;
pub use junit::junit;
pub use model::{
    Class, Conclusion, Confirmed, CutShort, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID,
    SubjectInfo, Suite, Verdict, ViolationReport,
};
pub use save::{SaveError, can_save_report, can_save_transcripts, save_report, save_transcripts, to_json};
pub use story::story;
pub use text::utc;
pub(crate) use text::{clip, decode_hex, visible};
