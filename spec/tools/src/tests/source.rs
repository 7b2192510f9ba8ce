//! Which sources can be opened, and where.

use crate::SourceTable;

fn table() -> SourceTable {
    toml::from_str(
        "[pages]\n\"example.com\" = \"https://example.com/guide\"\n\
         [files.\"example/build\"]\n\"worker.proto\" = \"src/worker.proto\"\n",
    )
    .unwrap()
}

/// The address of a source.
fn url(source: &str) -> Option<String> {
    table().link(source).map(|link| link.url)
}

#[test]
fn each_form_has_its_address() {
    let cases = [
        ("worker.proto (example/build)", "https://github.com/example/build/blob/HEAD/src/worker.proto"),
        ("docs/a.md (example/other), line 3", "https://github.com/example/other/blob/HEAD/docs/a.md"),
        ("example/build#12", "https://github.com/example/build/issues/12"),
        ("example/build#12, with the opposite view", "https://github.com/example/build/issues/12"),
        ("example/build, which has it", "https://github.com/example/build"),
        ("The guide (example.com), on lengths", "https://example.com/guide"),
        ("RFC 8259", "https://www.rfc-editor.org/rfc/rfc8259"),
        ("RFC 8259, section 2", "https://www.rfc-editor.org/rfc/rfc8259#section-2"),
    ];
    for (source, expected) in cases {
        assert_eq!(url(source).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn the_rest_has_none() {
    for source in [
        "other.proto (example/build)",
        "worker.proto (example/other)",
        "a book",
        "x (example.org)",
        "RFC x",
        "a/b#c",
    ] {
        assert_eq!(url(source), None, "{source}");
    }
}

#[test]
fn the_name_is_the_link_and_the_words_stay() {
    let markdown = table().markdown("worker.proto (example/build), which says so");
    let expected = "[worker.proto (example/build)](https://github.com/example/build/blob/HEAD/src/worker.proto), which says so";
    assert_eq!(markdown, expected);
    assert_eq!(table().markdown("a book"), "a book");
}
