//! Who obeys what today: the saved reports of real systems, side by side.

use super::cell::{anchor, plain, sentence};
use super::{Material, SavedReport};
use pwp_spec::{Catalogue, RequirementId, Role};

const VERDICTS: &str = "\n## The verdicts\n\nA dash: the feature is not declared, or the sentence is about another dialect. No word: the revision had no such \
                        requirement. *Not exercised*: it could have been tried and was not. *Untested*: the sentence has no check.\n";

pub(super) fn page(requirements: &Catalogue, material: &Material) -> String {
    let reports = &material.reports;
    let mut out = "# Who obeys what today\n\nReports of real systems that nobody here wrote. A verdict holds for the version, the day and \
                   the revision that its column names, and for nothing else.\n\n".to_owned();
    if reports.is_empty() {
        return out + "No report is saved yet.\n";
    }
    out += &systems(reports);
    out += VERDICTS;
    for role in Role::ALL {
        out += &matrix(*role, requirements, reports);
    }
    out += &reasons(requirements, reports);
    out
}

/// One line for each system.
fn systems(reports: &[SavedReport]) -> String {
    let mut out = "## The systems\n\n| column | system and version | dialect and features | revision | suite | date | verdict |\n|---|---|---|---|---|---|---|\n".to_owned();
    for report in reports {
        out += &format!(
            "| {}{} | {} | {} | {} | {} | {} | {} |\n",
            anchor(format_args!("system-{}", report.name)),
            plain(&report.name),
            plain(&report.what),
            plain(&report.claim()),
            plain(&report.revision),
            plain(report.suite()),
            report.date(),
            plain(report.headline().split(':').next().unwrap_or_default()),
        );
    }
    out
}

/// A row for each requirement that a report of this role says something about.
fn matrix(role: Role, requirements: &Catalogue, reports: &[SavedReport]) -> String {
    let reports: Vec<&SavedReport> = reports.iter().filter(|report| report.role == role.as_str()).collect();
    let mut ids: Vec<RequirementId> =
        reports.iter().flat_map(|report| &report.requirements).map(|result| result.id).collect();
    ids.sort();
    ids.dedup();
    if reports.is_empty() {
        return String::new();
    }
    let mut out = format!("\n### {}\n\n| requirement | level |", heading(role));
    for report in &reports {
        out += &format!(" [{}](#system-{}) |", plain(&report.name), report.name);
    }
    out += "\n|---|---|";
    out += &"---|".repeat(reports.len());
    out.push('\n');
    for id in ids {
        let level = requirements.get(id).map_or("", |requirement| requirement.level.as_str());
        out += &format!("| {}{} | {level} |", anchor(id), sentence(requirements, id));
        for report in &reports {
            let word = match report.verdict(id) {
                None => String::new(),
                Some("unsupported") => "–".to_owned(),
                Some("fail") => "**fail**".to_owned(),
                Some(verdict) => plain(&verdict.replace('-', " ")),
            };
            let known = report.reason(id).is_some();
            let mark = if known { format!(" [why](#{}-{id})", report.name) } else { String::new() };
            out += &format!(" {word}{mark} |");
        }
        out.push('\n');
    }
    out
}

const fn heading(role: Role) -> &'static str {
    match role {
        Role::Worker => "Workers",
        Role::Client => "Build tools",
        Role::Server => "Servers",
        Role::RemoteClient => "Remote build tools",
    }
}

/// What is known about the failures.
fn reasons(requirements: &Catalogue, reports: &[SavedReport]) -> String {
    let mut out = String::new();
    for report in reports {
        let known = report
            .requirements
            .iter()
            .filter_map(|result| report.reason(result.id).map(|reason| (result, reason)));
        for (at, (result, reason)) in known.enumerate() {
            if at == 0 {
                out += &format!("\n### {}\n\n", plain(&report.name));
            }
            let id = result.id;
            let mark = anchor(format_args!("{}-{id}", report.name));
            out += &format!(
                "- {mark}{}, {}: {}\n",
                sentence(requirements, id),
                plain(&result.verdict),
                plain(reason)
            );
        }
    }
    if out.is_empty() { out } else { format!("\n## Known failures, with their reasons\n{out}") }
}
