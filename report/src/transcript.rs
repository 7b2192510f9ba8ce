//! The record of a run as data, `schema/transcript/v1`.

use serde::{Deserialize, Serialize};

/// One line of a transcript.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The position of the event in its history, from 0.
    pub event: usize,
    /// Microseconds since the start of the subject.
    pub at_us: u64,
    /// The kind of event: `sent`, `received`, `stderr` and so on.
    pub kind: String,
    /// The first bytes of the event, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hex: String,
    /// The number of bytes, if the event has bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The meaning of the event, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A transcript as it is saved in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptFile {
    /// The form of the file, always `pwp/transcript/v1`.
    pub schema: String,
    /// The dialect that was spoken.
    pub dialect: String,
    /// The name of the script that was run.
    pub script: String,
    /// The events of the run. Entries that were left out are missing between two `event` numbers.
    pub entries: Vec<Entry>,
}

impl TranscriptFile {
    /// A file with these entries, of the run of a script in a dialect.
    pub fn new(dialect: &str, script: &str, entries: Vec<Entry>) -> Self {
        Self { schema: "pwp/transcript/v1".into(), dialect: dialect.into(), script: script.into(), entries }
    }
}
