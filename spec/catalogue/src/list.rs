//! `pwp list`: the catalogue, filtered, one requirement a line or as JSON.

use super::{Catalogue, Dialect, Evidence, Feature, Level, Requirement, Role};

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
    /// Aligned columns, one requirement a line.
    Human,
    /// The schema of `requirements.json`, with the requirements that are shown.
    Json,
}

/// The text of `pwp list`. Ends with a newline; for people its last line counts what is shown.
pub fn list(catalogue: &Catalogue, evidence: &Evidence, filter: &ListFilter, format: ListFormat) -> String {
    let shown = catalogue.iter().filter(|requirement| filter.admits(requirement, evidence));
    match format {
        ListFormat::Human => table(catalogue, evidence, &shown.collect::<Vec<_>>(), filter.untested),
        ListFormat::Json => Catalogue::new(catalogue.revision(), shown.cloned()).to_json(),
    }
}

fn table(catalogue: &Catalogue, evidence: &Evidence, shown: &[&Requirement], untested: bool) -> String {
    let is_tested = |requirement: &Requirement| !evidence.checks_of(requirement.id).is_empty();
    let mut rows = Vec::new();
    let mut widths = [0; 6];
    for requirement in shown {
        let (cells, text) = row(requirement, is_tested(requirement), untested);
        for (width, cell) in widths.iter_mut().zip(&cells) {
            *width = cell.chars().count().max(*width);
        }
        rows.push((cells, text));
    }
    let mut out = String::new();
    for (cells, text) in rows {
        // A column in which nothing stands takes no room.
        for (cell, width) in cells.iter().zip(widths).filter(|(_, width)| *width > 0) {
            out.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(&text);
        out.push('\n');
    }
    let tested = shown.iter().filter(|requirement| is_tested(requirement)).count();
    out + &format!(
        "{} of {} requirements, {tested} tested, revision {}\n",
        shown.len(),
        catalogue.len(),
        catalogue.revision()
    )
}

/// ID, level, status, whether a check exercises it, dialects and what it depends on; and the sentence (or, among the
/// untested, why it is not tested).
fn row(requirement: &Requirement, is_tested: bool, untested: bool) -> ([String; 6], String) {
    let dialects = requirement.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>().join(",");
    let workload = requirement.workload.as_ref().map(ToString::to_string);
    let mut needs = vec![requirement.condition.to_string(), workload.unwrap_or_default()];
    needs.retain(|need| !need.is_empty());
    let tested = if is_tested { "" } else { "untested" };
    let text = match &requirement.untested {
        Some(reason) if untested => &format!("not tested: {reason}"),
        _ => &requirement.text,
    };
    let cells = [
        requirement.id.to_string(),
        requirement.level.to_string(),
        requirement.status.in_block().to_owned(),
        tested.to_owned(),
        dialects,
        needs.join(", "),
    ];
    (cells, text.split_whitespace().collect::<Vec<_>>().join(" "))
}
