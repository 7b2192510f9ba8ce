//! The form of a workload.

use serde::{Deserialize, Serialize};

use crate::history::ExpectedOutcome;
use crate::requirement::Features;
use crate::script::Work;

/// The value of a workload's `schema` field.
pub const SCHEMA_ID: &str = "pwp/workload/v1";

/// Real requests of a real tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Always [`SCHEMA_ID`].
    pub schema: String,
    /// The tool.
    pub name: String,
    /// A startup flag that the worker knows, to stand behind `--persistent_worker`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup_flag: Option<String>,
    /// What the worker declares, if the command line does not say.
    #[serde(default)]
    pub features: Features,
    /// Files that are there before each run.
    #[serde(default, rename = "input")]
    pub inputs: Vec<InputFile>,
    /// The requests.
    #[serde(default, rename = "request")]
    pub requests: Vec<Item>,
}

/// A file that is there before each run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// Relative to the run's directory; without `..`.
    pub path: String,
    /// What stands in it.
    pub content: String,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Unique in its workload.
    pub name: String,
    /// What to expect.
    pub kind: Kind,
    /// `WorkRequest.arguments`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Paths of its inputs, each an `[[input]]` of the workload.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// The exact exit code; without it 0 for `success`, `slow` and `stdin`, any other for `failure` and `crash`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Text that `output` has to contain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Files that are there when the response comes.
    #[serde(default)]
    pub outputs: Vec<OutputFile>,
}

/// A file that a request writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputFile {
    /// Relative to the run's directory.
    pub path: String,
    /// What stands in it; without it any content will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What to expect of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Exit code 0.
    Success,
    /// Another exit code.
    Failure,
    /// Exit code 0 after a time in which other requests can be sent or this one cancelled.
    Slow,
    /// The tool fails from inside; a good worker answers with another exit code than 0 and a message.
    Crash,
    /// The tool reads its standard input, and finds it empty.
    Stdin,
}

impl Kind {
    /// What a script asks for to get it.
    pub fn work(self) -> Work {
        match self {
            Self::Success => Work::Success,
            Self::Failure => Work::Failure,
            Self::Slow => Work::Slow,
            Self::Crash => Work::Crash,
            Self::Stdin => Work::Stdin,
        }
    }
}

impl Workload {
    /// A workload without requests, for a worker of which nothing is known.
    pub fn unknown() -> Self {
        Self {
            schema: SCHEMA_ID.into(),
            name: "no workload".into(),
            startup_flag: None,
            features: Features::new(),
            inputs: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// The request that a script means; [`None`] if there is none of that kind.
    pub fn pick(&self, work: Work, index: usize) -> Option<&Item> {
        let wanted = if work == Work::Any { Work::Success } else { work };
        let items: Vec<&Item> = self.requests.iter().filter(|item| item.kind.work() == wanted).collect();
        (!items.is_empty()).then(|| items[index % items.len()])
    }

    /// Whether it has a request of the kind that a script means.
    pub fn has(&self, work: Work) -> bool {
        self.requests.iter().any(|item| item.kind.work() == work)
    }
}

impl Item {
    /// What the oracle is told of it.
    pub fn expected(&self, argfile: bool) -> ExpectedOutcome {
        ExpectedOutcome {
            name: self.name.clone(),
            succeeds: Some(!matches!(self.kind, Kind::Failure | Kind::Crash)),
            exit_code: self.exit_code,
            output: self.output.clone(),
            slow: self.kind == Kind::Slow,
            crashes: self.kind == Kind::Crash,
            reads_stdin: self.kind == Kind::Stdin,
            argfile,
        }
    }
}
