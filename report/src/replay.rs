//! What a report carries as evidence: the script or case, and the record of its run as data, `schema/transcript/v1`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// A script or a case as a report carries it: JSON that readers of reports pass on and do not parse.
///
/// A member that a later version adds to scripts must not cost an older reader the whole report. So only the commands that run
/// a script or case again take it apart, with [`ReplayFile::parse`].
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct ReplayFile(Box<RawValue>);

/// The members of a script or case that a form of the report shows.
#[derive(Deserialize)]
struct Outline {
    name: Option<String>,
    steps: Option<Vec<serde::de::IgnoredAny>>,
}

impl ReplayFile {
    /// A script or case for a report; `null` in place of a value that has no JSON form.
    pub fn new(value: &impl Serialize) -> Self {
        Self(serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The name of the script or case, if it has one.
    pub fn name(&self) -> Option<String> {
        self.parse::<Outline>().ok()?.name
    }

    /// The number of steps of a script.
    pub fn steps(&self) -> Option<usize> {
        Some(self.parse::<Outline>().ok()?.steps?.len())
    }

    /// The script or case itself.
    ///
    /// # Errors
    /// Fails where it is not of the form that this version knows.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.0.get())
    }
}

impl Serialize for ReplayFile {
    /// Writes the members in their order, indented like the rest of the report.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_transcode::transcode(&mut serde_json::Deserializer::from_str(self.0.get()), serializer)
    }
}

impl PartialEq for ReplayFile {
    /// Whether both are the same JSON, however it is laid out.
    fn eq(&self, other: &Self) -> bool {
        let value = |file: &Self| file.parse::<serde_json::Value>().ok();
        value(self) == value(other)
    }
}

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
