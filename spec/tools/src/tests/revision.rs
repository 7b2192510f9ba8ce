//! A published revision is fixed: what binds can't change, what informs can.

use super::{GOOD, TestBook, nothing, only};
use crate::{freeze, sync};

/// A book whose revision is published and frozen.
fn published() -> TestBook {
    let book = TestBook::new(GOOD);
    book.write("spec/CHANGELOG.md", "## 2026-12\n");
    sync(book.root()).unwrap();
    freeze(book.root()).unwrap();
    book
}

/// What the lint says about a published book whose chapter becomes this.
fn changed(chapter: &str) -> Vec<String> {
    let book = published();
    book.write("spec/src/output.md", chapter);
    sync(book.root()).unwrap();
    book.lint()
}

#[test]
fn a_draft_is_not_frozen_and_needs_no_file() {
    let book = TestBook::new(GOOD);
    let error = freeze(book.root()).unwrap_err().to_string();
    assert!(error.starts_with("revision 2026-12-draft is a draft: "), "{error}");
    nothing(book.lint());
}

#[test]
fn a_published_revision_needs_its_file_which_is_written_once() {
    let book = TestBook::new(GOOD);
    book.write("spec/CHANGELOG.md", "## 2026-12\n");
    sync(book.root()).unwrap();
    only(book.lint(), "spec/CHANGELOG.md: frozen: revision 2026-12");
    freeze(book.root()).unwrap();
    nothing(book.lint());
    let error = freeze(book.root()).unwrap_err().to_string();
    assert!(error.contains("2026-12.json is there: "), "{error}");
}

#[test]
fn what_binds_cannot_change() {
    let cases = [
        (GOOD.replace("writes one", "writes a"), "its sentence"),
        (GOOD.replace("MUST", "SHOULD"), "its level"),
        (GOOD.replace("since 1.0", "since 1.0 · disputed"), "its status"),
        (GOOD.replace("proto, json", "json"), "its dialects"),
        (GOOD.replace("since", "with multiplex · since"), "its condition"),
    ];
    for (chapter, what) in cases {
        let file = "spec/revisions/2026-12.json";
        let expected = format!("{file}: frozen: W-031 has changed since the revision was published: {what}");
        only(changed(&chapter), &expected);
    }
    let found = changed(&format!("{GOOD}\n{}", GOOD.replace("031", "034")));
    assert!(found.iter().any(|line| line.contains("frozen: W-034 has changed")), "{found:#?}");
}

#[test]
fn what_informs_can_change() {
    let chapter = GOOD
        .replace("hangs the build", "hangs it")
        .replace("> A worker writes one", "> A worker\n> writes one");
    nothing(changed(&chapter));
}

#[test]
fn the_next_revision_changes_what_it_likes_but_keeps_every_id() {
    let book = published();
    book.write("spec/CHANGELOG.md", "## 2027-06 (draft)\n\n## 2026-12\n");
    book.write("spec/src/output.md", &GOOD.replace("writes one", "writes a"));
    sync(book.root()).unwrap();
    nothing(book.lint());
    book.write("spec/src/output.md", "# Output\n");
    std::fs::remove_file(book.root().join("spec/requirements.json")).unwrap();
    sync(book.root()).unwrap();
    let found = book.lint();
    assert!(
        found.iter().any(|line| line.starts_with("spec/revisions/2026-12.json: vanished-id: W-031")),
        "{found:#?}"
    );
}

#[test]
fn a_file_that_was_edited_is_seen() {
    let book = published();
    book.write("spec/revisions/2026-12.json", "{}");
    let found = book.lint();
    let expected = "spec/revisions/2026-12.json: unreadable: not the file of a revision";
    assert!(found.iter().any(|line| line.starts_with(expected)), "{found:#?}");
}
