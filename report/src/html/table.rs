//! Every requirement with its verdict, to be filtered by verdict without a script.

use maud::{Markup, PreEscaped, html};

use super::super::text::{chapter, clip, first_words};
use super::super::{Report, RequirementResult, Verdict};
use super::book::{BookAddress, in_book};
use super::parts::{Budget, badge, inline};
use Verdict::{Error, Fail, Flaky, NotExercised, Observed, Pass, Unsupported, Untested, Warn};

/// The most kinds of observations that are shown of one requirement.
const OBSERVED: usize = 12;
/// The most characters of a text in a cell.
const TEXT: usize = 300;

/// All verdicts, in the order in which people look for them.
const ORDER: [Verdict; 9] = [Fail, Flaky, Error, Warn, NotExercised, Observed, Unsupported, Untested, Pass];

/// The verdicts of a report with how many there are of each.
pub(super) fn counts(report: &Report) -> Vec<(Verdict, usize)> {
    let count = |verdict| report.requirements.iter().filter(|result| result.verdict == verdict).count();
    ORDER.map(|verdict| (verdict, count(verdict))).into_iter().filter(|(_, count)| *count > 0).collect()
}

/// The filter and the table. On a narrow screen each row is a block, so the roles are written out: a browser
/// forgets them where a table is not laid out as one.
pub(super) fn table(report: &Report, book: Option<&BookAddress>, budget: &mut Budget) -> Markup {
    let counts = counts(report);
    html! {
        (PreEscaped(format!("<style>{}</style>", rules(&counts))))
        fieldset.filter {
            legend { "Show" }
            label { input type="radio" name="verdict" id="show-all" checked; " all " (report.requirements.len()) }
            @for (verdict, count) in &counts {
                label {
                    input type="radio" name="verdict" id={ "show-" (verdict) };
                    " " (verdict) " " (count)
                }
            }
        }
        table.requirements role="table" {
            thead role="rowgroup" {
                tr role="row" {
                    @for name in ["ID", "Level", "Verdict", "Requirement", "What was seen"] {
                        th scope="col" role="columnheader" { (name) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for result in &report.requirements { (row(result, book, budget)) }
            }
        }
    }
}

/// One rule for each verdict: where its button is chosen, rows of other verdicts do not show.
fn rules(counts: &[(Verdict, usize)]) -> String {
    let rule = |(verdict, _): &(Verdict, usize)| {
        format!("#requirements:has(#show-{verdict}:checked) tbody tr:not(.v-{verdict}){{display:none}}")
    };
    counts.iter().map(rule).collect()
}

fn row(result: &RequirementResult, book: Option<&BookAddress>, budget: &mut Budget) -> Markup {
    html! {
        tr role="row" id=(result.id) class={ "v-" (result.verdict) } {
            th.id scope="row" role="rowheader" {
                @if result.verdict.is_violation() { a href={ "#broken-" (result.id) } { (result.id) } } @else { (result.id) }
            }
            td.level role="cell" { (result.level) }
            td.verdict role="cell" { (badge(result.verdict)) }
            td.sentence role="cell" { (first_words(result.id, 160)) span.muted { " · " (in_book(result.id, &chapter(result.id), book)) } }
            td.seen role="cell" {
                @match budget.fit(seen(result)) {
                    Some(seen) => (seen),
                    None => p.muted { "left out to keep this page small; the JSON report has it" },
                }
            }
        }
    }
}

fn seen(result: &RequirementResult) -> Markup {
    html! {
        @if let Some(reason) = &result.reason { p { (inline(&clip(reason, TEXT))) } }
        @if !result.observed.is_empty() {
            ul.observed {
                @for (what, count) in result.observed.iter().take(OBSERVED) {
                    li { (clip(what, 200)) " " span.muted { "(" (count) ")" } }
                }
                @if result.observed.len() > OBSERVED {
                    li.muted { "… and " (result.observed.len() - OBSERVED) " more kinds" }
                }
            }
        } @else if result.violated > 0 {
            p {
                "violated " (result.violated) " of " (result.exercised) " times"
                @if let Some(violation) = result.violations.first() { ": " (clip(&violation.summary, TEXT)) }
            }
        } @else if result.exercised > 0 {
            p.muted { "exercised " (result.exercised) @if result.exercised == 1 { " time" } @else { " times" } }
        }
    }
}
