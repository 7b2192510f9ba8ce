//! What the README says about real systems is what the saved reports say.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// How many MUSTs each saved report has as broken: a `fail`, or one that fails sometimes.
fn broken_in_reports(root: &Path) -> BTreeMap<String, usize> {
    let reports =
        fs::read_dir(root.join("tests/interop/reports")).unwrap().map(|entry| entry.unwrap().path());
    let json = reports.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let counted = json.filter_map(|path| {
        let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let broken = report["requirements"].as_array()?.iter().filter(|result| {
            result["level"] == "MUST" && (result["verdict"] == "fail" || result["verdict"] == "flaky")
        });
        Some((path.file_stem()?.to_str()?.to_owned(), broken.count()))
    });
    counted.collect()
}

/// The rows of the table below "What it found".
fn broken_in_readme(readme: &str) -> BTreeMap<String, usize> {
    let (_, section) = readme.split_once("## What it found").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let (name, _role, count) = (cells.next()?, cells.next()?, cells.next()?);
        Some((name.to_owned(), count.parse().ok()?))
    });
    rows.collect()
}

#[test]
fn the_headline_is_what_the_saved_reports_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let reports = broken_in_reports(root);
    assert_eq!(broken_in_readme(&readme), reports);
    let broken = reports.values().filter(|count| **count > 0).count();
    let headline = format!("**{broken} of {} break at least one MUST**", reports.len());
    assert!(readme.contains(&headline), "the README lacks: {headline}");
}
