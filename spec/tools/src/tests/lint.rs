//! Each rule of the lint: it holds on a good book and fails on one slip.

use super::{GOOD, TestBook, lint_chapter, nothing, only};

#[test]
fn a_good_book_has_no_problem() {
    let allowed = "<!-- keywords: allowed -->\nMUST, SHOULD and MAY.\n<!-- /keywords -->\n";
    let good = [
        format!(
            "# Output\n\nA code word: `may`. <!-- must --> See [W-031](#W-031), [here](output.md#output),\n\
             [there](https://example.com/should), [back](../CHANGELOG.md).\n\n{GOOD}\n```text\nmust\n```\n"
        ),
        GOOD.replace("writes one", "writes `must` one"),
        GOOD.replace("hangs the build", "should not hang the build"),
        format!("{allowed}\n{GOOD}"),
        format!("{GOOD}\n## A heading\n\n[x](#a-heading)\n"),
        format!("{GOOD}\n```json\n{{{{#include ../requirements.json}}}}\n```\n"),
        format!("{GOOD}\n```json\n{{{{#include SUMMARY.md:1:2}}}}\n```\n"),
    ];
    good.iter().for_each(|chapter| nothing(lint_chapter(chapter)));
}

#[test]
fn each_slip_in_a_chapter_is_named() {
    let outside = |word: &str| format!("# Output\n\nA worker {word} answer.\n\n{GOOD}");
    let link = |link: &str| format!("{GOOD}\n[x]({link})\n");
    let allowed = "<!-- keywords: allowed -->\nMUST, SHOULD and MAY.\n<!-- /keywords -->\n";
    let open = "<!-- keywords: allowed -->\nMUST, SHOULD and MAY.\n";
    let cases = [
        (GOOD.replace("writes one", "must write one"), "1: keyword-in-text: W-031 says \"must\""),
        (outside("must"), "3: keyword-outside-block: \"must\""),
        (outside("Should"), "3: keyword-outside-block: \"Should\""),
        (outside("MAY"), "3: keyword-outside-block: \"MAY\""),
        (outside("mustn't"), "3: keyword-outside-block: \"mustn\""),
        (
            format!("# What it must do\n\n> A quote, mustard and maybe.\n\n{GOOD}"),
            "1: keyword-outside-block: \"must\"",
        ),
        (format!("{allowed}\nAnd must.\n\n{GOOD}"), "5: keyword-outside-block"),
        (format!("{open}\n{GOOD}"), "1: keyword-mark: `<!-- keywords: allowed"),
        (format!("Text.\n<!-- /keywords -->\n\n{GOOD}"), "2: keyword-mark: `<!-- /keywords"),
        (format!("{GOOD}\n{GOOD}"), "7: duplicate-id: W-031 stands in spec/src/output.md:1 too"),
        (link("none.md"), "7: dead-link: dead link \"none.md\": no file spec/src/none.md"),
        (link("output.md#none"), "7: dead-link: dead link \"output.md#none\": spec/src/output.md has"),
        (link("#W-032"), "7: dead-link: "),
        (link("../../proto/none"), "7: dead-link: dead link \"../../proto/none\": no file proto/none"),
        (
            format!("{GOOD}\n```json\n{{{{#include ../none.json}}}}\n```\n"),
            "8: dead-link: dead link \"../none.json\": no file spec/none.json",
        ),
        (
            GOOD.replace("worker.proto", "unknown.proto"),
            "1: source: W-031 has a source that a reader cannot open: \"unknown.proto",
        ),
    ];
    for (chapter, expected) in cases {
        only(lint_chapter(&chapter), expected);
    }
}

/// A good book in which one file gets another text.
fn changed(file: &str, text: &str) -> Vec<String> {
    let book = TestBook::new(GOOD);
    book.write(file, text);
    book.lint()
}

#[test]
fn each_slip_in_another_file_is_named() {
    let json = "spec/requirements.json";
    let spread = TestBook::new(GOOD).read(json).replace("  ", " ");
    let cases = [
        // An ID that is misspelled has not vanished.
        ("spec/src/output.md", GOOD.replace("W-031", "W-31"), "1: block-id: "),
        ("spec/src/extra.md", "# Extra\n".to_owned(), "spec/src/extra.md: not-in-summary: "),
        (
            "spec/CHANGELOG.md",
            "## 2026-12 (draft)\n\n[x](src/output.md#W-031) [y](src/none.md)\n".to_owned(),
            "spec/CHANGELOG.md:3: dead-link: dead link \"src/none.md\": no file spec/src/none.md",
        ),
        ("spec/CHANGELOG.md", "## Unreleased\n".to_owned(), "spec/CHANGELOG.md: unreadable: "),
        (
            "spec/CHANGELOG.md",
            "## 2027-03 (draft)\n".to_owned(),
            "spec/requirements.json: stale: requirements.json is not what the book says (its revision is \
             2026-12-draft, the book's 2027-03-draft)",
        ),
        (
            "spec/src/output.md",
            GOOD.replace("one `WorkResponse`", "a `WorkResponse`"),
            "spec/requirements.json: stale: requirements.json is not what the book says (W-031 differs)",
        ),
        (
            json,
            spread,
            "spec/requirements.json: stale: requirements.json is not what the book says (it is written in",
        ),
        (json, "{}".to_owned(), "spec/requirements.json: unreadable: not a requirements file"),
        ("spec/sources.toml", "[unknown]\n".to_owned(), "spec/sources.toml: unreadable: "),
    ];
    for (file, text, expected) in cases {
        only(changed(file, &text), expected);
    }
}

#[test]
fn an_id_that_vanished() {
    let found = changed("spec/src/output.md", "# Output\n");
    let expected = "spec/src/output.md: vanished-id: W-031";
    assert!(found.iter().any(|line| line.starts_with(expected)), "{found:#?}");
}

#[test]
fn a_file_that_is_missing() {
    let book = TestBook::new(GOOD);
    std::fs::remove_file(book.root().join("spec/requirements.json")).unwrap();
    let expected = "requirements.json is not what the book says (it does not exist)";
    only(book.lint(), &format!("spec/requirements.json: stale: {expected}"));
}

#[test]
fn a_withdrawn_requirement_needs_nothing() {
    let book = TestBook::new(&GOOD.replace("since 1.0", "since 1.0 · deprecated"));
    nothing(book.lint_with(&Default::default()));
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
fn no_book_at_all() {
    let dir = tempfile::TempDir::new().unwrap();
    let found = crate::lint(dir.path(), &Default::default());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].problem.rule, "unreadable");
}

#[test]
fn headings_of_the_changelog() {
    let with = |headings: &[&str]| {
        let lines: Vec<String> = headings.iter().map(|heading| format!("### {heading}\n")).collect();
        let lines = lines.join("\n");
        changed("spec/CHANGELOG.md", &format!("## 2026-12 (draft)\n\n{lines}\n## 2026-06\n\n### Added\n"))
    };
    nothing(with(&["Added", "Changed", "Deprecated", "Removed", "Editorial"]));
    nothing(with(&["Changed", "Editorial"]));
    only(with(&["New"]), "spec/CHANGELOG.md:3: changelog-heading: \"New\"");
    only(with(&["Added", "Added"]), "spec/CHANGELOG.md:5: changelog-heading: \"Added\"");
    only(with(&["Removed", "Changed"]), "spec/CHANGELOG.md:5: changelog-heading: \"Changed\"");
}
