//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::super::command::command_line;
use super::super::text::{clip, utc, visible};
use super::super::{
    ConformanceClass, EntryOutcome, Expected, ExpectedEntry, Report, RequirementResult, RunOutcome,
    Unexpected, Verdict,
};
use super::book::BookAddress;
use super::evidence::story;
use super::parts::{Budget, badge, inline, sign};
use super::table::{counts, table};

/// The most bytes that a page has, whatever the subject does.
pub const HTML_LIMIT: usize = 2 << 20;
/// The bytes of a page that stories and transcripts may take. The rest is bounded by the number of requirements.
const EVIDENCE: usize = 1 << 20;
/// The bytes of a page that cells and entries with free text may take.
const CELLS: usize = 512 << 10;
/// The number of stories that are not folded at first.
const OPEN: usize = 3;
/// The layout and the colours of a page.
const STYLE: &str = include_str!("style.css");
/// The page loads nothing and runs nothing, even if something in it looked like it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The report as one page of HTML, at most [`HTML_LIMIT`] bytes.
///
/// With the address of the book, the page links to the sentences of the standard; without it the page names their places and has no
/// link that leaves it.
pub fn html(report: &Report, book: Option<&BookAddress>) -> String {
    let headline = clip(&report.headline(), 500);
    let (mut budget, mut cells) = (Budget::new(EVIDENCE), Budget::new(CELLS));
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (headline) " · pwp" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(report, &headline))
                main {
                    (classes(report))
                    (broken(report, book, &mut budget))
                    @if let Some(expected) = &report.expectations { (expectations(expected, &mut cells)) }
                    section id="requirements" aria-labelledby="h-requirements" {
                        h2 id="h-requirements" { "All requirements" }
                        (table(report, book, &mut cells))
                    }
                    (run(report))
                }
            }
        }
    };
    // What is shown was made visible part by part. Nothing that comes from elsewhere is left out.
    visible(&page.into_string()).into_owned()
}

fn header(report: &Report, headline: &str) -> Markup {
    let (class, sign) = match report.outcome() {
        RunOutcome::Conformant => ("good", "✓"),
        RunOutcome::AsExpected | RunOutcome::NoClaim | RunOutcome::Interrupted => ("partial", "◐"),
        RunOutcome::NotConformant
        | RunOutcome::NotAsExpected
        | RunOutcome::SuiteFailed
        | RunOutcome::NotStarted => ("bad", "✗"),
    };
    markup! {
        header class=(class) {
            p.muted { "pwp " (report.suite.version) " · conformance report on a " (report.role) }
            h1 { span aria-hidden="true" { (sign) " " } (headline) }
            p.subject { code { (clip(&command_line(&report.subject.command), 2000)) } }
            ul.totals aria-label="requirements by verdict" {
                @for (verdict, count) in counts(report) { li { (badge(verdict)) " " b { (count) } } }
            }
        }
    }
}

fn classes(report: &Report) -> Markup {
    markup! {
        section aria-labelledby="h-classes" {
            h2 id="h-classes" { "Conformance classes" }
            ul.classes { @for class in &report.conclusion.classes { (one_class(report, class)) } }
            @for why in report.cuts_in_words() { p { "This run is no claim: " (clip(&why, 1000)) } }
        }
    }
}

fn one_class(report: &Report, class: &ConformanceClass) -> Markup {
    let verdict = report.class_verdict(class);
    markup! {
        li {
            b { (class.name) } " "
            span class={ "badge b-" (verdict.as_verdict()) } { (sign(verdict.as_verdict())) " " (verdict.in_words()) } " "
            span.muted { (class.exercised) " of " (class.of) " MUSTs exercised" }
        }
    }
}

fn broken(report: &Report, book: Option<&BookAddress>, budget: &mut Budget) -> Markup {
    let mut results: Vec<&RequirementResult> = report.violated().collect();
    // The violations that make the run fail come first.
    results.sort_by_key(|result| {
        (report.known_failure(result).is_some(), result.verdict == Verdict::Warn, result.id)
    });
    markup! {
        section aria-labelledby="h-broken" {
            h2 id="h-broken" { "What is broken" }
            @if results.is_empty() { p { "No violation was found." } }
            @for (number, result) in results.iter().enumerate() { (story(result, report.known_failure(result), number < OPEN, book, budget)) }
        }
    }
}

/// The entries of the expectations about this run, and the failures that are missing among them.
fn expectations(expected: &Expected, budget: &mut Budget) -> Markup {
    let entry = |entry: &ExpectedEntry| {
        let (kind, word) = match entry.outcome {
            EntryOutcome::Holds => ("observed", "holds"),
            EntryOutcome::Stale => ("fail", "✗ stale"),
            EntryOutcome::NoReason => ("fail", "✗ no reason"),
            EntryOutcome::Undecided => ("not-exercised", "? undecided"),
        };
        markup! {
            li {
                b { (entry.requirement) } " " (entry.verdict) " "
                span class={ "badge b-" (kind) } { (word) } " " (clip(entry.reason.trim(), 500))
                @if !entry.note.is_empty() { " " span.muted { "line " (entry.line) ": " (clip(&entry.note, 500)) } }
            }
        }
    };
    let unexpected = |new: &Unexpected| {
        markup! {
            li {
                b { (new.requirement) } " " (new.verdict) " "
                span.badge.b-fail { "✗ not expected" } " " (clip(&new.note, 500))
            }
        }
    };
    let all: Vec<Markup> =
        expected.entries.iter().map(entry).chain(expected.unexpected.iter().map(unexpected)).collect();
    let count = all.len();
    let shown: Vec<Markup> = all.into_iter().map_while(|item| budget.fit(item)).collect();
    markup! {
        section aria-labelledby="h-known" {
            h2 id="h-known" { "Known failures" }
            p { "From " code { (clip(&expected.file, 200)) } ": " (expected) "." }
            ul.known {
                @for item in &shown { (item) }
                @if shown.len() < count { li.muted { "… and " (count - shown.len()) " more" } }
            }
        }
    }
}

fn run(report: &Report) -> Markup {
    let (subject, run) = (&report.subject, &report.run);
    let features: Vec<&str> = subject.features.iter().map(|feature| feature.as_str()).collect();
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
    let first_answer = run.first_answer_us.map(|time| format!("after {:.1} ms", time as f64 / 1000.0));
    let rows = [
        ("Dialect", subject.dialect.clone()),
        ("Declared features", or_none(Some(features.join(", ")).filter(|names| !names.is_empty()))),
        ("Workload", or_none(subject.workload.as_deref().map(|name| clip(name, 200)))),
        ("Program", clip(&subject.name, 200)),
        ("SHA-256 of the program", clip(&subject.sha256, 64)),
        ("Revision of the standard", report.revision.clone()),
        (
            "Platform",
            format!("{} {}, {} cores", report.platform.os, report.platform.arch, report.platform.cores),
        ),
        ("Started", format!("{} UTC", utc(run.started_unix).replace('T', " "))),
        ("Took", format!("{:.1} s", run.took_ms as f64 / 1000.0)),
        ("Seed", run.seed.to_string()),
        (
            "Scripts",
            format!(
                "{} fixed, {} of {} generated ({} steps)",
                run.fixed_scripts, run.generated_scripts, run.generated_wanted, run.generated_steps
            ),
        ),
        ("Processes", run.processes.to_string()),
        ("First answer", or_none(first_answer)),
        ("Time limit", format!("{:.1} s", run.limit_ms as f64 / 1000.0)),
        ("Waited in vain", format!("{} full limits, {} shortened ones", run.full_waits, run.short_waits)),
        ("SHA-256 of all bytes sent", clip(&run.sent_sha256, 64)),
    ];
    markup! {
        section aria-labelledby="h-run" {
            h2 id="h-run" { "The run" }
            dl.run { @for (name, value) in &rows { div { dt { (name) } dd { (inline(value)) } } } }
        }
    }
}
