//! How a probe is to behave: the form, and reading it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::read_text;
use crate::malformed;
use crate::report::{FileName, quoted};
use crate::workload::normal;

pub(crate) const SCENARIO_SCHEMA: &str = "pwp/scenario/v1";

/// Largest scenario file that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Most bytes that one step writes, and how many times as much one may hold in memory: a number that is too large must not end the
/// probe by itself.
const MADE: u64 = 256 << 20;
const HELD: u64 = 64;

/// How the processes of one probe behave. What no rule is about is done well. The default has no schema and no dialect yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub(crate) schema: String,
    /// The wire form of the answers: `proto` or `json`.
    #[serde(default = "proto")]
    pub(crate) dialect: String,
    /// What is done at the start of a process, before anything is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) on_start: Vec<StartRule>,
    /// What is done for requests. The first rule that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rules: Vec<Rule>,
    /// What is done where it is started for one action; without it, the action.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) one_shot: Vec<Step>,
    /// What is done at the end of standard input.
    #[serde(default)]
    pub(crate) on_eof: Ending,
    /// What is done at SIGTERM.
    #[serde(default)]
    pub(crate) on_term: Ending,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pause: Option<Pause>,
    /// Write down which files are below the directory of each request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) list_files: bool,
}

fn proto() -> String {
    "proto".into()
}

/// What the process with this number does at its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRule {
    /// Which process, from 1 in the order of their starts; any without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<u32>,
    /// What to do. `answer` and what else is about a request means one with id 0.
    #[serde(rename = "do")]
    pub(crate) steps: Vec<Step>,
}

/// What is done for certain requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Which process, from 1 in the order of their starts; any without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<u32>,
    /// Which of its requests that are no cancel, from 1; any without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<u32>,
    /// The name of the action, as `--name=` says it; any without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What to do, one after the other. Requests are served side by side.
    #[serde(rename = "do")]
    pub(crate) steps: Vec<Step>,
}

/// One thing that a probe does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Writes the outputs that the request names.
    Work,
    /// Writes the first half of each output.
    HalfWork,
    Answer(Answer),
    /// Writes text to standard output, as a stray `print` does.
    Text(Text),
    /// Writes bytes to standard output, in hex.
    Hex(String),
    /// Writes text to standard error.
    Stderr(Text),
    Exit(i32),
    /// Ends by SIGKILL.
    Crash,
    /// Closes standard output and lives on.
    CloseStdout,
    Wait(Until),
    /// Notes that this point is reached: waits and drivers can look for the name, which is that of a file.
    Mark(FileName),
    /// Writes a file, relative to the directory of the request, that nobody declared.
    Leave(String),
    /// Opens a file, relative to the working directory, and writes down whether it is there. `{tool}` is the folder of the tool.
    Open(String),
    /// Writes down whether the outputs that it wrote for the request are still there, as they were.
    Check,
    /// Starts a child process that ignores SIGTERM and holds the probe's standard output open.
    Child,
    /// Takes so many bytes of memory, and keeps them.
    Memory(u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    /// The text. `{name}` is the name of the action, `{process}` the number of the process.
    pub(crate) text: String,
    /// How often it is written.
    #[serde(default = "once")]
    pub(crate) times: u32,
}

fn once() -> u32 {
    1
}

/// A response. The default is the right one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) id: AnswerId,
    pub(crate) exit_code: i32,
    /// Its `output`. `{name}` is the name of the action, `{process}` the number of the process.
    pub(crate) output: String,
    /// So many further bytes in `output`.
    pub(crate) padding: u32,
    pub(crate) was_cancelled: bool,
    /// Fields that no standard knows are added.
    pub(crate) unknown_fields: bool,
    /// json: no newline behind it.
    pub(crate) no_newline: bool,
    /// Only so many of its bytes are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<usize>,
    /// So many of its first bytes are left out: the rest of a response that was cut.
    pub(crate) skip: usize,
}

/// The `request_id` of a response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AnswerId {
    /// That of the request.
    #[default]
    Own,
    /// That of the request, and this added.
    Off(i32),
    /// This one.
    Exactly(i32),
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Until {
    /// Somebody has set this mark.
    Mark(FileName),
    /// So many milliseconds have passed.
    Ms(u64),
    /// So many requests of this process are open.
    Open(usize),
    /// So many requests of all processes have been begun.
    Begun(usize),
    /// A cancel request for this request has come.
    Cancel,
    /// The end of standard input has come.
    Eof,
    /// Nothing: for ever.
    Forever,
}

/// What a process does when it is asked to end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
    /// It ends at once.
    #[default]
    Exit,
    /// It does not care.
    Ignore,
    /// It tidies up for so many milliseconds, notes that this is done, and ends.
    Tidy(u64),
}

/// Stop reading standard input behind so many bytes, until a mark is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pause {
    /// Which process; any without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<u32>,
    /// So many bytes are read before.
    pub(crate) after_bytes: usize,
    /// What is done then, before the reading goes on.
    #[serde(rename = "do")]
    pub(crate) steps: Vec<Step>,
}

impl Scenario {
    /// Each step that may be done.
    fn all_steps(&self) -> impl Iterator<Item = &Step> {
        let of_starts = self.on_start.iter().flat_map(|rule| &rule.steps);
        let of_requests = self.rules.iter().flat_map(|rule| &rule.steps);
        let of_pause = self.pause.iter().flat_map(|pause| &pause.steps);
        of_starts.chain(of_requests).chain(of_pause).chain(&self.one_shot)
    }

    /// What to do for a request.
    pub(super) fn steps(&self, process: u32, request: u32, name: &str) -> Vec<Step> {
        let fits = |rule: &&Rule| {
            rule.process.is_none_or(|number| number == process)
                && rule.request.is_none_or(|number| number == request)
                && rule.name.as_deref().is_none_or(|wanted| wanted == name)
        };
        let well = || vec![Step::Work, Step::Answer(Answer::default())];
        self.rules.iter().find(fits).map_or_else(well, |rule| rule.steps.clone())
    }
}

/// Why a probe did not begin: the file, what is wrong with it, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProbeError(pub(super) String);

/// Reads a scenario file.
///
/// # Errors
/// Where the file can't be read or is no valid scenario.
pub(super) fn load(path: &Path) -> Result<Scenario, ProbeError> {
    let failed = |problem: String| {
        let remedy = "give the path of a file as schema/scenario/v1 describes it";
        ProbeError(format!("can't read scenario {}: {problem}; {remedy}", path.display()))
    };
    let text = read_text(path, LIMIT).map_err(|error| failed(error.to_string()))?;
    parse(&path.to_string_lossy(), &text)
}

/// Reads a scenario from its text. `name` is for the errors.
///
/// # Errors
/// Where it is no valid scenario.
pub fn parse(name: &str, text: &str) -> Result<Scenario, ProbeError> {
    let scenario: Scenario = serde_json::from_str(text).map_err(|error| {
        let problem = malformed::json(&error);
        ProbeError(format!("{name} is no scenario: {problem}; the form is described in schema/scenario/v1"))
    })?;
    let unknown = |what: &str, found: &str, known: &str| {
        Err(ProbeError(format!("{name} has {what} {}; this version of pwp knows {known}", quoted(found, 60))))
    };
    if scenario.schema != SCENARIO_SCHEMA {
        return unknown("schema", &scenario.schema, "\"pwp/scenario/v1\"");
    }
    if scenario.dialect.parse::<pwp_proto::Framing>().is_err() {
        return unknown("dialect", &scenario.dialect, "proto and json");
    }
    let problem = scenario.all_steps().find_map(|step| check(step).err());
    problem.map_or(Ok(scenario), |problem| Err(ProbeError(format!("{name}: {problem}"))))
}

/// What the form of a step alone does not say: where it writes, and how much.
fn check(step: &Step) -> Result<(), String> {
    let made = match step {
        Step::Leave(path) => return normal(path).map(drop).map_err(|problem| format!("`leave`: {problem}")),
        Step::Text(text) | Step::Stderr(text) => (text.text.len() as u64).saturating_mul(text.times.into()),
        Step::Answer(answer) => answer.padding.into(),
        Step::Memory(bytes) => *bytes / HELD,
        _ => 0,
    };
    if made <= MADE {
        return Ok(());
    }
    Err(format!(
        "a step makes more than {} MiB, or takes more than {} GiB; write a smaller number",
        MADE >> 20,
        (MADE * HELD) >> 30
    ))
}
