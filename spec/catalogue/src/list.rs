//! `pwp list`: the catalogue, filtered, one requirement a line or as JSON.

use super::text::one_line;
use super::{Catalogue, Dialect, Evidence, Feature, Level, Requirement, Role, Status};

/// Which requirements `pwp list` shows: those that meet everything that is set.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Only those that bind this role.
    pub role: Option<Role>,
    /// Only those of this level.
    pub level: Option<Level>,
    /// Only those that apply to this dialect.
    pub dialect: Option<Dialect>,
    /// Only those whose condition names this feature.
    pub feature: Option<Feature>,
    /// Only those that no check exercises, whether or not a reason is written.
    pub untested: bool,
}

impl ListFilter {
    /// Whether `requirement` is shown.
    pub fn admits(&self, requirement: &Requirement, evidence: &Evidence) -> bool {
        self.role.is_none_or(|role| requirement.id.role() == role)
            && self.level.is_none_or(|level| requirement.level == level)
            && self.dialect.is_none_or(|dialect| requirement.dialects.contains(&dialect))
            && self.feature.is_none_or(|feature| requirement.condition.features().contains(&feature))
            && (!self.untested || evidence.checks_of(requirement.id).is_empty())
    }
}

/// How `pwp list` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFormat {
    /// Aligned columns, one requirement a line. A line is cut to this many characters if a number is given: pass the
    /// width of a terminal, and nothing for a pipe.
    Human {
        /// The number of columns; without it lines are not cut.
        width: Option<usize>,
    },
    /// The schema of `requirements.json`, with the requirements that are shown.
    Json,
}

/// The text of `pwp list`. Ends with a newline; for people its last line counts what is shown.
pub fn list(catalogue: &Catalogue, evidence: &Evidence, filter: &ListFilter, format: ListFormat) -> String {
    let shown: Vec<&Requirement> =
        catalogue.iter().filter(|requirement| filter.admits(requirement, evidence)).collect();
    match format {
        ListFormat::Human { width } => table(catalogue, evidence, &shown, filter.untested, width),
        ListFormat::Json => Catalogue::new(catalogue.revision(), shown.into_iter().cloned()).to_json(),
    }
}

fn table(
    catalogue: &Catalogue,
    evidence: &Evidence,
    shown: &[&Requirement],
    untested: bool,
    width: Option<usize>,
) -> String {
    let is_tested = |requirement: &Requirement| !evidence.checks_of(requirement.id).is_empty();
    let rows: Vec<[String; 7]> =
        shown.iter().map(|requirement| row(requirement, is_tested(requirement), untested)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in &rows {
        let [.., text] = row;
        // A column in which nothing stands takes no room.
        let cells = row.iter().zip(widths).filter(|(_, width)| *width > 0);
        let line = cells.map(|(cell, width)| format!("{cell:width$}  ")).collect::<String>();
        let text = one_line(text, width.map(|width| width.saturating_sub(line.chars().count()).max(12)));
        out.push_str(&format!("{line}{text}\n"));
    }
    let tested = shown.iter().filter(|requirement| is_tested(requirement)).count();
    out + &format!(
        "{} of {} requirements, {tested} tested, revision {}\n",
        shown.len(),
        catalogue.len(),
        catalogue.revision()
    )
}

/// ID, level, status, whether a check exercises it, dialects, what it depends on, and the sentence (or, among the untested, why
/// it is not tested).
fn row(requirement: &Requirement, is_tested: bool, untested: bool) -> [String; 7] {
    let dialects = requirement.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>().join(",");
    let needs = [
        requirement.condition.to_string(),
        requirement.workload.as_ref().map(ToString::to_string).unwrap_or_default(),
    ];
    let needs = needs.into_iter().filter(|need| !need.is_empty()).collect::<Vec<_>>().join(", ");
    let status = if requirement.status == Status::Stable { "" } else { requirement.status.as_str() };
    let tested = if is_tested { "" } else { "untested" };
    let text = match &requirement.untested {
        Some(reason) if untested => format!("not tested: {reason}"),
        _ => requirement.text.clone(),
    };
    [
        requirement.id.to_string(),
        requirement.level.to_string(),
        status.to_owned(),
        tested.to_owned(),
        dialects,
        needs,
        text,
    ]
}
