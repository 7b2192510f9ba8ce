//! What counts as prose, link and anchor.

use crate::markdown::Markdown;

#[test]
fn prose_is_what_a_reader_reads_as_text() {
    let markdown = Markdown::new(
        "one `code` two ``co`de`` three\n<!-- comment\nover lines --> four\n```text\nfence\n```\n\
         five [six](target.md \"title\") <b>seven</b> a < b\n`eight\n\nnine\n\n\\`ten\\`\n\n[label]: other.md\n",
    );
    let words: Vec<&str> = markdown.prose.iter().flat_map(|line| line.split_whitespace()).collect();
    assert_eq!(words.join(" "), "one two three four five six seven a < b `eight nine `ten `");
    assert_eq!(markdown.prose.len(), markdown.lines.len());
    assert_eq!(markdown.code.iter().filter(|code| **code).count(), 3);
}

#[test]
fn links_have_a_line_and_a_target() {
    let markdown = Markdown::new(
        "[a](one.md)\n`[b](code.md)`\n\n> see [c](<two.md#x> \"t\") [d](three(1).md)\n\n[e]: four.md\n",
    );
    let links: Vec<(usize, &str)> =
        markdown.links.iter().map(|link| (link.line, link.target.as_str())).collect();
    assert_eq!(links, [(0, "one.md"), (3, "two.md#x"), (3, "three(1).md"), (5, "four.md")]);
}

#[test]
fn anchors_are_those_of_mdbook() {
    let markdown = Markdown::new(
        "# The `exit_code` field, in detail\n## Twice\n## Twice\n### [Link](x.md) & more\n## Own {#mine}\n\
         <a id=\"tag\"></a>\n```\n# not one\n```\n#hash\n",
    );
    assert_eq!(
        markdown.anchors,
        ["the-exit_code-field-in-detail", "twice", "twice-1", "link--more", "mine", "tag"]
    );
}
