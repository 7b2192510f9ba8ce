//! The report: what a dashboard reads, `schema/report/v1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::client::Case;
use crate::history::Entry;
use crate::script::Script;
use pwp_spec::{Feature, Level, RequirementId, Status};

use super::Expected;

/// The value of a report's `schema` field.
pub const SCHEMA_ID: &str = "pwp/report/v1";

/// What came of a run of the suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA_ID`].
    pub schema: String,
    /// The suite that ran.
    pub suite: Suite,
    /// The revision of the standard that was judged by, for example `2026-12-draft`.
    pub revision: String,
    /// Who was judged: `worker` or `client`.
    pub role: String,
    /// What was under test.
    pub subject: SubjectInfo,
    /// Where it ran.
    pub platform: Platform,
    /// How it ran.
    pub run: RunInfo,
    /// All in one.
    pub conclusion: Conclusion,
    /// How many requirements have which verdict.
    pub totals: BTreeMap<String, u32>,
    /// Every requirement of the role, by ID.
    pub requirements: Vec<RequirementResult>,
    /// What was expected, if known failures were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Expected>,
}

/// The suite that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// `pwp`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was under test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectInfo {
    /// The command, without `--persistent_worker`.
    pub command: Vec<String>,
    /// The name of the program's file.
    pub name: String,
    /// SHA-256 of the program's file, in hex; empty if it can't be read.
    pub sha256: String,
    /// The wire form.
    pub dialect: String,
    /// What it declares.
    pub features: Vec<Feature>,
    /// The name of the workload, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
}

/// Where it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `x86_64`.
    pub arch: String,
    /// Processors that could be used.
    pub cores: u32,
}

/// How it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// When it began, in seconds since 1970.
    pub started_unix: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The seed of the generated scripts.
    pub seed: u64,
    /// Fixed scripts that were run.
    pub fixed_scripts: u32,
    /// Generated scripts that were run.
    pub generated_scripts: u32,
    /// Generated scripts that were asked for; more than were run if the time budget ended first.
    pub generated_wanted: u32,
    /// Steps of the generated scripts that were carried out.
    pub generated_steps: u64,
    /// Processes that were started, those for shrinking and confirming included.
    pub processes: u32,
    /// SHA-256 over all bytes that the fixed and generated scripts sent, in their order, in hex.
    pub sent_sha256: String,
    /// Microseconds from the start of the subject to its first answer, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_answer_us: Option<u64>,
    /// The time limit that followed from it, in milliseconds.
    pub limit_ms: u64,
    /// How often a full limit passed without what was waited for.
    pub full_waits: u32,
    /// How often a shortened limit passed.
    pub short_waits: u32,
    /// Why the run ended before all that was selected had been run, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<CutShort>,
}

/// Why a run ended before all that was selected had been run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutShort {
    /// The subject answered nothing.
    NoAnswer,
    /// The subject was waited for in vain too long.
    Waiting,
    /// The time for generated scripts was over.
    Budget,
}

/// All in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// No MUST of the claimed classes is broken, and none that could be exercised was left out.
    pub conformant: bool,
    /// For example `conformant: worker (proto), multiplex, revision 2026-12-draft`.
    pub headline: String,
    /// The run was cut by a filter, the budget or an interrupt, so it is no claim.
    pub partial: bool,
    /// The classes that are claimed, each with its own verdict.
    pub classes: Vec<Class>,
}

/// A conformance class: the requirements that a claim covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// For example `worker (proto)` or `multiplex`.
    pub name: String,
    /// No MUST in it is broken.
    pub conformant: bool,
    /// Its requirements of level MUST that were exercised.
    pub exercised: u32,
    /// All of its requirements of level MUST that apply.
    pub of: u32,
}

/// The verdict on one requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequirementResult {
    /// Its ID.
    pub id: RequirementId,
    /// Its level.
    pub level: Level,
    /// How settled it is.
    pub status: Status,
    /// The verdict.
    pub verdict: Verdict,
    /// How often it was exercised: upheld, observed or violated.
    pub exercised: u64,
    /// Why it was not exercised, or is not supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For OBSERVED: what happened, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed: BTreeMap<String, u64>,
    /// How often it was violated, before shrinking.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub violated: u64,
    /// The evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ViolationReport>,
}

/// The verdict on one requirement. Verdicts never merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Exercised and never violated.
    Pass,
    /// A MUST was broken.
    Fail,
    /// A SHOULD was broken.
    Warn,
    /// The standard is silent; what happens was recorded.
    Observed,
    /// A feature that it needs is not declared, or it is of another dialect.
    Unsupported,
    /// It could have been exercised and was not.
    NotExercised,
    /// The standard says why it can't be observed.
    Untested,
    /// Violated in some repetitions only.
    Flaky,
    /// The suite failed.
    Error,
}

impl Verdict {
    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Observed => "observed",
            Self::Unsupported => "unsupported",
            Self::NotExercised => "not-exercised",
            Self::Untested => "untested",
            Self::Flaky => "flaky",
            Self::Error => "error",
        }
    }
}

/// The evidence of a violation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViolationReport {
    /// What was seen, in one sentence.
    pub summary: String,
    /// The bytes that show it, in hex, at most 512.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hex: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The name of the script in which it was found.
    pub found_in: String,
    /// The smallest script that shows it, for a worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// The case that shows it, for a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Case>,
    /// In how many repetitions of that script it showed.
    pub confirmed: Confirmed,
    /// It was recognised as an expected failure: this run did not look for a smaller script, and did not repeat it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
    /// The command that shows it again.
    pub reproduce: String,
    /// Positions in the transcript of the events that show it.
    pub events: Vec<usize>,
    /// The record of the smallest script's run.
    pub transcript: Vec<Entry>,
    /// The last lines on stderr of that run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

impl ViolationReport {
    /// The name of the script or case that shows it.
    pub fn name(&self) -> &str {
        match (&self.script, &self.case) {
            (Some(script), _) => &script.name,
            (None, Some(case)) => &case.name,
            (None, None) => &self.found_in,
        }
    }

    /// What shows it: `script` or `case`.
    pub fn unit(&self) -> &'static str {
        if self.case.is_some() { "case" } else { "script" }
    }
}

/// k of N.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Repetitions in which it showed.
    pub shown: u32,
    /// All repetitions.
    pub of: u32,
}

impl RequirementResult {
    /// Whether this keeps the run from being conformant: a broken MUST, one that the run should have got to, or a
    /// failure of the suite.
    pub fn counts_against(&self) -> bool {
        match self.verdict {
            Verdict::Error => true,
            Verdict::Fail | Verdict::Flaky => self.level == Level::Must,
            Verdict::NotExercised => {
                let why = self.reason.as_deref().unwrap_or_default();
                // What was left out on purpose is no claim, but no violation either.
                self.level == Level::Must
                    && !why.starts_with("needs a workload")
                    && !why.starts_with("left out")
            }
            _ => false,
        }
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Report {
    /// The result for one requirement.
    pub fn result(&self, id: RequirementId) -> Option<&RequirementResult> {
        self.requirements.iter().find(|result| result.id == id)
    }

    /// The requirements that were found violated, whatever their level.
    pub fn violated(&self) -> impl Iterator<Item = &RequirementResult> {
        self.requirements
            .iter()
            .filter(|result| matches!(result.verdict, Verdict::Fail | Verdict::Warn | Verdict::Flaky))
    }
}
