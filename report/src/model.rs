//! The report as data: the file that dashboards read, `schema/report/v1`.
//!
//! A reader skips members that it does not know, at every level, so that a report of a later version is read as far as it is understood.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use pwp_spec::{Feature, Level, RequirementId, Status};

use super::{CutShort, Entry, EntryOutcome, Expected, ExpectedEntry, ReplayFile, Verdict};

/// The value of a report's `schema` field.
pub const SCHEMA_ID: &str = "pwp/report/v1";

/// The result of a run of the suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The form of the file, always [`SCHEMA_ID`].
    pub schema: String,
    /// The suite that ran.
    pub suite: Suite,
    /// The revision of the standard that was judged by, for example `2026-12-draft`.
    pub revision: String,
    /// The role of the subject: `worker` or `client`.
    pub role: String,
    /// The subject of the run.
    pub subject: SubjectInfo,
    /// The machine on which the suite ran.
    pub platform: Platform,
    /// The numbers of the run.
    pub run: RunInfo,
    /// All verdicts in one.
    pub conclusion: Conclusion,
    /// The number of requirements with each verdict, by its name. A verdict that none has is left out.
    pub totals: BTreeMap<String, u32>,
    /// Every requirement of the role that was selected, by ID.
    pub requirements: Vec<RequirementResult>,
    /// The run beside its known failures, if expectations were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectations: Option<Expected>,
}

/// The suite that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suite {
    /// The name of the suite, `pwp`.
    pub name: String,
    /// The version of the suite, such as `0.1.0`.
    pub version: String,
}

/// The subject of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectInfo {
    /// The command and its arguments, without `--persistent_worker`.
    pub command: Vec<String>,
    /// The name of the program's file; for a build tool, its name and version.
    pub name: String,
    /// The SHA-256 of the program's file in lower-case hex; empty if the file was not or could not be read.
    pub sha256: String,
    /// The dialect that was spoken.
    pub dialect: String,
    /// The features that the subject declares.
    pub features: Vec<Feature>,
    /// The name of the workload, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
}

/// The machine on which the suite ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, for example `linux`.
    pub os: String,
    /// The architecture of the processor, for example `x86_64`.
    pub arch: String,
    /// The number of processors that could be used.
    pub cores: u32,
}

/// The numbers of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunInfo {
    /// When the run began, in seconds since 1970.
    pub started_unix: u64,
    /// The duration of the run, in milliseconds.
    pub took_ms: u64,
    /// The seed of the generated scripts.
    pub seed: u64,
    /// The number of fixed scripts, or of cases, that were run.
    pub fixed_scripts: u32,
    /// The number of generated scripts that were run.
    pub generated_scripts: u32,
    /// The number of generated scripts that were asked for; more than were run if the time budget ended first.
    pub generated_wanted: u32,
    /// The number of steps of the generated scripts that were carried out.
    pub generated_steps: u64,
    /// The number of processes that were started, those for shrinking and confirming included.
    pub processes: u32,
    /// The SHA-256 over all bytes that the fixed and generated scripts sent, in their order, in hex.
    pub sent_sha256: String,
    /// Microseconds from the start of the subject to its first answer, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_answer_us: Option<u64>,
    /// The full time limit, in milliseconds: what took longer broke the standard.
    pub limit_ms: u64,
    /// How often a full limit passed without the event that was waited for.
    pub full_waits: u32,
    /// How often a shortened limit passed without the event that was waited for.
    pub short_waits: u32,
    /// The first reason why the run ended before all that was selected had been run, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<CutShort>,
}

impl RunInfo {
    /// The numbers of a run that begins now.
    pub fn begin() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started_unix: since.as_secs(), ..Self::default() }
    }
}

/// All verdicts in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    /// The run was one of everything and came to its end, no MUST of the claimed classes is broken, and none that could be exercised was
    /// left out.
    pub conformant: bool,
    /// The conclusion in one line, for example `conformant: worker (proto), multiplex, revision 2026-12-draft`.
    pub headline: String,
    /// The run says nothing about some of what a claim covers, so it is no claim.
    pub partial: bool,
    /// Why the run is partial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partial_because: Vec<CutShort>,
    /// The error that ended the run, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The classes that are claimed, each with its own verdict.
    pub classes: Vec<ConformanceClass>,
}

/// A conformance class: the requirements that a claim covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConformanceClass {
    /// The name of the class, for example `worker (proto)` or `multiplex`.
    pub name: String,
    /// In a run of everything, no MUST of the class is broken or was left out, and at least one was exercised if there is one.
    pub conformant: bool,
    /// The number of its requirements of level MUST that were exercised.
    pub exercised: u32,
    /// The number of its requirements of level MUST that apply.
    pub of: u32,
    /// The number of its requirements of level MUST that are broken. Reports of earlier versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<u32>,
}

/// The verdict on one requirement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequirementResult {
    /// The ID of the requirement.
    pub id: RequirementId,
    /// How strongly the requirement binds.
    pub level: Level,
    /// How settled the requirement is.
    pub status: Status,
    /// The verdict on it.
    pub verdict: Verdict,
    /// How often the requirement was exercised: upheld, observed or violated.
    pub exercised: u64,
    /// The reason why the requirement was not exercised, or does not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The observations where the standard is silent, each with the number of times.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed: BTreeMap<String, u64>,
    /// How often the requirement was violated, before shrinking.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub violated: u64,
    /// The evidence of violations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ViolationReport>,
}

/// The evidence of a violation.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ViolationReport {
    /// The symptom in one sentence.
    pub summary: String,
    /// The first 512 bytes at most of those that show the violation, in hex.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hex: String,
    /// The remedy for the author of the subject; if a driver leaves it empty, that of the standard.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// The name of the script or case in which the violation was found.
    pub found_in: String,
    /// The smallest script that shows the violation of a worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ReplayFile>,
    /// The case that shows the violation of a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<ReplayFile>,
    /// In how many repetitions of the script or case the violation showed.
    pub confirmed: Confirmed,
    /// The violation was recognised as an expected failure: this run did not look for a smaller script, and did not repeat it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub expected: bool,
    /// It was recognised as one that is expected to show only at times. A report says so by its verdict.
    #[serde(skip)]
    pub shows_at_times: bool,
    /// The command that shows the violation again.
    pub reproduce: String,
    /// The `event` numbers of the entries in `transcript` that show the violation.
    pub events: Vec<usize>,
    /// The record of the smallest script's run.
    pub transcript: Vec<Entry>,
    /// The last lines on stderr of that run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

impl ViolationReport {
    /// The script or the case that shows the violation, where there is one.
    pub fn replay(&self) -> Option<&ReplayFile> {
        self.script.as_ref().or(self.case.as_ref())
    }

    /// Whether the violation showed each time, and is not known to show only at times.
    pub const fn is_steady(&self) -> bool {
        self.confirmed.is_steady() && !self.shows_at_times
    }

    /// The name of the script or case that shows the violation.
    pub fn name(&self) -> String {
        self.replay().and_then(ReplayFile::name).unwrap_or_else(|| self.found_in.clone())
    }

    /// The kind of run that shows the violation: `script` or `case`.
    pub fn unit(&self) -> &'static str {
        if self.case.is_some() { "case" } else { "script" }
    }
}

/// In how many repetitions, of all, a violation showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confirmed {
    /// The number of repetitions in which the violation showed.
    pub shown: u32,
    /// The number of all repetitions.
    pub of: u32,
}

impl Confirmed {
    /// Whether the violation showed each time.
    pub const fn is_steady(self) -> bool {
        self.shown == self.of
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl RequirementResult {
    /// Whether the requirement keeps the run from being conformant: a broken MUST, one that the run should have got to, or a
    /// failure of the suite.
    pub fn counts_against(&self) -> bool {
        match self.verdict {
            Verdict::Error | Verdict::Fail | Verdict::Flaky => true,
            Verdict::NotExercised => {
                let why = self.reason.as_deref().unwrap_or_default();
                // A requirement that was left out on purpose is no claim, but no violation either.
                self.level == Level::Must
                    && !why.starts_with("needs a workload")
                    && !why.starts_with("left out")
            }
            _ => false,
        }
    }
}

impl Report {
    /// The result for one requirement.
    pub fn result(&self, id: RequirementId) -> Option<&RequirementResult> {
        self.requirements.iter().find(|result| result.id == id)
    }

    /// The number of requirements with each verdict, as text: `2 fail, 90 pass`.
    pub fn totals_in_words(&self) -> String {
        let totals: Vec<String> = self.totals.iter().map(|(name, count)| format!("{count} {name}")).collect();
        totals.join(", ")
    }

    /// The requirements that were found violated, whatever their level.
    pub fn violated(&self) -> impl Iterator<Item = &RequirementResult> {
        self.requirements.iter().filter(|result| result.verdict.is_violation())
    }

    /// The entry that explains why a requirement has a verdict other than `pass`, if there is one and it holds.
    pub fn known_failure(&self, result: &RequirementResult) -> Option<&ExpectedEntry> {
        let expected = self.expectations.as_ref().filter(|_| result.verdict != Verdict::Pass)?;
        expected.with(EntryOutcome::Holds).find(|entry| entry.requirement == result.id)
    }

    /// The conclusion in one line, with expectations also whether the run is as expected.
    pub fn headline(&self) -> String {
        let headline = self.conclusion_in_words();
        match &self.expectations {
            Some(expected) => format!("{headline}; {expected}"),
            None => headline,
        }
    }
}
