//! The summary of a step, in Markdown.

use std::fmt::Write as _;

use super::super::command::command_line;
use super::super::story::{remarks, story};
use super::super::text::{clip, first_words};
use super::super::{ClassVerdict, Report, RequirementResult, RunOutcome};
use super::escape::{block, inline};

/// The most bytes that one run adds. GitHub refuses a step's summary above 1 MiB, and other commands of
/// the step may add to it, too.
const LIMIT: usize = 900 << 10;
/// The most characters of one story.
const STORY: usize = 12_000;

/// The page about a run.
pub(super) fn page(report: &Report, headline: &str) -> String {
    let conclusion = &report.conclusion;
    let mark = match report.outcome() {
        RunOutcome::Conformant => "✅",
        RunOutcome::AsExpected | RunOutcome::NoClaim | RunOutcome::Interrupted => "⚠️",
        RunOutcome::NotConformant
        | RunOutcome::NotAsExpected
        | RunOutcome::SuiteFailed
        | RunOutcome::NotStarted => "❌",
    };
    let mut page = format!("## {mark} {}\n\n", inline(&clip(headline, 1000)));
    let _ = writeln!(page, "{}", inline(&clip(&command_line(&report.subject.command), 1000)));
    for why in report.cuts_in_words() {
        let _ = writeln!(page, "\nNo claim: {}", inline(&clip(&why, 1000)));
    }
    let _ = writeln!(page, "\n| class | verdict | MUSTs exercised |\n|---|---|---|");
    for class in &conclusion.classes {
        let verdict = report.class_verdict(class);
        let mark = match verdict {
            ClassVerdict::Conformant => "✅",
            ClassVerdict::NotExercised | ClassVerdict::NoClaim => "⚠️",
            ClassVerdict::NotConformant => "❌",
        };
        let (name, verdict) = (inline(&class.name), verdict.in_words());
        let _ = writeln!(page, "| {name} | {mark} {verdict} | {} of {} |", class.exercised, class.of);
    }
    let totals = inline(&report.totals_in_words());
    let _ = writeln!(page, "\n{} requirements: {totals}", report.requirements.len());

    let broken: Vec<&RequirementResult> = report.violated().collect();
    if !broken.is_empty() {
        let _ = writeln!(page, "\n| requirement | verdict | seen | remedy |\n|---|---|---|---|");
        for result in &broken {
            let first = result.violations.first();
            let _ = writeln!(
                page,
                "| {} {} | {} | {} | {} |",
                result.id,
                inline(&first_words(result.id, 90)),
                result.verdict,
                inline(&clip(first.map_or("", |violation| &violation.summary), 300)),
                inline(&match report.known_failure(result) {
                    Some(entry) => clip(&format!("known failure: {}", entry.reason.trim()), 600),
                    None => clip(first.map_or("", |violation| &violation.remedy), 600),
                }),
            );
        }
    }
    let told = report.expectations.as_ref().map(remarks).unwrap_or_default();
    if !told.is_empty() {
        let _ = write!(page, "\n{}", block(&clip(&told, STORY)));
    }
    let new: Vec<&RequirementResult> =
        broken.iter().copied().filter(|result| report.known_failure(result).is_none()).collect();
    stories(&mut page, &new);
    page.push('\n');
    page
}

/// The evidence, as far as there is room for it.
fn stories(page: &mut String, broken: &[&RequirementResult]) {
    for (number, result) in broken.iter().enumerate() {
        let told = block(&clip(&story(result, false), STORY));
        let verdict = result.verdict;
        let details = format!(
            "\n<details><summary>{} {verdict}: the evidence</summary>\n\n{told}\n</details>\n",
            result.id
        );
        if page.len() + details.len() > LIMIT {
            let _ = writeln!(
                page,
                "\nThe evidence of {} more is left out: see the report.",
                broken.len() - number
            );
            return;
        }
        page.push_str(&details);
    }
}
