//! A case: builds that a client is to run, and how the probe behaves meanwhile. The form, reading it, and the cases that are built in:
//! `conformance/cases/*.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

use crate::oracle::across::{Expectation, ProcessesExpected, Settings};
use crate::probe::{Scenario, Step};
use crate::report::FileName;
use crate::{embedded, malformed};
use pwp_spec::{Feature, Features, RequirementId};

pub(crate) const CASE_SCHEMA: &str = "pwp/case/v1";
/// The program of the tool and the file beside it, below the folder of a case.
pub(super) const TOOL_FILES: [&str; 2] = ["tool/probe.sh", "tool/data.txt"];

/// Builds with one client, and the behaviour of the probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub(crate) schema: String,
    /// Its name: small letters, digits and hyphens. Its files are in a folder of that name.
    pub name: FileName,
    pub(crate) about: String,
    /// The dialects that it is for; without it, both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) dialects: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) needs: BTreeSet<Need>,
    /// What it provokes.
    pub exercises: Vec<RequirementId>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) settings: Settings,
    /// The client is not used for other cases: how it ends, or what it is set to, is part of this one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) alone: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) end: End,
    /// What a client breaks that never comes to an end with this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hang: Option<RequirementId>,
    /// How the probe behaves. Its dialect is that of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scenario: Option<Scenario>,
    pub(crate) builds: Vec<Build>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) processes: Vec<ProcessesExpected>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Case {
    /// How often an input that actions share was changed before a build, from 0.
    pub(crate) fn changes(&self, shared: &str, build: usize) -> usize {
        let is = |step: &&Before| matches!(step, Before::ChangeInput(name) if name == shared);
        self.builds.iter().take(build + 1).flat_map(|build| &build.before).filter(is).count()
    }

    /// The actions of all builds, in their order.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        self.builds.iter().flat_map(|build| &build.actions)
    }

    /// Files that the probe leaves in the directory of a request, and that nobody declares.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &String> {
        let rules = self.scenario.iter().flat_map(|scenario| &scenario.rules);
        rules.flat_map(|rule| &rule.steps).filter_map(|step| match step {
            Step::Leave(path) => Some(path),
            _ => None,
        })
    }
}

/// What a client may be able to do or not, displayed as what a client lacks that has it not.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    strum::Display,
)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// Requests side by side.
    #[strum(to_string = "multiplex")]
    Multiplex,
    /// Cancel requests.
    #[strum(to_string = "cancel requests that can be provoked")]
    Cancellation,
    /// `sandbox_dir`.
    #[strum(to_string = "sandboxes with multiplex")]
    MultiplexSandboxing,
    /// `verbosity`.
    #[strum(to_string = "an option for verbosity")]
    Verbosity,
    /// Singleplex workers in a sandbox.
    #[strum(to_string = "an option for sandboxes")]
    Sandboxing,
    /// A limit for the time that a worker may be silent.
    #[strum(to_string = "a time limit for silent workers that can be set")]
    TimeLimit,
    /// A limit for each mnemonic.
    #[strum(to_string = "a limit for each mnemonic")]
    MaxInstances,
    /// A limit for open requests at one worker.
    #[strum(to_string = "a limit for requests at one worker")]
    MaxMultiplexInstances,
    /// Extra flags for each mnemonic.
    #[strum(to_string = "extra flags for a mnemonic")]
    ExtraFlags,
    /// Ends all workers at the end of a build, if told so.
    #[strum(to_string = "an option that ends workers after a build")]
    QuitAfterBuild,
    /// Keeps workers from one build to the next.
    #[strum(to_string = "workers that stay from one build to the next")]
    KeepsWorkers,
    /// Can give up one action while the build goes on.
    #[strum(to_string = "a way to give up one action of a build")]
    GiveUpOne,
    /// Cleans its outputs itself.
    #[strum(to_string = "a command that cleans outputs")]
    Clean,
    /// Tool files beside the program.
    #[strum(to_string = "tool files beside a program that this adapter could declare")]
    ToolData,
    /// A limit for the time that a worker is idle.
    #[strum(to_string = "a limit for idle workers that is short enough to wait for")]
    IdleLimit,
    /// A limit for the memory of all workers.
    #[strum(to_string = "a limit for the memory of its workers that could be set")]
    MemoryLimit,
    /// Runs an action again whose worker has failed.
    #[strum(to_string = "a second try of an action whose worker has failed")]
    Retries,
    /// Races a worker against another branch.
    #[strum(to_string = "a race of a worker against another branch that can be provoked")]
    Race,
    /// Takes actions, and changes of tools, while a build goes on.
    #[strum(to_string = "a way to change a tool while a build goes on")]
    Meanwhile,
    /// Says where the logs of its workers are.
    #[strum(to_string = "a log of each worker that it names")]
    Logs,
}

impl Need {
    /// The feature of the standard that it is, if it is one.
    pub(crate) const fn feature(self) -> Option<Feature> {
        match self {
            Self::Multiplex => Some(Feature::Multiplex),
            Self::Cancellation => Some(Feature::Cancellation),
            Self::MultiplexSandboxing => Some(Feature::MultiplexSandboxing),
            Self::Verbosity => Some(Feature::Verbosity),
            _ => None,
        }
    }
}

/// How a client ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// As its user ends it.
    #[default]
    Shutdown,
    /// By SIGKILL.
    Kill,
}

/// Actions that are wanted at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Build {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<Before>,
    /// The user interrupts it when the probe has set this mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interrupt_at: Option<FileName>,
    /// What an interrupted build breaks that does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) interrupted: Option<RequirementId>,
    /// What is to be done. No two actions of a case have the same name.
    pub(crate) actions: Vec<Action>,
}

/// Something that happens before a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Before {
    ChangeProgram,
    /// A file of the tool that lies beside its program is changed.
    ChangeToolData,
    /// The input with this name, which actions share, is changed.
    ChangeInput(FileName),
    /// The probe has set this mark.
    Wait(FileName),
    /// This mark is set, for probes that wait for it.
    Mark(FileName),
    /// The processes of the probe are killed, and are gone.
    KillWorkers,
    /// The client's own cleaning.
    Clean,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    /// Its name: a small letter, and small letters and digits.
    pub(crate) name: String,
    #[serde(default = "probe", skip_serializing_if = "is_probe")]
    pub(crate) mnemonic: String,
    /// Its command line behind the program. `{params}` is the path of its argfile, `{more}` that of another one, `{undeclared}` of one
    /// that is not among its inputs. Without it: `--release=17` and `@{params}`.
    #[serde(default = "arguments", skip_serializing_if = "is_default_arguments")]
    pub(crate) arguments: Vec<String>,
    /// Lines of its argfile behind those that name the action and its output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) lines: Vec<String>,
    /// Lines of the argfile `{more}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) more: Vec<String>,
    /// So many lines of filling in its argfile, of a hundred bytes each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(crate) filling: u32,
    /// Inputs that it shares with other actions, by name: a small letter, small letters and digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reads: Vec<String>,
    /// The dialect that it declares: `proto` or `json`. Without it, that of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dialect: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) env: BTreeMap<String, String>,
    /// What it declares beyond being a worker.
    #[serde(default, skip_serializing_if = "Features::is_empty")]
    pub(crate) features: Features,
    /// It declares to be a worker.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub(crate) worker: bool,
    /// The program is one of its tool files, and not an ordinary input.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub(crate) tool: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) missing_program: bool,
    /// What happens in its build before it is wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<Before>,
    /// The user does not want it any more when the probe has set this mark, and the build goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) give_up_at: Option<FileName>,
    /// Its worker is raced against a process for this action alone, which begins when the probe has set this mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) race_at: Option<FileName>,
    /// It also declares a directory as output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) directory: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) expect: Vec<Expectation>,
}

impl Action {
    /// Whether a placeholder such as `{params}` stands in the command line or in an argfile of the action.
    pub(crate) fn uses(&self, placeholder: &str) -> bool {
        self.arguments.iter().chain(&self.lines).chain(&self.more).any(|text| text.contains(placeholder))
    }

    /// The inputs of the action, below the folder of the case: its source, the tool, what it shares with other actions, and its argfiles.
    pub(crate) fn inputs(&self) -> Vec<String> {
        let mut inputs = vec![format!("{}.src", self.name)];
        inputs.extend(TOOL_FILES.map(str::to_owned));
        inputs.extend(self.reads.iter().map(|shared| format!("{shared}.shared")));
        if self.uses("{params}") {
            inputs.push(format!("{}.params", self.name));
        }
        if !self.more.is_empty() {
            inputs.push(format!("{}.more", self.name));
        }
        inputs
    }
}

fn probe() -> String {
    "Probe".into()
}

fn is_probe(mnemonic: &String) -> bool {
    *mnemonic == probe()
}

fn arguments() -> Vec<String> {
    vec!["--release=17".into(), "@{params}".into()]
}

fn is_default_arguments(given: &Vec<String>) -> bool {
    *given == arguments()
}

fn yes() -> bool {
    true
}

/// Why a case can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{name} is no case: {problem}; the form is described in schema/case/v1")]
pub struct CaseError {
    name: String,
    problem: String,
}

/// Reads a case from its text. `name` is for the errors.
///
/// # Errors
/// Where the text is no valid case.
pub fn parse(name: &str, text: &str) -> Result<Case, CaseError> {
    let failed = |problem: String| CaseError { name: name.to_owned(), problem };
    let case: Case = serde_json::from_str(text).map_err(|error| failed(malformed::json(&error)))?;
    if case.schema != CASE_SCHEMA {
        return Err(failed(format!("its schema is {:?} and not {CASE_SCHEMA:?}", case.schema)));
    }
    let mut names = BTreeSet::new();
    case.actions().try_for_each(|action| check(action, &mut names)).map_err(failed)?;
    Ok(case)
}

/// Checks what the form of an action does not say. `names` are those of the actions before it.
fn check<'a>(action: &'a Action, names: &mut BTreeSet<&'a str>) -> Result<(), String> {
    let is_plain =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !is_plain(&action.name) {
        return Err(format!("the action {:?} has other characters than a-z and 0-9", action.name));
    }
    if let Some(name) = action.reads.iter().find(|name| !is_plain(name)) {
        return Err(format!("the input {name:?} has other characters than a-z and 0-9"));
    }
    if let Some(name) = action.dialect.as_ref().filter(|name| name.parse::<pwp_proto::Framing>().is_err()) {
        return Err(format!("there is no dialect {name:?}; write proto or json"));
    }
    if !names.insert(&action.name) {
        return Err(format!("two actions are called {:?}", action.name));
    }
    Ok(())
}

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cases");

/// The built-in cases, in the order in which they are run.
pub fn fixed_cases() -> &'static [Case] {
    static FIXED: LazyLock<Vec<Case>> = LazyLock::new(|| {
        // Tests prove that each file parses, so none is ever left out.
        embedded::files(&FOLDER).into_iter().filter_map(|(name, text)| parse(name, text).ok()).collect()
    });
    &FIXED
}

/// The built-in cases that exercise a requirement.
pub(super) fn cases_for(id: RequirementId) -> Vec<&'static Case> {
    fixed_cases().iter().filter(|case| case.exercises.contains(&id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_parses_and_has_the_name_of_its_case() {
        for (name, text) in embedded::files(&FOLDER) {
            assert_eq!(parse(name, text).unwrap().name, name);
        }
    }
}
