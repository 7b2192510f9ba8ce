//! The summary of a step, in Markdown.

use std::fmt::Write as _;

use super::super::known::{fine, known, remarks};
use super::super::story::story;
use super::super::text::{clip, first_words};
use super::super::{Report, RequirementResult};
use super::escape::{block, inline};

/// What one run adds at most, in bytes. GitHub refuses a step's summary above 1 MiB, and other commands of
/// the step may add to it, too.
const LIMIT: usize = 900 << 10;
/// Characters of one story.
const STORY: usize = 12_000;

/// The page.
pub(super) fn page(report: &Report, headline: &str) -> String {
    let conclusion = &report.conclusion;
    let mark = match (fine(report), conclusion.conformant && !conclusion.partial) {
        (true, true) => "✅",
        (true, false) => "⚠️",
        (false, _) => "❌",
    };
    let mut page = format!("## {mark} {}\n\n", inline(&clip(headline, 1000)));
    let _ = writeln!(page, "{}", inline(&clip(&report.subject.command.join(" "), 1000)));
    let _ = writeln!(page, "\n| class | verdict | MUSTs exercised |\n|---|---|---|");
    for class in &conclusion.classes {
        let verdict = match (class.conformant, class.exercised) {
            (true, _) => "✅ conformant",
            (false, 0) => "⚠️ not exercised",
            (false, _) => "❌ not conformant",
        };
        let _ =
            writeln!(page, "| {} | {verdict} | {} of {} |", inline(&class.name), class.exercised, class.of);
    }
    let totals: Vec<String> = report.totals.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let _ = writeln!(page, "\n{} requirements: {}", report.requirements.len(), inline(&totals.join(", ")));

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
                result.verdict.as_str(),
                inline(&clip(first.map_or("", |violation| &violation.summary), 300)),
                inline(&match known(report, result) {
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
        broken.iter().copied().filter(|result| known(report, result).is_none()).collect();
    stories(&mut page, &new);
    page.push('\n');
    page
}

/// The evidence, as far as there is room for it.
fn stories(page: &mut String, broken: &[&RequirementResult]) {
    for (number, result) in broken.iter().enumerate() {
        let told = block(&clip(&story(result, false), STORY));
        let verdict = result.verdict.as_str();
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
