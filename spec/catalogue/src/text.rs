//! The texts of `pwp explain` (everything that is known about one requirement) and `pwp list` (the catalogue, filtered).

use super::{Catalogue, Dialect, Evidence, Feature, Level, Requirement, Role, WorkloadNeed};

/// The columns of an explanation: narrow enough to read, wide enough for a terminal of 100.
const WIDTH: usize = 96;

/// The text of `pwp explain`: the sentence, what it applies to, why, what happens when it is broken, how to repair
/// that, its sources, and the checks and faults behind it. Ends with a newline.
pub fn explain(requirement: &Requirement, evidence: &Evidence) -> String {
    let mut out = headline(requirement);
    out.push('\n');
    out.push_str(&wrap(&requirement.text));
    let untested = requirement.untested.as_deref();
    let checks = evidence.checks.of(requirement.id);
    let faults = evidence.faults.of(requirement.id);
    let sections = [
        ("Why", Some(sentence(&requirement.why))),
        ("When it is broken", requirement.clients.as_deref().map(sentence)),
        ("Remedy", requirement.remedy.as_deref().map(sentence)),
        ("Sources", Some(requirement.sources.join("\n"))),
        ("Checks", Some(names(checks, untested.map_or("none yet", |_| "none, see below")))),
        ("Not tested because", untested.map(sentence)),
        ("Faults that break it", requirement.level.is_judged().then(|| names(faults, "none"))),
        ("In the book", Some(format!("{}\n{}", requirement.chapter, requirement.chapter.page()))),
    ];
    for (title, text) in sections {
        if let Some(text) = text {
            out.push_str(&format!("\n{title}\n{}", wrap(&text)));
        }
    }
    out
}

/// `W-031 · MUST · worker · proto, json · since 1.0`: the block's first line, with the role spelled out.
fn headline(requirement: &Requirement) -> String {
    let mut parts = vec![
        requirement.id.to_string(),
        requirement.level.to_string(),
        requirement.id.role().to_string(),
        dialects(requirement, ", "),
        requirement.condition.to_string(),
        requirement.workload.as_ref().map(workload).unwrap_or_default(),
        format!("since {}", requirement.since),
        requirement.status.in_block().to_owned(),
    ];
    parts.retain(|part| !part.is_empty());
    parts.join(" · ") + "\n"
}

fn dialects(requirement: &Requirement, joint: &str) -> String {
    requirement.dialects.iter().map(|dialect| dialect.as_str()).collect::<Vec<_>>().join(joint)
}

fn workload(need: &WorkloadNeed) -> String {
    match need {
        WorkloadNeed::Any => "needs a workload".to_owned(),
        WorkloadNeed::Kind(kind) => format!("needs a workload ({kind})"),
    }
}

/// In the book a field goes on after its name in lower case; under a title it begins a sentence.
fn sentence(field: &str) -> String {
    let mut chars = field.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn names(names: &[String], none: &str) -> String {
    if names.is_empty() { none.to_owned() } else { names.join(", ") }
}

/// Breaks `text` at spaces into indented lines of at most [`WIDTH`] characters. A newline in the text stays one; a word
/// that is longer than a line stands alone.
fn wrap(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if column > 0 && column + 1 + length > WIDTH {
                out.push('\n');
                column = 0;
            }
            let space = if column == 0 { "  " } else { " " };
            out.extend([space, word]);
            column += space.len() + length;
        }
        out.push('\n');
    }
    out
}

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
            && (!self.untested || evidence.checks.of(requirement.id).is_empty())
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
    let is_tested = |requirement: &Requirement| !evidence.checks.of(requirement.id).is_empty();
    let rows: Vec<([String; 6], String)> =
        shown.iter().map(|requirement| row(requirement, is_tested(requirement), untested)).collect();
    let width = |column: usize| rows.iter().map(|(cells, _)| cells[column].len()).max();
    let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or_default());
    let mut out = String::new();
    for (cells, text) in &rows {
        // A column in which nothing stands takes no room.
        for (cell, width) in cells.iter().zip(widths).filter(|(_, width)| *width > 0) {
            out.push_str(&format!("{cell:width$}  "));
        }
        out.extend([text.as_str(), "\n"]);
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
        dialects(requirement, ","),
        needs.join(", "),
    ];
    (cells, text.split_whitespace().collect::<Vec<_>>().join(" "))
}
