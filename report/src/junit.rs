//! JUnit XML, for build servers that show test results.
//!
//! The form is the one for which the xUnit plugin of Jenkins publishes a schema, and which other servers read, too. Nothing is written
//! that this schema does not know, so that validating readers accept the file; therefore the root has no `skipped`, and a test case
//! has no properties.
//!
//! # Why not quick-junit
//!
//! The crate quick-junit (0.8.0, looked at in 2026-11) is the writer of nextest, and was tried in place of this file:
//!
//! - The plugin's schema refuses every file of it, because its root always has `skipped`.
//! - It deletes the characters that XML does not allow. A report has to show them, so this file writes them out, see [`visible`].
//! - It keeps U+FFFF, with which a document is not well-formed, and characters that turn the direction of text around.
//! - It leaves newlines in attributes, where a reader makes spaces of them, and deletes tabs.
//! - Its elements for reruns do not fit: a requirement that is flaky failed, and a script has no place of its own among the cases.
//! - It brings 12 crates, chrono among them, and 160 KiB of program in place of about 90 lines that this file has for the form itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::command::command_line;
use super::story::story;
use super::text::{chapter, clip, first_words, utc, visible};
use super::{
    ClassVerdict, ConformanceClass, EntryOutcome, Expected, ExpectedEntry, Report, RequirementResult,
    RunOutcome, Verdict,
};

/// The most characters of one text in a message.
const MESSAGE: usize = 1000;
/// The most kinds of observations that are named.
const OBSERVED: usize = 20;
/// The type of a case that is skipped because it is known to fail.
const KNOWN: &str = "known-failure";
/// The most characters of one story.
const STORY: usize = 8_000;

/// The report as JUnit XML: a suite for each chapter of the standard with a case for each requirement, and one
/// for the conformance classes.
///
/// | verdict | test case |
/// |---|---|
/// | `fail`, `flaky` | failure of that type, with the story |
/// | `error` | error |
/// | `unsupported`, `not-exercised`, `untested` | skipped, with the reason |
/// | `warn`, `observed` | passed, with the story or the observations as its output |
///
/// A known failure that holds is skipped, too: it must not turn a run red in which all is as expected, and it is no
/// pass. The entries of the expectations are a suite of their own, in which those that no longer hold fail.
///
/// Each suite has the verdicts that are no plain `pass` among its properties, with the IDs.
pub fn junit(report: &Report) -> String {
    let mut suites = vec![classes(report)];
    suites.extend(report.expectations.as_ref().map(|expected| expectations(report, expected)));
    let mut chapters: BTreeMap<String, Vec<&RequirementResult>> = BTreeMap::new();
    for result in &report.requirements {
        chapters.entry(chapter(result.id)).or_default().push(result);
    }
    suites.extend(chapters.iter().map(|(name, results)| requirements(report, name, results)));

    let total = |tag| suites.iter().map(|suite| suite.count(tag)).sum::<usize>().to_string();
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let attributes = [
        ("name", format!("pwp {}", report.role)),
        ("time", format!("{:.3}", report.run.took_ms as f64 / 1000.0)),
        ("tests", tests.to_string()),
        ("failures", total("failure")),
        ("errors", total("error")),
    ];
    tag(&mut xml, "<testsuites", &attributes, ">\n");
    for suite in &suites {
        suite.write(&mut xml, utc(report.run.started_unix));
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// The element of a test case that did not plainly pass.
struct Outcome {
    /// The name of the element: `failure`, `error` or `skipped`.
    tag: &'static str,
    kind: &'static str,
    message: String,
    body: String,
}

impl Outcome {
    fn new(tag: &'static str, kind: &'static str, message: &str) -> Option<Self> {
        Some(Self { tag, kind, message: message.to_owned(), body: String::new() })
    }
}

struct TestCase {
    name: String,
    /// `None` for a case that passed.
    outcome: Option<Outcome>,
    output: Option<String>,
}

struct TestSuite {
    name: String,
    properties: Vec<(String, String)>,
    cases: Vec<TestCase>,
}

impl TestSuite {
    /// The number of cases with an outcome of this tag.
    fn count(&self, tag: &str) -> usize {
        self.cases
            .iter()
            .filter(|case| case.outcome.as_ref().is_some_and(|outcome| outcome.tag == tag))
            .count()
    }

    fn write(&self, xml: &mut String, timestamp: String) {
        let attributes = [
            ("name", self.name.clone()),
            ("tests", self.cases.len().to_string()),
            ("failures", self.count("failure").to_string()),
            ("errors", self.count("error").to_string()),
            ("skipped", self.count("skipped").to_string()),
            ("timestamp", timestamp),
        ];
        tag(xml, "  <testsuite", &attributes, ">\n    <properties>\n");
        for (name, value) in &self.properties {
            tag(xml, "      <property", &[("name", name), ("value", value)], "/>\n");
        }
        xml.push_str("    </properties>\n");
        for case in &self.cases {
            case.write(xml, &self.name);
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl TestCase {
    fn write(&self, xml: &mut String, class: &str) {
        let is_empty = self.outcome.is_none() && self.output.is_none();
        let end = if is_empty { "/>\n" } else { ">\n" };
        tag(xml, "    <testcase", &[("name", self.name.as_str()), ("classname", class)], end);
        if let Some(Outcome { tag: name, kind, message, body }) = &self.outcome {
            let attributes = [("type", *kind), ("message", message.as_str())];
            let end =
                if body.is_empty() { "/>\n".to_owned() } else { format!(">{}</{name}>\n", escape(body)) };
            tag(xml, &format!("      <{name}"), &attributes, &end);
        }
        if let Some(output) = &self.output {
            let _ = writeln!(xml, "      <system-out>{}</system-out>", escape(output));
        }
        if !is_empty {
            xml.push_str("    </testcase>\n");
        }
    }
}

/// Writes a tag with its attributes.
fn tag(xml: &mut String, start: &str, attributes: &[(&str, impl AsRef<str>)], end: &str) {
    xml.push_str(start);
    for (name, value) in attributes {
        // A reader makes spaces of plain newlines and tabs in a value.
        let value = escape(value.as_ref()).replace('\n', "&#10;").replace('\t', "&#9;");
        let _ = write!(xml, " {name}=\"{value}\"");
    }
    xml.push_str(end);
}

fn escape(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The classes of the claim, and the verdict on the run. A run that makes no claim has a case that is an error, so that it is not green, even
/// if nothing else is red.
fn classes(report: &Report) -> TestSuite {
    let mut cases: Vec<TestCase> = report.conclusion.classes.iter().map(|one| class(report, one)).collect();
    let headline = clip(&report.headline(), MESSAGE);
    let cuts = report.cuts_in_words();
    let is_partial = !cuts.is_empty();
    let why: Vec<String> = std::iter::once(headline.clone()).chain(cuts).collect();
    let message = clip(&why.join("; "), MESSAGE);
    let outcome = match report.outcome() {
        RunOutcome::Conformant => None,
        RunOutcome::AsExpected if is_partial => Outcome::new("skipped", "partial", &message),
        RunOutcome::AsExpected => Outcome::new("skipped", KNOWN, &message),
        RunOutcome::NotAsExpected if report.standing() != RunOutcome::NotConformant => {
            Outcome::new("failure", "expectations", &message)
        }
        RunOutcome::NotAsExpected | RunOutcome::NotConformant => {
            Outcome::new("failure", "not-conformant", &message)
        }
        RunOutcome::NoClaim if is_partial => Outcome::new("error", "partial", &message),
        RunOutcome::NoClaim => Outcome::new("error", "incomplete", &message),
        RunOutcome::Interrupted => Outcome::new("error", "partial", &message),
        RunOutcome::SuiteFailed | RunOutcome::NotStarted => Outcome::new("error", "error", &message),
    };
    cases.push(TestCase { name: "verdict".to_owned(), outcome, output: Some(headline) });
    TestSuite { name: format!("pwp.{}", report.role), properties: properties(report), cases }
}

fn class(report: &Report, class: &ConformanceClass) -> TestCase {
    let message = format!("{} of {} MUSTs exercised", class.exercised, class.of);
    let name = &class.name;
    let outcome = match report.class_verdict(class) {
        ClassVerdict::Conformant => None,
        ClassVerdict::NotExercised => Outcome::new("skipped", "not-exercised", &message),
        ClassVerdict::NoClaim => Outcome::new("skipped", "partial", &format!("no claim; {message}")),
        ClassVerdict::NotConformant if report.outcome() == RunOutcome::AsExpected => {
            Outcome::new("skipped", KNOWN, &format!("not conformant, as expected: {name}; {message}"))
        }
        ClassVerdict::NotConformant => {
            Outcome::new("failure", "not-conformant", &format!("not conformant: {name}; {message}"))
        }
    };
    TestCase { name: format!("class {name}"), outcome, output: Some(message) }
}

fn requirements(report: &Report, chapter: &str, results: &[&RequirementResult]) -> TestSuite {
    let mut properties = properties(report);
    let mut by_verdict: BTreeMap<Verdict, Vec<String>> = BTreeMap::new();
    for result in results.iter().filter(|result| result.verdict != Verdict::Pass) {
        by_verdict.entry(result.verdict).or_default().push(result.id.to_string());
    }
    properties
        .extend(by_verdict.iter().map(|(verdict, ids)| (format!("pwp.verdict.{verdict}"), ids.join(" "))));
    let cases = results.iter().map(|result| case(result, report.known_failure(result))).collect();
    TestSuite { name: format!("pwp.{}.{chapter}", report.role), properties, cases }
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let subject = &report.subject;
    let features: Vec<&str> = subject.features.iter().map(|feature| feature.as_str()).collect();
    let pairs = [
        ("headline", report.conclusion_in_words()),
        ("version", report.suite.version.clone()),
        ("revision", report.revision.clone()),
        ("subject", clip(&command_line(&subject.command), MESSAGE)),
        ("dialect", subject.dialect.clone()),
        ("features", features.join(" ")),
        ("seed", report.run.seed.to_string()),
    ];
    pairs.into_iter().map(|(name, value)| (format!("pwp.{name}"), value)).collect()
}

/// Every entry about this run: it holds, or it has to be changed.
fn expectations(report: &Report, expected: &Expected) -> TestSuite {
    let cases = expected.entries.iter().map(|entry| {
        let id = entry.requirement;
        let message = clip(&format!("{}:{}: {id} {}", expected.file, entry.line, entry.note), MESSAGE);
        TestCase {
            name: format!("{id} {} is expected", entry.verdict),
            outcome: match entry.outcome {
                EntryOutcome::Holds => None,
                EntryOutcome::Stale => Outcome::new("failure", "stale", &message),
                EntryOutcome::NoReason => Outcome::new("failure", "no-reason", &message),
                EntryOutcome::Undecided => Outcome::new("skipped", "undecided", &message),
            },
            output: Some(clip(&entry.reason, MESSAGE)).filter(|reason| !reason.is_empty()),
        }
    });
    let cases = cases.collect();
    TestSuite { name: format!("pwp.{}.expectations", report.role), properties: properties(report), cases }
}

fn case(result: &RequirementResult, known: Option<&ExpectedEntry>) -> TestCase {
    let first = result.violations.first();
    let seen = clip(first.map_or("", |violation| violation.summary.as_str()), MESSAGE);
    let reason = || clip(result.reason.as_deref().unwrap_or("no reason was given"), MESSAGE);
    let told = || clip(story(result, false).trim_end(), STORY);
    let failure =
        |message| Some(Outcome { tag: "failure", kind: result.verdict.into(), message, body: told() });
    let (outcome, output) = match (known, result.verdict) {
        (Some(entry), verdict) => {
            let message = clip(&format!("{verdict} as expected: {}", entry.reason.trim()), MESSAGE);
            (Outcome::new("skipped", KNOWN, &message), Some(told()).filter(|story| !story.is_empty()))
        }
        (None, Verdict::Pass) => (None, None),
        (None, Verdict::Fail) => (failure(seen), None),
        (None, Verdict::Flaky) => {
            let (shown, of) = first.map_or((0, 0), |first| (first.confirmed.shown, first.confirmed.of));
            (failure(format!("in {shown} of {of} runs: {seen}")), None)
        }
        (None, Verdict::Error) => (Outcome::new("error", "error", &reason()), None),
        (None, Verdict::Unsupported | Verdict::NotExercised | Verdict::Untested) => {
            (Outcome::new("skipped", result.verdict.into(), &reason()), None)
        }
        (None, Verdict::Warn) => (None, Some(told())),
        (None, Verdict::Observed) => {
            let kinds = result.observed.iter().take(OBSERVED);
            let seen: Vec<String> =
                kinds.map(|(what, count)| format!("{} ({count})", clip(what, 200))).collect();
            let message = format!("observed, where the standard is silent: {}", seen.join(", "));
            (None, Some(clip(&message, MESSAGE)))
        }
    };
    TestCase { name: format!("{} {}", result.id, first_words(result.id, 90)), outcome, output }
}
