//! The pages from made-up material: every kind of cell, and nothing that breaks out of one.

use super::{Check, Fault, Material, Pair, PairState, SavedReport, Together, pages, stale, write};
use crate::parse_blocks;
use pwp_report::{Report, Verdict};
use pwp_spec::{Catalogue, RequirementId};

const BLOCKS: &str = "\
> **W-031** · MUST · proto, json · since 1.0
> A worker writes one `WorkResponse` | for each `WorkRequest`.
>
> *Why:* a missing response hangs the build.
> *Sources:* docs/worker.md (example/build); a book.

> **W-032** · SHOULD · json · with multiplex · since 1.0 · draft
> A worker is quick.
>
> *Why:* time.
> *Sources:* example/build#1.
> *Untested:* it takes [hours](other.md#a), see [here](#W-031) and [there](https://example.com).

> **S-001** · MUST · remote · since 1.0 · deprecated
> A server is kind.
>
> *Why:* nobody knows what that means.
> *Sources:* example/build#2.
";

fn catalogue() -> Catalogue {
    let (blocks, problems) = parse_blocks("spec/src/output.md", BLOCKS);
    assert!(problems.is_empty(), "{}", problems[0]);
    Catalogue::new("2026-12-draft", blocks.into_iter().map(|block| block.requirement))
}

fn report(name: &str, verdict: Verdict) -> SavedReport {
    let mut report: Report = serde_json::from_str(include_str!("report.json")).unwrap();
    report.requirements[0].verdict = verdict;
    SavedReport { name: name.to_owned(), what: "a <worker> of example 1.0".to_owned(), report }
}

/// The same as another role, with results for a sentence that binds it.
fn tool(name: &str) -> SavedReport {
    let mut saved = report(name, Verdict::Pass);
    saved.report.role = "client".to_owned();
    saved.report.requirements.truncate(1);
    saved.report.requirements[0].id = RequirementId::client(1);
    saved
}

fn together() -> Together {
    let pair = |client: &str, worker: &str, state, mode: &str, done, note: &str| Pair {
        client: client.to_owned(),
        worker: worker.to_owned(),
        state,
        mode: mode.to_owned(),
        done,
        note: note.to_owned(),
    };
    Together {
        actions: 5,
        cells: vec![
            pair("build-2", "one", PairState::Works, "multiplex", 5, ""),
            pair("build-2", "two", PairState::Fails, "singleplex", 2, "an output | is missing"),
            pair("build-1", "one", PairState::Works, "singleplex", 5, ""),
            pair("build-1", "two", PairState::Cannot, "", 0, "it speaks *another* dialect"),
        ],
    }
}

fn check(id: RequirementId, about: &'static str) -> Check {
    Check { role: id.role(), name: "answers", about, exercises: vec![id] }
}

fn fault(id: RequirementId, about: &'static str) -> Fault {
    Fault {
        role: id.role(),
        name: "silence",
        about,
        dialects: &[],
        features: &[],
        breaks: vec![id],
        may_also_break: Vec::new(),
    }
}

fn material() -> Material {
    let (worker, client) = (RequirementId::worker, RequirementId::client(1));
    let mut checks = vec![check(worker(31), "Two requests | two answers."), check(client, "One build.")];
    checks[0].exercises.push(worker(999));
    let mut faults = vec![fault(worker(31), "answers nothing"), fault(client, "asks nothing")];
    faults[0].may_also_break.push((worker(32), "nothing is slow"));
    Material {
        checks,
        faults,
        reports: vec![report("one", Verdict::Fail), report("two", Verdict::Pass), tool("build-1")],
        together: together(),
        ..Material::default()
    }
}

#[test]
fn the_pages() {
    for page in pages(&catalogue(), &material()) {
        let name = page.file.rsplit('/').next().unwrap_or_default().trim_end_matches(".md").to_owned();
        insta::assert_snapshot!(name, page.text);
    }
}

#[test]
fn a_book_without_reports_and_deprecated_requirements_says_so() {
    let catalogue = Catalogue::new("2026-12-draft", []);
    let pages = pages(&catalogue, &Material::default());
    let text = |name: &str| pages.iter().find(|page| page.file.ends_with(name)).unwrap().text.clone();
    assert!(text("today.md").contains("No report is saved yet."));
    assert!(text("together.md").contains("No result is saved yet."));
    assert!(text("deprecated.md").contains("None so far."));
}

#[test]
fn what_is_written_is_fresh_until_something_changes() {
    let dir = tempfile::TempDir::new().unwrap();
    let first = pages(&catalogue(), &material());
    assert_eq!(stale(dir.path(), &first).len(), first.len());
    assert_eq!(write(dir.path(), &first).unwrap(), first.len());
    assert!(stale(dir.path(), &first).is_empty());
    assert_eq!(write(dir.path(), &first).unwrap(), 0);
    let second = pages(&catalogue(), &Material { reports: vec![report("one", Verdict::Pass)], ..material() });
    let found: Vec<String> = stale(dir.path(), &second).iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("spec/src/evidence/traceability.md: stale: "), "{found:#?}");
    assert!(found[1].starts_with("spec/src/evidence/today.md: stale: "), "{found:#?}");
}
