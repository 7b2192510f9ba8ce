//! The saved reports of real systems: what the pages show of each.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::MaterialError;
use pwp_spec::RequirementId;

/// Where the reports are, relative to the root; beside them, what each system is.
const REPORTS: &str = "tests/interop/reports";
const TARGETS: &str = "tests/interop/targets";

/// One report, as far as the pages need it. Members that are not named here are skipped, so that a report of a later
/// form is shown as well.
#[derive(Debug, Clone, Deserialize)]
pub struct SavedReport {
    /// The name of the file without its ending: what the page calls the system.
    #[serde(skip)]
    pub name: String,
    /// What the system is, and its version; from the first words of its target.
    #[serde(skip)]
    pub what: String,
    /// The revision of the standard that it was judged by.
    pub revision: String,
    /// What was checked: `worker`, `client` and so on.
    #[serde(default = "worker")]
    pub role: String,
    suite: Suite,
    subject: Subject,
    run: Run,
    conclusion: Conclusion,
    /// What became of each requirement, by ID.
    pub requirements: Vec<SavedResult>,
    #[serde(default)]
    expectations: Expectations,
}

fn worker() -> String {
    pwp_spec::Role::Worker.as_str().to_owned()
}

/// What became of one requirement.
#[derive(Debug, Clone, Deserialize)]
pub struct SavedResult {
    /// The ID of the requirement.
    pub id: RequirementId,
    /// The word of the verdict.
    pub verdict: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Suite {
    version: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Subject {
    dialect: String,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Run {
    started_unix: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Conclusion {
    headline: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Expectations {
    #[serde(default)]
    entries: Vec<Expectation>,
}

#[derive(Debug, Clone, Deserialize)]
struct Expectation {
    requirement: RequirementId,
    reason: String,
}

impl SavedReport {
    /// The day of the run, such as `2026-11-22`, UTC.
    pub fn date(&self) -> String {
        pwp_report::utc(self.run.started_unix).chars().take_while(|c| *c != 'T').collect()
    }

    /// The dialect and the features, as a claim writes them: `proto, multiplex`.
    pub fn claim(&self) -> String {
        [self.subject.dialect.clone()]
            .into_iter()
            .chain(self.subject.features.iter().cloned())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The version of the suite.
    pub fn suite(&self) -> &str {
        &self.suite.version
    }

    /// The conclusion in one line.
    pub fn headline(&self) -> &str {
        &self.conclusion.headline
    }

    /// The verdict on one requirement, if the report has one.
    pub fn verdict(&self, id: RequirementId) -> Option<&str> {
        self.requirements.iter().find(|result| result.id == id).map(|result| result.verdict.as_str())
    }

    /// Why a failure is known, if somebody has written it down.
    pub fn reason(&self, id: RequirementId) -> Option<&str> {
        let entry = self.expectations.entries.iter().find(|entry| entry.requirement == id);
        entry.map(|entry| entry.reason.as_str())
    }
}

/// The reports under `root`, sorted by name; none if there is no such folder.
pub(super) fn read(root: &Path) -> Result<Vec<SavedReport>, MaterialError> {
    let failed = |file: &str| {
        let file = file.to_owned();
        move |source| MaterialError::File { file, source }
    };
    let folder = root.join(REPORTS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed(REPORTS))? {
        let name = entry.map_err(failed(REPORTS))?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(".json")).map(str::to_owned));
    }
    names.sort();
    let mut reports = Vec::new();
    for name in names {
        let file = format!("{REPORTS}/{name}.json");
        let text = fs::read_to_string(root.join(&file)).map_err(failed(&file))?;
        let report: SavedReport =
            serde_json::from_str(&text).map_err(|source| MaterialError::Report { file, source })?;
        reports.push(SavedReport { what: what(root, &name), name, ..report });
    }
    Ok(reports)
}

/// The first sentence of a target's comment: `# @bazel/worker 5.8.1 from npm, …: proto, one request at a time.`
fn what(root: &Path, name: &str) -> String {
    let text = fs::read_to_string(root.join(format!("{TARGETS}/{name}.sh"))).unwrap_or_default();
    let mut comment = text.lines().filter_map(|line| line.strip_prefix("# "));
    let about = comment.find(|line| !line.starts_with("shellcheck ")).unwrap_or_default();
    about.split(": ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}
