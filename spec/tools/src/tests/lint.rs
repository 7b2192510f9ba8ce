//! Each rule of the lint: it holds on a good book and fails on one slip.

use super::{GOOD, TestBook, lint_chapter};

/// The lint's one finding, which begins so.
#[track_caller]
fn only(found: Vec<String>, beginning: &str) {
    assert!(found.len() == 1 && found[0].starts_with(beginning), "expected {beginning}, found {found:#?}");
}

#[test]
fn a_good_book_has_no_problem() {
    let found = lint_chapter(&format!(
        "# Output\n\nMay is a code word: no, `may` is. <!-- must --> See [W-031](#W-031), [here](output.md#output),\n\
         [there](https://example.com/should), [back](../CHANGELOG.md).\n\n{GOOD}\n```text\nmust\n```\n"
    )
    .replace("May is a code word: no, `may` is.", "A code word: `may`."));
    assert_eq!(found, [] as [&str; 0]);
}

#[test]
fn keywords_in_a_sentence() {
    let found = lint_chapter(&GOOD.replace("writes one", "must write one"));
    only(found, "spec/src/output.md:1: keyword-in-text: W-031 says \"must\"");
    assert!(lint_chapter(&GOOD.replace("writes one", "writes `must` one")).is_empty());
    assert!(lint_chapter(&GOOD.replace("hangs the build", "should not hang the build")).is_empty());
}

#[test]
fn keywords_outside_a_block() {
    for word in ["must", "Should", "MAY", "mustn't"] {
        let found = lint_chapter(&format!("# Output\n\nA worker {word} answer.\n\n{GOOD}"));
        only(found, "spec/src/output.md:3: keyword-outside-block: ");
    }
    let found = lint_chapter(&format!("# What it must do\n\n> A quote, mustard and maybe.\n\n{GOOD}"));
    only(found, "spec/src/output.md:1: keyword-outside-block: \"must\"");
}

#[test]
fn keywords_where_they_are_allowed() {
    let text = "<!-- keywords: allowed -->\nMUST, SHOULD and MAY.\n<!-- /keywords -->\n";
    assert!(lint_chapter(&format!("{text}\n{GOOD}")).is_empty());
    only(
        lint_chapter(&format!("{text}\nAnd must.\n\n{GOOD}")),
        "spec/src/output.md:5: keyword-outside-block",
    );
    let open = text.replace("<!-- /keywords -->\n", "");
    only(
        lint_chapter(&format!("{open}\n{GOOD}")),
        "spec/src/output.md:1: keyword-mark: `<!-- keywords: allowed",
    );
    let close = text.replace("<!-- keywords: allowed -->\nMUST, SHOULD and MAY.", "Text.");
    only(lint_chapter(&format!("{close}\n{GOOD}")), "spec/src/output.md:2: keyword-mark: `<!-- /keywords");
}

#[test]
fn one_id_twice() {
    let found = lint_chapter(&format!("{GOOD}\n{GOOD}"));
    only(found, "spec/src/output.md:7: duplicate-id: W-031 stands in spec/src/output.md:1 too");
}

#[test]
fn an_id_that_vanished() {
    let book = TestBook::new(GOOD);
    book.write("spec/src/output.md", "# Output\n");
    let found = book.lint();
    assert!(
        found.iter().any(|line| line.starts_with("spec/src/output.md: vanished-id: W-031")),
        "{found:#?}"
    );
}

#[test]
fn an_id_misspelled_has_not_vanished() {
    let book = TestBook::new(GOOD);
    book.write("spec/src/output.md", &GOOD.replace("W-031", "W-31"));
    only(book.lint(), "spec/src/output.md:1: block-id: ");
}

#[test]
fn a_withdrawn_requirement_needs_nothing() {
    let book = TestBook::new(&GOOD.replace("since 1.0", "since 1.0 · deprecated"));
    assert_eq!(book.lint_with(&Default::default()), [] as [&str; 0]);
}

#[test]
fn dead_links() {
    let with = |link: &str| lint_chapter(&format!("{GOOD}\n## A heading\n\n[x]({link})\n"));
    assert!(with("#a-heading").is_empty());
    only(with("none.md"), "spec/src/output.md:9: dead-link: dead link \"none.md\": no file spec/src/none.md");
    only(
        with("output.md#none"),
        "spec/src/output.md:9: dead-link: dead link \"output.md#none\": spec/src/output.md has",
    );
    only(with("#W-032"), "spec/src/output.md:9: dead-link: ");
    only(
        with("../../proto/none"),
        "spec/src/output.md:9: dead-link: dead link \"../../proto/none\": no file proto/none",
    );
}

#[test]
fn dead_links_outside_the_chapters() {
    let book = TestBook::new(GOOD);
    book.write("spec/CHANGELOG.md", "## 2026-12 (draft)\n\n[x](src/output.md#W-031) [y](src/none.md)\n");
    only(book.lint(), "spec/CHANGELOG.md:3: dead-link: dead link \"src/none.md\": no file spec/src/none.md");
}

#[test]
fn files_that_are_embedded() {
    let with = |path: &str| lint_chapter(&format!("{GOOD}\n```json\n{{{{#include {path}}}}}\n```\n"));
    assert!(with("../requirements.json").is_empty());
    assert!(with("SUMMARY.md:1:2").is_empty());
    only(
        with("../none.json"),
        "spec/src/output.md:8: dead-link: dead link \"../none.json\": no file spec/none.json",
    );
}

#[test]
fn proposals_and_generated_pages_hold_no_requirements() {
    let book = TestBook::new(GOOD);
    for folder in ["proposals", "evidence"] {
        std::fs::create_dir_all(book.root().join("spec/src").join(folder)).unwrap();
        book.write(&format!("spec/src/{folder}/page.md"), &format!("It must be. [x](../none.md)\n\n{GOOD}"));
    }
    let summary = book.read("spec/src/SUMMARY.md");
    book.write("spec/src/SUMMARY.md", &format!("{summary}- [a](proposals/page.md)\n"));
    let found = book.lint();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("spec/src/evidence/page.md: not-in-summary: "), "{found:#?}");
    assert!(found[1].starts_with("spec/src/evidence/page.md:1: dead-link: "), "{found:#?}");
    assert!(found[2].starts_with("spec/src/proposals/page.md:1: dead-link: "), "{found:#?}");
}

#[test]
fn a_chapter_that_the_summary_lacks() {
    let book = TestBook::new(GOOD);
    book.write("spec/src/extra.md", "# Extra\n");
    only(book.lint(), "spec/src/extra.md: not-in-summary: ");
}

#[test]
fn a_stale_file() {
    let book = TestBook::new(GOOD);
    book.write("spec/src/output.md", &GOOD.replace("one `WorkResponse`", "a `WorkResponse`"));
    only(
        book.lint(),
        "spec/requirements.json: stale: requirements.json is not what the book says (W-031 differs)",
    );
    book.write("spec/src/output.md", GOOD);
    book.write("spec/requirements.json", &book.read("spec/requirements.json").replace("  ", " "));
    only(
        book.lint(),
        "spec/requirements.json: stale: requirements.json is not what the book says (it is written in",
    );
    book.write("spec/requirements.json", "{}");
    only(book.lint(), "spec/requirements.json: unreadable: not a requirements file");
    std::fs::remove_file(book.root().join("spec/requirements.json")).unwrap();
    only(
        book.lint(),
        "spec/requirements.json: stale: requirements.json is not what the book says (it does not exist)",
    );
}

#[test]
fn a_stale_revision() {
    let book = TestBook::new(GOOD);
    book.write("spec/CHANGELOG.md", "## 2027-03 (draft)\n");
    let expected = "spec/requirements.json: stale: requirements.json is not what the book says (its revision is \
                    2026-12-draft, the book's 2027-03-draft)";
    only(book.lint(), expected);
    book.write("spec/CHANGELOG.md", "## Unreleased\n");
    only(book.lint(), "spec/CHANGELOG.md: unreadable: ");
}

#[test]
fn no_book_at_all() {
    let dir = tempfile::TempDir::new().unwrap();
    let found = crate::lint(dir.path(), &Default::default());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].problem.rule, "unreadable");
}

#[test]
fn headings_of_the_changelog() {
    let book = TestBook::new(GOOD);
    let with = |headings: &[&str]| {
        let lines: Vec<String> = headings.iter().map(|heading| format!("### {heading}\n")).collect();
        book.write(
            "spec/CHANGELOG.md",
            &format!("## 2026-12 (draft)\n\n{}\n## 2026-06\n\n### Added\n", lines.join("\n")),
        );
        book.lint()
    };
    assert_eq!(with(&["Added", "Changed", "Deprecated", "Removed", "Editorial"]), [] as [&str; 0]);
    assert_eq!(with(&["Changed", "Editorial"]), [] as [&str; 0]);
    only(with(&["New"]), "spec/CHANGELOG.md:3: changelog-heading: \"New\"");
    only(with(&["Added", "Added"]), "spec/CHANGELOG.md:5: changelog-heading: \"Added\"");
    only(with(&["Removed", "Changed"]), "spec/CHANGELOG.md:5: changelog-heading: \"Changed\"");
}
