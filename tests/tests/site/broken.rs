//! That each kind of mistake is seen at all: a small site with one of each.

use std::fs;

use super::pages::Site;

#[test]
fn each_kind_of_dead_link_is_seen() {
    let dir = tempfile::TempDir::new().unwrap();
    fs::create_dir(dir.path().join("below")).unwrap();
    let index = r##"<script src="https://example.com/x.js"></script><link href="style.css"><h1 id="top">x</h1>
        <a href="below/page.html#there">good</a> <a href="#top">good</a> <a href="style.css">good</a> <a href="https://example.com/a#b">good</a>
        <a href="none.html">1</a> <a href="below/page.html#none">2</a> <a href="#none">3</a> <a href="../index.html">4</a>
        <a href="http://example.com">5</a> <a href="https://example">6</a> <a href="https://example.com/a b">7</a>"##;
    fs::write(dir.path().join("index.html"), index).unwrap();
    fs::write(dir.path().join("style.css"), "").unwrap();
    let below = r#"<p id="there">x</p><p id="there"><a href="../index.html#top">good</a></p>"#;
    fs::write(dir.path().join("below/page.html"), below).unwrap();
    let site = Site::read(dir.path());
    let dead = [
        "below/page.html: the id there stands there twice",
        "index.html: none.html",
        "index.html: below/page.html#none",
        "index.html: #none",
        "index.html: ../index.html",
        "index.html: http://example.com",
        "index.html: https://example",
        "index.html: https://example.com/a b",
    ];
    assert_eq!(site.dead_links(), dead);
    assert_eq!(site.loaded_from_elsewhere(), ["index.html: https://example.com/x.js"]);
    assert_eq!(site.links_within("below/page.html", "there"), [("index.html".to_owned(), "top".to_owned())]);
}
