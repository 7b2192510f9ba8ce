//! The form of a script, and what a script needs that a workload does not have.

use std::collections::BTreeSet;
use std::sync::Arc;

use pwp_proto::Framing;
use serde::{Deserialize, Serialize};

use crate::history::{Mode, Signal, StartupFlag};
use crate::report::FileName;
use crate::workload::{Kind, Work, Workload};
use pwp_spec::{Features, RequirementId};

/// The value of a script's `schema` field.
pub const SCHEMA_ID: &str = "pwp/script/v1";

/// What the suite does in one run, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// Always [`SCHEMA_ID`].
    pub schema: String,
    /// Unique among the fixed scripts; in kebab-case. A script is saved under it.
    pub name: FileName,
    /// What is sent, in a sentence.
    pub about: String,
    /// The dialects it can be run in: `proto`, `json`.
    pub dialects: Vec<String>,
    /// What the subject has to be for it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub needs: Needs,
    /// The requirements that it was made to exercise. It is judged against all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exercises: Vec<RequirementId>,
    /// What is done. The subject's stdin is closed at the end if it still runs.
    pub steps: Vec<Step>,
}

/// What a subject has to be for a script to make sense.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Needs {
    /// Features that it declares, all of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub features: Features,
    /// Features of which it declares at least one.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub any_feature: Features,
    /// Features that it does not declare.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub without: Features,
    /// Kinds of requests that its workload has.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub workload: BTreeSet<Work>,
    /// Its workload names a startup flag.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub startup_flag: bool,
}

/// One thing for which a script can't be run with a workload, as the workload has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Missing {
    /// It has no request of a kind.
    #[error("no `{}` request", .0.as_str())]
    Requests(Kind),
    /// It names no startup flag.
    #[error("no `startup_flag`")]
    StartupFlag,
    /// By its word the tool can't be started for one piece of work.
    #[error("one_shot = false")]
    OneShot,
    /// By its word the tool does not expand `@file` inside a request.
    #[error("argfile = false")]
    Argfile,
}

impl Missing {
    /// Why what the scripts would show is not exercised, with what to do about it.
    pub fn reason(self) -> String {
        match self {
            Self::Requests(kind) => {
                format!("needs a workload with a `{}` request (--workload FILE)", kind.as_str())
            }
            Self::StartupFlag => "needs a workload with a `startup_flag` (--workload FILE)".into(),
            Self::OneShot => {
                "left out: the workload says that the tool has no one-shot mode (one_shot)".into()
            }
            Self::Argfile => {
                "left out: the workload says that the tool expands no argfile in a request (argfile)".into()
            }
        }
    }
}

/// One thing that the suite does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Starts the subject; only as the first step. Without it, it is started as a worker.
    Start(StartStep),
    /// Writes requests and cancels to stdin.
    Send(Send),
    /// Writes bytes to stdin that need not be a request.
    Raw(Raw),
    /// Waits until something is there, for one time limit at most.
    Await(Await),
    /// Sends nothing for this many milliseconds, and takes what comes.
    Quiet(u64),
    /// Closes stdin of the process.
    CloseStdin,
    /// Sends a signal to the process.
    Signal(Signal),
}

impl Step {
    /// Sends these messages in one write.
    pub fn send(messages: impl Into<Vec<Message>>) -> Self {
        Self::Send(Send { messages: messages.into(), split: Split::Whole })
    }

    /// The messages that it sends.
    pub fn messages(&self) -> &[Message] {
        if let Self::Send(send) = self { &send.messages } else { &[] }
    }

    /// Those of them that are no cancels.
    pub fn requests(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages().iter().filter(|message| message.cancel.is_none())
    }
}

/// How the subject is started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StartStep {
    /// Whether the subject is started with `--persistent_worker`.
    pub mode: Mode,
    /// A further flag behind `--persistent_worker`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<StartupFlag>,
    /// In one-shot mode: the request of the workload whose arguments are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// In one-shot mode: the same, by the name of the request; it stands before `work`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// In one-shot mode: the arguments stand in an argfile.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub argfile: bool,
    /// The subject can write only below its working directory; needs a system with Landlock.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confined: bool,
}

/// A write of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Send {
    /// What is sent; several messages go out in one write.
    pub messages: Vec<Message>,
    /// How the bytes are cut into writes. The next one waits until the subject has read the last.
    #[serde(default, skip_serializing_if = "is_default")]
    pub split: Split,
}

/// How bytes are cut into writes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// All bytes go out in one write.
    #[default]
    Whole,
    /// Each byte by itself; at most 64 bytes, the rest as one.
    Bytes,
    /// Cut at these offsets; negative ones count from the end. Those beyond it begin anew.
    At(Vec<i64>),
}

/// A request or a cancel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Message {
    /// `request_id`.
    #[serde(skip_serializing_if = "is_default")]
    pub id: i32,
    /// A cancel instead of work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Cancel>,
    /// What the request asks for.
    #[serde(skip_serializing_if = "is_default")]
    pub work: Work,
    /// Which request of that kind, counted round the workload.
    #[serde(skip_serializing_if = "is_default")]
    pub index: usize,
    /// A request of the workload by its name; it stands before `work` and `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// `verbosity`.
    #[serde(skip_serializing_if = "is_default")]
    pub verbosity: i32,
    /// What the digests of the inputs look like.
    #[serde(skip_serializing_if = "is_default")]
    pub digest: Digest,
    /// Adds an input with a name outside ASCII.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub non_ascii: bool,
    /// Leaves the arguments in a file: `@path`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub argfile: bool,
    /// A `sandbox_dir` with this number, made anew with the inputs of the request, and removed behind its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<u32>,
    /// Takes away the inputs of all other requests, and with `sandbox` those in the working directory.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_inputs: bool,
    /// Adds inputs until the message has this many bytes (`proto`: without its length prefix).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// The form in which the message is encoded.
    #[serde(skip_serializing_if = "is_default")]
    pub encoding: Encoding,
}

/// What else stands in a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cancel {
    /// Only `request_id` and `cancel`.
    Plain,
    /// Arguments and inputs as well.
    WithFields,
}

/// The form of the digests of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Digest {
    /// The 64 lower-case hex digits of the SHA-256, as Bazel sends them.
    #[default]
    Hex,
    /// The digest has no bytes.
    Empty,
    /// Bytes that are no text.
    Binary,
    /// More bytes than any digest has.
    Long,
}

/// How a message is written. Each is valid; a client may choose any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Encoding {
    /// Fields with default values are written.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub explicit_defaults: bool,
    /// `proto`: fields in descending order.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reversed_fields: bool,
    /// Fields or keys that the protocol does not know.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown_fields: bool,
    /// `json`: line ends and spaces between the tokens.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pretty: bool,
    /// `json`: nothing behind the closing brace.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_newline: bool,
    /// `json`: every character of every string as `\uXXXX`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub escape_all: bool,
    /// `json`: the escapes of Gson, as Bazel writes them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub html_safe: bool,
}

/// Bytes that need not be a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Raw {
    /// The bytes for the dialect `proto`, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proto: String,
    /// The bytes for the dialect `json`, as text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub json: String,
}

impl Raw {
    /// The bytes for a framing; `None` if its hex is odd or not hex.
    pub fn bytes(&self, framing: Framing) -> Option<Vec<u8>> {
        match framing {
            Framing::Json => Some(self.json.clone().into_bytes()),
            Framing::Proto => hex::decode(self.proto.replace(|c: char| c.is_ascii_whitespace(), "")).ok(),
        }
    }
}

/// What a script waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Await {
    /// Answers to all open requests.
    Responses,
    /// The end of the process.
    Exit,
    /// As long as slow work takes, and half as long again.
    SlowWork,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Script {
    /// Whether it can be run in `dialect` against a subject with these features.
    pub fn fits(&self, dialect: Framing, features: &Features) -> bool {
        self.dialects.iter().any(|name| name == dialect.as_str())
            && self.needs.features.is_subset(features)
            && (self.needs.any_feature.is_empty() || !self.needs.any_feature.is_disjoint(features))
            && self.needs.without.is_disjoint(features)
    }

    /// How the subject is started.
    pub fn start(&self) -> StartStep {
        match self.steps.first() {
            Some(Step::Start(start)) => start.clone(),
            _ => StartStep::default(),
        }
    }

    /// Bytes of the largest write that it asks for by a size.
    pub(crate) fn largest(&self) -> usize {
        let sizes = |step: &Step| step.messages().iter().filter_map(|message| message.size).sum();
        self.steps.iter().map(sizes).max().unwrap_or(0)
    }

    /// The requests of a workload that it names.
    pub fn request_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|step| {
            let started = if let Step::Start(start) = step { start.request.as_deref() } else { None };
            let sent = step.messages().iter().filter_map(|message| message.request.as_deref());
            started.into_iter().chain(sent)
        })
    }

    /// The script without most of what a run that ended after `steps` steps did not come to, which can bring a symptom by another cause.
    /// It goes on to the second wait, as when an end is noticed is a matter of microseconds.
    pub(crate) fn as_far_as(self: &Arc<Self>, steps: usize) -> Arc<Self> {
        let waits = (steps.saturating_sub(1)..).zip(self.steps.iter().skip(steps.saturating_sub(1)));
        let mut waits = waits.filter(|(_, step)| matches!(step, Step::Await(_)));
        match waits.nth(1) {
            Some((last, _)) if last + 1 < self.steps.len() => {
                Arc::new(Self { steps: self.steps[..=last].to_vec(), ..Self::clone(self) })
            }
            _ => Arc::clone(self),
        }
    }

    /// What this script needs that a workload does not have; empty if it can be run with the workload.
    pub fn missing_in(&self, workload: &Workload) -> BTreeSet<Missing> {
        let kinds = Kind::ALL.iter().filter(|kind| self.needs.workload.contains(&kind.work()));
        let mut missing: BTreeSet<Missing> =
            kinds.filter(|kind| !workload.has(kind.work())).copied().map(Missing::Requests).collect();
        if self.needs.startup_flag && workload.startup_flag.is_none() {
            missing.insert(Missing::StartupFlag);
        }
        if !workload.one_shot && self.start().mode == Mode::OneShot {
            missing.insert(Missing::OneShot);
        }
        if !workload.argfile && self.steps.iter().flat_map(Step::messages).any(|message| message.argfile) {
            missing.insert(Missing::Argfile);
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_why_a_script_cannot_be_run_says_what_to_do() {
        let requests = Kind::ALL.iter().copied().map(Missing::Requests);
        let all = requests.chain([Missing::StartupFlag, Missing::OneShot, Missing::Argfile]);
        let lines: Vec<String> = all.map(|missing| format!("{missing}: {}", missing.reason())).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
