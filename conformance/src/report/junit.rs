//! JUnit XML, for build servers that show test results.
//!
//! The form is the one that Jenkins publishes a schema for and that other servers read, too. Nothing is
//! written that this schema does not know, so that validating readers accept it; therefore no
//! `skipped` on the root and no properties on a test case.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::known::{fine, known, verdict};
use super::story::story;
use super::text::{chapter, clip, first_words, utc, visible};
use super::{Class, EntryOutcome, Expected, ExpectedEntry, Report, RequirementResult, Verdict};

/// Characters of one text that stands in a message.
const MESSAGE: usize = 1000;
/// Kinds of what was observed that are named.
const OBSERVED: usize = 20;
/// The type of what is skipped because it is known to fail.
const KNOWN: &str = "known-failure";
/// Characters of one story.
const STORY: usize = 8_000;

/// The report as JUnit XML: a suite for each chapter of the standard with a case for each requirement, and one
/// for the conformance classes.
///
/// | verdict | test case |
/// |---|---|
/// | `fail`, `flaky` | failure of that type, with the story |
/// | `error` | error |
/// | `unsupported`, `not-exercised`, `untested` | skipped, with the reason |
/// | `warn`, `observed` | passed; what was seen is its output |
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

    let total = |of: fn(&Counts) -> usize| suites.iter().map(|suite| of(&suite.counts)).sum::<usize>();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    attribute(&mut xml, "name", &format!("pwp {}", report.role));
    attribute(&mut xml, "time", &format!("{:.3}", report.run.took_ms as f64 / 1000.0));
    attribute(&mut xml, "tests", &total(|counts| counts.tests).to_string());
    attribute(&mut xml, "failures", &total(|counts| counts.failures).to_string());
    attribute(&mut xml, "errors", &total(|counts| counts.errors).to_string());
    xml.push_str(">\n");
    for suite in &suites {
        suite.write(&mut xml, &utc(report.run.started_unix));
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// What a test case came to, besides having passed.
enum Outcome {
    Passed,
    Failure { kind: &'static str, message: String, body: String },
    Error { message: String },
    Skipped { kind: &'static str, message: String },
}

struct Case {
    name: String,
    outcome: Outcome,
    output: Option<String>,
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

struct Suite {
    name: String,
    properties: Vec<(String, String)>,
    cases: Vec<Case>,
    counts: Counts,
}

impl Suite {
    fn new(name: String, properties: Vec<(String, String)>, cases: Vec<Case>) -> Self {
        let mut counts = Counts { tests: cases.len(), ..Counts::default() };
        for case in &cases {
            match case.outcome {
                Outcome::Passed => {}
                Outcome::Failure { .. } => counts.failures += 1,
                Outcome::Error { .. } => counts.errors += 1,
                Outcome::Skipped { .. } => counts.skipped += 1,
            }
        }
        Self { name, properties, cases, counts }
    }

    fn write(&self, xml: &mut String, timestamp: &str) {
        xml.push_str("  <testsuite");
        attribute(xml, "name", &self.name);
        attribute(xml, "tests", &self.counts.tests.to_string());
        attribute(xml, "failures", &self.counts.failures.to_string());
        attribute(xml, "errors", &self.counts.errors.to_string());
        attribute(xml, "skipped", &self.counts.skipped.to_string());
        attribute(xml, "timestamp", timestamp);
        xml.push_str(">\n    <properties>\n");
        for (name, value) in &self.properties {
            xml.push_str("      <property");
            attribute(xml, "name", name);
            attribute(xml, "value", value);
            xml.push_str("/>\n");
        }
        xml.push_str("    </properties>\n");
        for case in &self.cases {
            case.write(xml, &self.name);
        }
        xml.push_str("  </testsuite>\n");
    }
}

impl Case {
    fn write(&self, xml: &mut String, class: &str) {
        xml.push_str("    <testcase");
        attribute(xml, "name", &self.name);
        attribute(xml, "classname", class);
        if matches!(self.outcome, Outcome::Passed) && self.output.is_none() {
            xml.push_str("/>\n");
            return;
        }
        xml.push_str(">\n");
        match &self.outcome {
            Outcome::Passed => {}
            Outcome::Failure { kind, message, body } => element(xml, "failure", kind, message, body),
            Outcome::Error { message } => element(xml, "error", "error", message, ""),
            Outcome::Skipped { kind, message } => element(xml, "skipped", kind, message, ""),
        }
        if let Some(output) = &self.output {
            let _ = writeln!(xml, "      <system-out>{}</system-out>", escape(output));
        }
        xml.push_str("    </testcase>\n");
    }
}

fn element(xml: &mut String, tag: &str, kind: &str, message: &str, body: &str) {
    let _ = write!(xml, "      <{tag}");
    attribute(xml, "type", kind);
    attribute(xml, "message", message);
    if body.is_empty() {
        xml.push_str("/>\n");
    } else {
        let _ = writeln!(xml, ">{}</{tag}>", escape(body));
    }
}

fn attribute(xml: &mut String, name: &str, value: &str) {
    // A reader makes spaces of plain newlines and tabs in a value.
    let value = escape(value).replace('\n', "&#10;").replace('\t', "&#9;");
    let _ = write!(xml, " {name}=\"{value}\"");
}

fn escape(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The classes of the claim, and the verdict on the run. A run that is incomplete, no claim or only as expected is
/// not green, even if nothing else is red.
fn classes(report: &Report) -> Suite {
    let conclusion = &report.conclusion;
    let mut cases: Vec<Case> = conclusion.classes.iter().map(|one| class(one, fine(report))).collect();
    let mut message = clip(&conclusion.headline, MESSAGE);
    if let Some(expected) = &report.expectations {
        let _ = write!(message, "; {}", verdict(expected));
    }
    cases.push(Case {
        name: "verdict".to_owned(),
        outcome: match (fine(report), conclusion.conformant, conclusion.partial) {
            (true, true, false) => Outcome::Passed,
            (true, true, true) => Outcome::Skipped { kind: "partial", message: message.clone() },
            (true, false, _) => Outcome::Skipped { kind: KNOWN, message: message.clone() },
            (false, conformant, _) => {
                let kind = if conformant { "expectations" } else { "not-conformant" };
                Outcome::Failure { kind, message: message.clone(), body: String::new() }
            }
        },
        output: Some(message),
    });
    Suite::new(format!("pwp.{}", report.role), properties(report), cases)
}

fn class(class: &Class, fine: bool) -> Case {
    let message = format!("{} of {} MUSTs exercised", class.exercised, class.of);
    let outcome = match (class.conformant, class.exercised) {
        (true, _) => Outcome::Passed,
        (false, 0) => Outcome::Skipped { kind: "not-exercised", message: message.clone() },
        (false, _) if fine => Outcome::Skipped {
            kind: KNOWN,
            message: format!("not conformant, as expected: {}; {message}", class.name),
        },
        (false, _) => {
            let message = format!("not conformant: {}; {message}", class.name);
            Outcome::Failure { kind: "not-conformant", message, body: String::new() }
        }
    };
    Case { name: format!("class {}", class.name), outcome, output: Some(message) }
}

fn requirements(report: &Report, chapter: &str, results: &[&RequirementResult]) -> Suite {
    let mut properties = properties(report);
    let mut by_verdict: BTreeMap<Verdict, Vec<String>> = BTreeMap::new();
    for result in results.iter().filter(|result| result.verdict != Verdict::Pass) {
        by_verdict.entry(result.verdict).or_default().push(result.id.to_string());
    }
    properties.extend(
        by_verdict.iter().map(|(verdict, ids)| (format!("pwp.verdict.{}", verdict.as_str()), ids.join(" "))),
    );
    let cases = results.iter().map(|result| case(result, known(report, result))).collect();
    Suite::new(format!("pwp.{}.{chapter}", report.role), properties, cases)
}

fn properties(report: &Report) -> Vec<(String, String)> {
    let subject = &report.subject;
    let features: Vec<&str> = subject.features.iter().map(|feature| feature.as_str()).collect();
    let pairs = [
        ("headline", report.conclusion.headline.clone()),
        ("version", report.suite.version.clone()),
        ("revision", report.revision.clone()),
        ("subject", clip(&subject.command.join(" "), MESSAGE)),
        ("dialect", subject.dialect.clone()),
        ("features", features.join(" ")),
        ("seed", report.run.seed.to_string()),
    ];
    pairs.into_iter().map(|(name, value)| (format!("pwp.{name}"), value)).collect()
}

/// Every entry about this run: it holds, or it has to be changed.
fn expectations(report: &Report, expected: &Expected) -> Suite {
    let cases = expected.entries.iter().map(|entry| {
        let message =
            clip(&format!("{}:{}: {} {}", expected.file, entry.line, entry.requirement, entry.note), MESSAGE);
        let failure = |kind| Outcome::Failure { kind, message: message.clone(), body: String::new() };
        Case {
            name: format!("{} {} is expected", entry.requirement, entry.verdict.as_str()),
            outcome: match entry.outcome {
                EntryOutcome::Holds => Outcome::Passed,
                EntryOutcome::Stale => failure("stale"),
                EntryOutcome::NoReason => failure("no-reason"),
                EntryOutcome::Undecided => Outcome::Skipped { kind: "undecided", message: message.clone() },
            },
            output: Some(clip(&entry.reason, MESSAGE)).filter(|reason| !reason.is_empty()),
        }
    });
    Suite::new(format!("pwp.{}.expectations", report.role), properties(report), cases.collect())
}

fn case(result: &RequirementResult, known: Option<&ExpectedEntry>) -> Case {
    let first = result.violations.first();
    let seen = clip(first.map_or("", |violation| violation.summary.as_str()), MESSAGE);
    let reason = || clip(result.reason.as_deref().unwrap_or("no reason was given"), MESSAGE);
    let told = || clip(story(result, false).trim_end(), STORY);
    let kind = result.verdict.as_str();
    let (outcome, output) = match result.verdict {
        verdict if known.is_some() => {
            let why = known.map_or("", |entry| entry.reason.trim());
            let message = clip(&format!("{} as expected: {why}", verdict.as_str()), MESSAGE);
            (Outcome::Skipped { kind: KNOWN, message }, Some(told()).filter(|story| !story.is_empty()))
        }
        Verdict::Pass => (Outcome::Passed, None),
        Verdict::Fail => (Outcome::Failure { kind, message: seen, body: told() }, None),
        Verdict::Flaky => {
            let (shown, of) = first.map_or((0, 0), |first| (first.confirmed.shown, first.confirmed.of));
            let message = format!("in {shown} of {of} runs: {seen}");
            (Outcome::Failure { kind, message, body: told() }, None)
        }
        Verdict::Error => (Outcome::Error { message: reason() }, None),
        Verdict::Unsupported | Verdict::NotExercised | Verdict::Untested => {
            (Outcome::Skipped { kind, message: reason() }, None)
        }
        Verdict::Warn => (Outcome::Passed, Some(told())),
        Verdict::Observed => {
            let seen: Vec<String> = result
                .observed
                .iter()
                .take(OBSERVED)
                .map(|(what, count)| format!("{} ({count})", clip(what, 200)))
                .collect();
            let seen = seen.join(", ");
            (Outcome::Passed, Some(clip(&format!("observed, where the standard is silent: {seen}"), MESSAGE)))
        }
    };
    Case { name: format!("{} {}", result.id, first_words(result.id, 90)), outcome, output }
}
