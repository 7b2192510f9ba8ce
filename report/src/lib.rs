//! Conformance reports of persistent build workers: the model, how a report is put together, and the forms in which it is shown.
//!
//! Nothing here knows how a violation is found. A driver of the suite gives its counts to [`assemble`], and a program that only shows
//! reports uses this crate without the suite.
//!
//! - [`Report`] and its parts: the file that dashboards read, `schema/report/v1` (`model`, `verdict`)
//! - [`ReplayFile`]: a script or case inside a report, which readers pass on and do not parse (`replay`)
//! - [`Entry`], [`TranscriptFile`]: the record of a run, `schema/transcript/v1` (`replay`)
//! - [`Expected`]: the part of a report about known failures (`expected`)
//! - [`Symptom`], [`KnownFailure`]: by which an expected violation is recognised, so that it is not investigated again (`expected`)
//! - [`RunOutcome`]: what a run came to, the one value that every form reads (`outcome`), and why it is partial, [`CutShort`] (`cut`)
//! - [`Tallies`]: counts and evidence of each requirement (`tally`)
//! - [`assemble`]: from counts to verdicts, totals and the conclusion (`assemble`)
//! - [`SuiteEvent`], [`Reporter`]: the events of a run, and those that show them (`event`)
//! - [`Human`]: progress and verdict on a terminal (`human`, with each violation as text in `story`)
//! - [`Github`]: annotations and a step's summary in a GitHub workflow (`github`)
//! - [`junit`], [`html`] as text, [`ToFile`] as a file: for dashboards, build servers and browsers (`junit`, `html/`, `file`)
//! - [`to_json`], [`save_transcripts`]: the report as JSON, transcripts and scripts as files (`file`)
//! - [`visible`], [`visible_line`], [`visible_json`], [`clip`], [`wrapped`], [`utc`]: text that a subject wrote, made fit to be shown, and times (`text`)
//! - [`command_line`]: a command as it can be typed again (`command`)
//! - [`FileName`]: a name that becomes the name of a file (`file_name`)

mod assemble;
mod command;
mod cut;
mod event;
mod expected;
mod file;
mod file_name;
mod github;
mod html;
mod human;
mod junit;
mod model;
mod outcome;
mod replaced;
mod replay;
mod story;
mod tally;
mod text;
#[cfg(unix)]
mod unix;
mod verdict;

pub use assemble::{Gap, RunFacts, assemble, micros, millis, no_result};
pub use command::{command_line, shell_word};
pub use cut::CutShort;
pub use event::{Reporter, Silent, SuiteEvent};
pub use expected::{EntryOutcome, Expected, ExpectedEntry, KnownFailure, Symptom, Unexpected, recognise};
pub use file::{
    FirstError, SaveError, ToFile, can_save, can_save_transcripts, can_write, save_transcripts, to_json,
};
pub use file_name::{FileName, NoFileName};
pub use github::{Github, step_summary};
pub use html::{BookAddress, HTML_LIMIT, NoBookAddress, html};
pub use human::Human;
pub use junit::junit;
pub use model::{
    Conclusion, Confirmed, ConformanceClass, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID,
    SubjectInfo, Suite, ViolationReport,
};
pub use outcome::{ClassVerdict, RunOutcome};
pub use replaced::{Form, may_replace};
pub use replay::{Entry, ReplayFile, TranscriptFile};
pub use story::story;
pub use tally::{Tallies, Tally};
pub use text::{clip, quoted, utc, visible, visible_json, visible_line, wrapped};
pub use verdict::Verdict;
