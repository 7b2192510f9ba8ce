//! JUnit XML beside its schema, `tests/junit/junit.xsd`.

use std::fs;
use std::path::Path;

use pwp::report::{EntryOutcome, Verdict, junit};
use xsd_schema::SchemaSetBuilder;
use xsd_schema::validation::{
    CollectingValidationSink, SchemaValidator, SchemaValidity, ValidationFlags, drive_quick_xml,
};

use super::{conformant, everything};

/// What is wrong with a file; nothing if it is valid.
pub(super) fn problems(xml: &str) -> Vec<String> {
    // The validator reads over characters that no document may have.
    if let Err(error) = roxmltree::Document::parse(xml) {
        return vec![error.to_string()];
    }
    let xsd = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("junit/junit.xsd")).unwrap();
    let set = SchemaSetBuilder::new()
        .add_source(&xsd, "file:///junit.xsd")
        .and_then(SchemaSetBuilder::compile)
        .unwrap()
        .into_schema_set();
    let validator = SchemaValidator::new(&set, ValidationFlags::default());
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let mut runtime =
        validator.start_run(CollectingValidationSink { errors: &mut errors, warnings: &mut warnings });
    let outcome = drive_quick_xml(xml.as_bytes(), &mut runtime, &set);
    drop(runtime);
    let mut found: Vec<String> = errors.iter().map(|error| format!("{error:?}")).collect();
    match outcome {
        Err(error) => found.push(format!("{error:?}")),
        Ok(outcome) if outcome.root_validity != Some(SchemaValidity::Valid) && found.is_empty() => {
            found.push(format!("{:?}", outcome.root_validity));
        }
        Ok(_) => {}
    }
    found
}

#[test]
fn every_report_is_accepted() {
    for report in [everything(), conformant()] {
        let xml = junit(&report);
        assert_eq!(problems(&xml), [""; 0], "{xml}");
    }
}

/// Changes that make a file wrong: each is seen.
#[test]
fn a_wrong_file_is_refused() {
    const CHANGES: [(&str, &str); 16] = [
        ("<testsuites ", "<testsuite "),
        ("<testsuites ", "<testsuites skipped=\"1\" "),
        ("name=\"pwp worker\" ", ""),
        ("time=\"", "time=\"-"),
        ("failures=\"", "failures=\"some "),
        ("tests=\"", "tests=\"-"),
        ("timestamp=\"20", "timestamp=\"on 20"),
        ("<properties>", "<properties></properties><properties>"),
        ("<testcase name=\"class worker (proto)\"", "<testcase"),
        ("<testcase name=\"class multiplex\"", "<testcase name=\"class worker (proto)\""),
        ("<skipped type=\"not-exercised\" message=\"", "<skipped type=\"not-exercised\" text=\""),
        ("<skipped type=\"not-exercised\"", "<skipped type=\"pass\""),
        ("<failure type=\"", "<failure type=\"very "),
        ("<system-out>", "<failure type=\"fail\" message=\"\"/><system-out>"),
        ("&amp; ", "& "),
        ("\\u{1b}", "\u{1b}"),
    ];
    let xml = junit(&everything());
    for (from, to) in CHANGES {
        assert!(xml.contains(from), "{from:?} is not in the file any more");
        let mut wrong = xml.replacen(from, to, 1);
        if from == "<testsuites " && to == "<testsuite " {
            wrong = wrong.replace("</testsuites>", "</testsuite>");
        }
        assert_ne!(problems(&wrong), [""; 0], "{from:?} became {to:?}");
    }
}

/// The number of cases with an outcome, as counted in the file.
fn count(xml: &str, what: &str) -> usize {
    xml.matches(what).count()
}

fn attribute(xml: &str, name: &str) -> usize {
    let root = xml.lines().find(|line| line.starts_with("<testsuites")).unwrap();
    let (_, rest) = root.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn the_counts_are_right_and_a_skip_is_no_pass() {
    let report = everything();
    let xml = junit(&report);
    assert_eq!(attribute(&xml, "tests"), count(&xml, "<testcase "));
    assert_eq!(attribute(&xml, "failures"), count(&xml, "<failure "));
    assert_eq!(attribute(&xml, "errors"), count(&xml, "<error "));
    let skipped = [Verdict::Unsupported, Verdict::NotExercised, Verdict::Untested];
    for result in report.requirements.iter().filter(|result| skipped.contains(&result.verdict)) {
        // The last one: before it stand the expectations.
        let (_, rest) = xml.rsplit_once(&format!("<testcase name=\"{} ", result.id)).unwrap();
        let case = rest.split("<testcase ").next().unwrap();
        assert!(case.contains(&format!("<skipped type=\"{}\"", result.verdict)), "{case}");
    }
}

/// Where everything is as expected, nothing is red, and what is known to fail is no pass.
#[test]
fn a_run_as_expected_is_not_red() {
    let mut report = everything();
    report.requirements.retain(|result| ["W-001", "W-015"].contains(&result.id.to_string().as_str()));
    let expected = report.expectations.as_mut().unwrap();
    expected.entries.retain(|entry| entry.outcome == EntryOutcome::Holds);
    (expected.met, expected.unexpected) = (true, Vec::new());
    let xml = junit(&report);
    assert_eq!(problems(&xml), [""; 0], "{xml}");
    assert_eq!((count(&xml, "<failure "), count(&xml, "<error ")), (0, 0), "{xml}");
    // The requirement, the class that it breaks, and the verdict.
    assert_eq!(count(&xml, "<skipped type=\"known-failure\""), 3, "{xml}");
    report.expectations = None;
    assert_eq!(count(&junit(&report), "<failure "), 3);
}
