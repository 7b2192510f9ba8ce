//! What the evidence pages are made from: what is built in, and the saved reports of real systems.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Deserialize;

use crate::SourceTable;
use pwp::builtin::{self, Check, Fault};
use pwp_report::{Report, Verdict};
use pwp_spec::{Evidence, RequirementId};

/// Where the reports are, relative to the root; beside them, what each system is.
const REPORTS: &str = "tests/interop/reports";
const TARGETS: &str = "tests/interop/targets";

/// Where the results are, relative to the root. `tests/interop/matrix/run --save` writes them.
const RESULTS: &str = "tests/interop/matrix/results.json";

/// Everything that the pages show, beside the requirements themselves.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The checks, in the order in which the suite runs them.
    pub checks: Vec<Check>,
    /// The faults of the reference implementations, in the order of `pwp faults`.
    pub faults: Vec<Fault>,
    /// The saved reports, by name.
    pub reports: Vec<SavedReport>,
    /// Which build tool drives which worker.
    pub together: Together,
    /// The addresses of the sources.
    pub sources: SourceTable,
}

impl Material {
    /// The checks and faults that are built in, without anything from the repository.
    pub fn built_in() -> Self {
        Self { checks: builtin::checks(), faults: builtin::faults(), ..Self::default() }
    }

    /// The checks and faults that are built in, and the reports and sources under `root`.
    ///
    /// # Errors
    /// If a file under `root` is not what its place says.
    pub fn read(root: &Path) -> Result<Self> {
        Ok(Self {
            reports: read_reports(root)?,
            together: read_pairs(root)?,
            sources: SourceTable::read(root)?,
            ..Self::built_in()
        })
    }

    /// The checks and faults by requirement.
    pub fn evidence(&self) -> Evidence {
        builtin::evidence(&self.checks, &self.faults)
    }
}

/// The saved report of a real system.
#[derive(Debug, Clone)]
pub struct SavedReport {
    /// The name of the file without its ending: what the page calls the system.
    pub name: String,
    /// What the system is, and its version; from the first words of its target.
    pub what: String,
    /// The report itself.
    pub report: Report,
}

impl SavedReport {
    /// The verdict on one requirement, if the report has one.
    pub fn verdict(&self, id: RequirementId) -> Option<Verdict> {
        self.report.result(id).map(|result| result.verdict)
    }

    /// Why a failure is known, if somebody has written it down.
    pub fn reason(&self, id: RequirementId) -> Option<&str> {
        let entries = &self.report.expectations.as_ref()?.entries;
        entries.iter().find(|entry| entry.requirement == id).map(|entry| entry.reason.as_str())
    }
}

/// The results of all build tools with all workers.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Together {
    /// How many actions each worker was given by each build tool.
    pub actions: u64,
    /// What came of each pair, build tool by build tool.
    pub cells: Vec<Pair>,
}

/// What came of a build tool with a worker.
#[derive(Debug, Clone, Deserialize)]
pub struct Pair {
    /// The name of the build tool.
    pub client: String,
    /// The name of the worker.
    pub worker: String,
    /// The outcome of the actions.
    pub state: PairState,
    /// `multiplex` or `singleplex`; empty where nothing was tried.
    #[serde(default)]
    pub mode: String,
    /// How many actions came out right.
    #[serde(default)]
    pub done: u64,
    /// What was seen, or why it can't be.
    #[serde(default)]
    pub note: String,
}

/// Three honest states, and the one between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PairState {
    /// All actions came out right.
    Works,
    /// At least one did not.
    Fails,
    /// A race: some runs work.
    AtTimes,
    /// The build tool has no way to speak with this worker.
    Cannot,
}

/// The error of a file or folder that cannot be read or written, with the way out.
pub(super) fn unusable(file: &str) -> impl Fn(std::io::Error) -> anyhow::Error {
    move |source| anyhow!("cannot use {file}: {source}; run the command in the root of the pwp repository")
}

/// The reports under `root`, sorted by name; none if there is no such folder.
fn read_reports(root: &Path) -> Result<Vec<SavedReport>> {
    let folder = root.join(REPORTS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut reports = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unusable(REPORTS))? {
        let name = entry.map_err(unusable(REPORTS))?.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
        let file = format!("{REPORTS}/{name}.json");
        let text = fs::read_to_string(root.join(&file)).map_err(unusable(&file))?;
        let remedy = "save it anew with `tests/interop/run --save`, or remove it";
        let report = serde_json::from_str(&text)
            .map_err(|source| anyhow!("{file} is no report: {source}; {remedy}"))?;
        reports.push(SavedReport { name: name.to_owned(), what: what(root, name), report });
    }
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(reports)
}

/// The first sentence of a target's comment: `# @bazel/worker 5.8.1 from npm, …: proto, one request at a time.`
fn what(root: &Path, name: &str) -> String {
    let text = fs::read_to_string(root.join(format!("{TARGETS}/{name}.sh"))).unwrap_or_default();
    let mut comment = text.lines().filter_map(|line| line.strip_prefix("# "));
    let about = comment.find(|line| !line.starts_with("shellcheck ")).unwrap_or_default();
    about.split(": ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The results under `root`; none if there is no such file.
fn read_pairs(root: &Path) -> Result<Together> {
    let path = root.join(RESULTS);
    if !path.is_file() {
        return Ok(Together::default());
    }
    let text = fs::read_to_string(path).map_err(unusable(RESULTS))?;
    let remedy = "save it anew with `tests/interop/matrix/run --save`";
    serde_json::from_str(&text).map_err(|source| anyhow!("{RESULTS} has another form: {source}; {remedy}"))
}
