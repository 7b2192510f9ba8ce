//! From the book to `requirements.json` and back.

use super::{GOOD, TestBook};
use crate::sync;
use pwp_spec::{Catalogue, RequirementId};

#[test]
fn the_written_file_is_the_book_again() {
    let later =
        GOOD.replace("031", "007").replace("since 1.0", "with multiplex · workload · since 1.1 · disputed");
    let book = TestBook::new(&format!("{GOOD}\n{later}"));
    let catalogue = Catalogue::from_json(&book.read("spec/requirements.json")).unwrap();
    assert_eq!(catalogue, crate::read_catalogue(book.root()).unwrap());
    assert_eq!(catalogue.revision(), "2026-12-draft");
    let ids: Vec<RequirementId> = catalogue.iter().map(|requirement| requirement.id).collect();
    assert_eq!(ids, [RequirementId::worker(7), RequirementId::worker(31)]);
}

#[test]
fn a_second_run_changes_nothing() {
    let book = TestBook::new(GOOD);
    let first = book.read("spec/requirements.json");
    let synced = sync(book.root()).unwrap();
    assert!(!synced.changed);
    assert_eq!(synced.catalogue.len(), 1);
    assert_eq!(book.read("spec/requirements.json"), first);
    book.write("spec/src/output.md", &GOOD.replace("one", "a"));
    assert!(sync(book.root()).unwrap().changed);
}

#[test]
fn nothing_is_written_from_a_wrong_book() {
    let book = TestBook::new(GOOD);
    let first = book.read("spec/requirements.json");
    let wrong = [
        GOOD.replace("MUST", "Must"),
        GOOD.replace("*Why:*", "*Clients:*"),
        format!("{GOOD}\n{GOOD}"),
        // The ID vanished.
        "# Output\n".to_owned(),
    ];
    for chapter in wrong {
        book.write("spec/src/output.md", &chapter);
        let error = sync(book.root()).unwrap_err().to_string();
        assert!(error.starts_with("the book has 1 problem in its requirements"), "{error}");
        assert_eq!(book.read("spec/requirements.json"), first);
    }
}

#[test]
fn the_error_lists_the_problems() {
    let book = TestBook::new(&GOOD.replace("MUST", "Must"));
    insta::assert_snapshot!(sync(book.root()).unwrap_err());
}
