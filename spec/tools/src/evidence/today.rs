//! Who obeys what today: the saved reports of real systems, side by side.

use std::collections::BTreeSet;

use super::cell::{anchor, list, plain, sentence, table};
use super::{Material, SavedReport};
use pwp_report::Verdict;
use pwp_spec::{Catalogue, Feature, RequirementId, Role};

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
    for saved in reports {
        let report = &saved.report;
        let subject = &report.subject;
        let claim =
            [subject.dialect.clone()].into_iter().chain(subject.features.iter().map(Feature::to_string));
        let started = pwp_report::utc(report.run.started_unix);
        out += &format!(
            "| {}{} | {} | {} | {} | {} | {} | {} |\n",
            anchor(format_args!("system-{}", saved.name)),
            plain(&saved.name),
            plain(&saved.what),
            plain(&list(claim)),
            plain(&report.revision),
            plain(&report.suite.version),
            started.split('T').next().unwrap_or_default(),
            plain(report.conclusion.headline.split(':').next().unwrap_or_default()),
        );
    }
    out
}

/// A row for each requirement that a report of this role says something about.
fn matrix(role: Role, requirements: &Catalogue, reports: &[SavedReport]) -> String {
    let saved: Vec<&SavedReport> =
        reports.iter().filter(|saved| saved.report.role == role.as_str()).collect();
    if saved.is_empty() {
        return String::new();
    }
    let results = saved.iter().flat_map(|saved| &saved.report.requirements);
    let ids: BTreeSet<RequirementId> = results.map(|result| result.id).collect();
    let mut head = vec!["requirement".to_owned(), "level".to_owned()];
    head.extend(saved.iter().map(|saved| format!("[{}](#system-{})", plain(&saved.name), saved.name)));
    let rows = ids.into_iter().map(|id| {
        let level = requirements.get(id).map_or("", |requirement| requirement.level.as_str());
        let mut row = vec![anchor(id) + &sentence(requirements, id), level.to_owned()];
        row.extend(saved.iter().map(|saved| verdict(saved, id)));
        row
    });
    format!("\n### {}\n\n{}", heading(role), table(head, rows))
}

/// What one report says about one requirement.
fn verdict(saved: &SavedReport, id: RequirementId) -> String {
    let word = match saved.verdict(id) {
        None => String::new(),
        Some(Verdict::Unsupported) => "–".to_owned(),
        Some(Verdict::Fail) => "**fail**".to_owned(),
        Some(verdict) => plain(&verdict.to_string().replace('-', " ")),
    };
    let known = saved.reason(id).is_some();
    word + &if known { format!(" [why](#{}-{id})", saved.name) } else { String::new() }
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
        let results = report.report.requirements.iter();
        let known = results.filter_map(|result| report.reason(result.id).map(|reason| (result, reason)));
        for (at, (result, reason)) in known.enumerate() {
            if at == 0 {
                out += &format!("\n### {}\n\n", plain(&report.name));
            }
            let id = result.id;
            let mark = anchor(format_args!("{}-{id}", report.name));
            out += &format!(
                "- {mark}{}, {}: {}\n",
                sentence(requirements, id),
                plain(result.verdict.into()),
                plain(reason)
            );
        }
    }
    if out.is_empty() { out } else { format!("\n## Known failures, with their reasons\n{out}") }
}
