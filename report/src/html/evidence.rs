//! The story of one broken requirement.

use maud::{Markup, html};

use pwp_spec::Catalogue;

use super::super::text::{clip, first_words};
use super::super::{ExpectedEntry, ReplayFile, RequirementResult, ViolationReport};
use super::book::{BookAddress, in_book};
use super::parts::{Budget, badge, dump, prose};
use super::timeline::timeline;

/// The most characters that are shown of a text that the subject has a hand in.
const TEXT: usize = 1000;
/// The most characters that are shown of a command.
const COMMAND: usize = 4000;
/// The most characters that are shown of stderr.
const STDERR: usize = 4096;

/// A section that can be folded, and is not at first if it is `open`. An entry of the expectations that holds is named above the
/// evidence.
pub(super) fn story(
    result: &RequirementResult,
    known: Option<&ExpectedEntry>,
    open: bool,
    book: Option<&BookAddress>,
    budget: &mut Budget,
) -> Markup {
    html! {
        details.story id={ "broken-" (result.id) } open[open] {
            summary {
                (badge(result.verdict)) " "
                h3 { (result.id) " · " (result.level) " · " (first_words(result.id, 110)) }
            }
            @if let Some(entry) = known { p.known { b { "As expected: " } (clip(entry.reason.trim(), TEXT)) } }
            @for violation in &result.violations {
                @match budget.fit(told(result, violation, book)) {
                    Some(story) => {
                        (story)
                        @match budget.fit(run(result, violation)) {
                            Some(run) => (run),
                            None => p.muted {
                                "The transcript, of " (violation.transcript.len()) " events, is left out to keep this page small. "
                                "The JSON report has it."
                            },
                        }
                    },
                    None => p.muted { "The evidence is left out to keep this page small. The JSON report has it." },
                }
            }
        }
    }
}

fn told(result: &RequirementResult, violation: &ViolationReport, book: Option<&BookAddress>) -> Markup {
    let bytes = hex::decode(&violation.hex).unwrap_or_default();
    let confirmed = violation.confirmed;
    html! {
        dl.told {
            dt { "Seen" }
            dd { p.seen { (clip(&violation.summary, TEXT)) } }
            @if !bytes.is_empty() {
                dt { "Bytes" }
                dd { (dump(&bytes, 512, bytes.len() as u64)) }
            }
            @if let Some(requirement) = Catalogue::standard().get(result.id) {
                dt { "Standard" }
                dd {
                    blockquote { (prose(&requirement.text)) }
                    // Its place in the book, as `spec/build` makes it.
                    p.muted { "In the standard: " (in_book(result.id, &requirement.chapter.page(), book)) }
                }
                dt { "Why" }
                dd { (prose(&requirement.why)) }
                @if let Some(clients) = requirement.clients.as_deref().filter(|clients| !clients.is_empty()) {
                    dt { "What clients do" }
                    dd { (prose(clients)) }
                }
            }
            @if !violation.remedy.is_empty() {
                dt { "Remedy" }
                dd { (prose(&clip(&violation.remedy, 4 * TEXT))) }
            }
            dt { "Found" }
            dd {
                p {
                    @if result.violated == 1 { "Once" } @else { (result.violated) " times" }
                    ", first in " (violation.unit()) " " code { (clip(&violation.found_in, 200)) } ". "
                    @match violation.script.as_ref().and_then(ReplayFile::steps) {
                        _ if violation.expected => {
                            "This is an expected failure, and was not investigated: it was not repeated, and no smaller script "
                            "was looked for. It showed in "
                        }
                        Some(steps) => {
                            "The smallest script, of " (steps) @if steps == 1 { " step" } @else { " steps" } ", showed it in "
                        }
                        None => { "The " (violation.unit()) " showed it in " }
                    }
                    (confirmed.shown) " of " (confirmed.of) " runs."
                }
            }
            dt { "Show it again" }
            dd {
                @if violation.name() != violation.found_in {
                    p { "Save the script with " code { "--transcripts DIR" } ", then, in that folder:" }
                }
                // One click selects all of it.
                pre.command tabindex="0" role="group" aria-label="command" { (clip(&violation.reproduce, COMMAND)) }
            }
        }
    }
}

fn run(result: &RequirementResult, violation: &ViolationReport) -> Markup {
    html! {
        @if !violation.transcript.is_empty() {
            h4 { "The run of the smallest script" span.hidden { " for " (result.id) } }
            (timeline(violation))
        }
        @if !violation.stderr.trim().is_empty() {
            h4 { "Last lines on stderr" span.hidden { " for " (result.id) } }
            pre.stderr tabindex="0" role="group" aria-label="stderr" { (clip(violation.stderr.trim_end(), STDERR)) }
        }
    }
}
