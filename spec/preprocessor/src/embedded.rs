//! Pages that lie outside of `spec/src/` and are embedded in a chapter: the proposals and the list of changes.

/// The text of a chapter, with the links of an embedded page as they are from the chapter. `file` is the chapter's path
/// under `spec/src/`.
pub(crate) fn with_own_links(file: &str, text: &str) -> String {
    if file.starts_with("proposals/") {
        // From spec/proposals/ to spec/src/, which is one folder up from the chapter.
        text.replace("](../src/", "](../").replace("](../CHANGELOG.md", "](../changes.md")
    } else if file == "changes.md" {
        text.replace("](src/", "](")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::with_own_links;

    #[test]
    fn links_lead_to_the_shown_pages() {
        let cases = [
            (
                "proposals/0001.md",
                "[a](../src/output.md#W-031) [b](0002.md)",
                "[a](../output.md#W-031) [b](0002.md)",
            ),
            ("changes.md", "[a](src/client/key.md)", "[a](client/key.md)"),
            ("output.md", "[a](src/b.md)", "[a](src/b.md)"),
        ];
        for (file, from, to) in cases {
            assert_eq!(with_own_links(file, from), to);
        }
    }
}
