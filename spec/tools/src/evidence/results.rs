//! Results of real systems: who obeys what today, and which build tool drives which worker.

use std::collections::BTreeSet;

use super::cell::{anchor, list, plain, sentence, table};
use super::{Material, Pair, PairState, SavedReport, Together};
use pwp_report::Verdict;
use pwp_spec::{Catalogue, Feature, RequirementId, Role};

const VERDICTS: &str = "\n## The verdicts\n\nA dash: the feature is not declared, or the sentence is about another dialect. No word: the revision had no such \
                        requirement. *Not exercised*: it could have been tried and was not. *Untested*: the sentence has no check.\n";

pub(super) fn today(requirements: &Catalogue, material: &Material) -> String {
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
    out += &failures(requirements, reports);
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
fn failures(requirements: &Catalogue, reports: &[SavedReport]) -> String {
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

/// Which build tool drives which worker: real ones on both sides, five actions each.
pub(super) fn together(all: &Together) -> String {
    let out = format!(
        "# Which build tool drives which worker\n\nReal build tools with real workers that nobody here wrote; [who obeys what today](today.md) says what each \
         of them is. Each worker was given {} actions by each build tool: all but one at once, then one more with a changed source, by the same process. A pair *works* if \
         all of them came out right: outputs with the right content, the same bytes with each build tool, and the worker's messages shown. It *cannot* if the build \
         tool has no way to speak with that worker. \"In turn\" says that the worker got one request at a time, \"at once\" that it got them side by side.\n\n",
        all.actions
    );
    if all.cells.is_empty() {
        return out + "No result is saved yet.\n";
    }
    let clients = distinct(all, |pair| &pair.client);
    let head = ["worker".to_owned()].into_iter().chain(clients.iter().map(|client| plain(client)));
    let rows = distinct(all, |pair| &pair.worker).into_iter().map(|worker| {
        let cells = clients.iter().map(|client| {
            let pair = all.cells.iter().find(|pair| pair.client == *client && pair.worker == worker);
            pair.map(|pair| outcome(pair, all.actions)).unwrap_or_default()
        });
        [plain(worker)].into_iter().chain(cells).collect()
    });
    out + &table(head.collect(), rows) + &obstacles(all)
}

/// The different names of clients or of workers, in the order of the results.
fn distinct(all: &Together, name: impl Fn(&Pair) -> &str) -> Vec<&str> {
    let mut names = Vec::new();
    for pair in &all.cells {
        if !names.contains(&name(pair)) {
            names.push(name(pair));
        }
    }
    names
}

fn outcome(pair: &Pair, actions: u64) -> String {
    let why = || format!("[why](#{}-{})", pair.client, pair.worker);
    match pair.state {
        PairState::Works if pair.mode == "multiplex" => "works, at once".to_owned(),
        PairState::Works => "works, in turn".to_owned(),
        PairState::AtTimes => format!("**fails at times** {}", why()),
        PairState::Fails => format!("**fails**, {} of {actions} right {}", pair.done, why()),
        PairState::Cannot => format!("cannot {}", why()),
    }
}

/// What was seen where it does not work.
fn obstacles(all: &Together) -> String {
    let mut out = String::new();
    for pair in all.cells.iter().filter(|pair| pair.state != PairState::Works) {
        if out.is_empty() {
            out += "\n## What was seen where it does not work\n\n";
        }
        let mark = anchor(format_args!("{}-{}", pair.client, pair.worker));
        out +=
            &format!("- {mark}{} with {}: {}\n", plain(&pair.client), plain(&pair.worker), plain(&pair.note));
    }
    out
}
