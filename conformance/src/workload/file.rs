//! The form of a workload as it stands in its file, `schema/workload/v1`, and the kinds of requests: those that a workload has, and what a
//! script asks for.

use std::collections::BTreeMap;

use pwp_spec::Features;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// The value of a workload's `schema` field.
pub const SCHEMA_ID: &str = "pwp/workload/v1";

/// A workload as it is written: nothing is read from other files, and no template is replaced. TOML leaves out what is [`None`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadFile {
    /// Always [`SCHEMA_ID`].
    pub schema: String,
    /// The name of the tool.
    pub name: String,
    /// How to start the worker, without `--persistent_worker`; used where the command line names no command.
    pub command: Option<Vec<String>>,
    /// `proto` or `json`; used where the command line does not say.
    pub dialect: Option<String>,
    /// Added to the environment of the worker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// The tool expands `@file` inside a request.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub argfile: bool,
    /// The tool can be started without `--persistent_worker`, with the arguments of a request.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub one_shot: bool,
    /// A startup flag that the worker knows, to stand behind `--persistent_worker`.
    pub startup_flag: Option<String>,
    /// What the worker declares, if the command line does not say.
    #[serde(default, skip_serializing_if = "Features::is_empty")]
    pub features: Features,
    /// Files that are there before each run.
    #[serde(default, rename = "input", skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputEntry>,
    /// The requests that the worker is given, in the order of the file.
    #[serde(default, rename = "request", skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestEntry>,
}

/// A file or a folder that is there before each run. Exactly one of `content` and `from` is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputEntry {
    /// Relative to the run's directory; without `..`.
    pub path: String,
    /// The text of the file.
    pub content: Option<String>,
    /// A file or a folder that is copied, relative to the workload's file; without `..`.
    pub from: Option<String>,
    /// It can be executed. A file that is copied and can be executed stays so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

/// One request as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestEntry {
    /// The name of the request, unique in its workload.
    pub name: String,
    /// The outcome that is expected.
    pub kind: Kind,
    /// `WorkRequest.arguments`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Paths of its inputs: of an `[[input]]`, or of a file in one that is a folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// Files that have another content for this request only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<ChangeEntry>,
    /// The exact exit code; without it 0 for `success`, `slow` and `stdin`, any other for `failure` and `crash`.
    pub exit_code: Option<i32>,
    /// Text that `output` has to contain.
    pub output: Option<String>,
    /// `output` has times or paths in it, so two runs are not compared by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub output_varies: bool,
    /// Files that are there when the response comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputEntry>,
}

/// A file that has this content for one request only; an input of that request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeEntry {
    /// That of an input, or a new one.
    pub path: String,
    /// The text of the file.
    pub content: String,
}

/// A file that a request writes, with its content as it is written or ready for use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputEntry<Content = String> {
    /// Relative to the run's directory.
    pub path: String,
    /// What stands in it; without it any content will do.
    pub content: Option<Content>,
    /// Its bytes differ from run to run, so two runs are not compared by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub varies: bool,
}

/// What to expect of a request of a workload.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// The tool ends with exit code 0.
    Success,
    /// The tool ends with another exit code than 0.
    Failure,
    /// Exit code 0 after a time in which other requests can be sent or this one cancelled.
    Slow,
    /// The tool fails from inside; a good worker answers with another exit code than 0 and a message.
    Crash,
    /// The tool reads its standard input, and finds it empty.
    Stdin,
}

impl Kind {
    /// The kinds, in the order in which they are shown.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word that stands for it in a workload, a script and the book.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What a script asks for to get it.
    pub const fn work(self) -> Work {
        match self {
            Self::Success => Work::Success,
            Self::Failure => Work::Failure,
            Self::Slow => Work::Slow,
            Self::Crash => Work::Crash,
            Self::Stdin => Work::Stdin,
        }
    }

    /// Whether exit code 0 is what is expected.
    pub const fn succeeds(self) -> bool {
        !matches!(self, Self::Failure | Self::Crash)
    }
}

/// What a script asks for: a request of a workload, or one that needs no workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A request of the workload that succeeds, or an argument that no tool knows if there is none.
    #[default]
    Any,
    /// An argument that no tool knows.
    Probe,
    /// Nothing: all fields have their defaults, apart from `request_id`.
    Nothing,
    /// A request with inputs and without arguments.
    NoArguments,
    /// A request that succeeds.
    Success,
    /// A request that fails.
    Failure,
    /// A request that takes long enough to be overtaken or cancelled.
    Slow,
    /// A request that makes the tool fail from inside.
    Crash,
    /// A request that makes the tool read its standard input.
    Stdin,
}

const fn yes() -> bool {
    true
}
