//! The chapters in the JSON that mdBook gives to a preprocessor: a list of items, some with items below them.

use anyhow::Result;
use serde_json::Value;

/// Replaces the text of each chapter by what `change` makes of it. `change` gets the path under `spec/src/` and the
/// text. Titles of parts and separators stay as they are, and so does a chapter without a file.
///
/// # Errors
/// The first error of `change`.
pub(crate) fn each(book: &mut Value, change: &mut impl FnMut(&str, &str) -> Result<String>) -> Result<()> {
    for list in ["items", "sections", "sub_items"] {
        let Some(items) = book.get_mut(list).and_then(Value::as_array_mut) else { continue };
        for chapter in items.iter_mut().filter_map(|item| item.get_mut("Chapter")) {
            let file = chapter["path"].as_str().map(str::to_owned);
            if let (Some(file), Some(text)) = (file, chapter["content"].as_str()) {
                chapter["content"] = change(&file, text)?.into();
            }
            each(chapter, change)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn every_chapter_is_changed_and_nothing_else() {
        let chapter = |path: &str, below: serde_json::Value| json!({"Chapter": {"path": path, "content": "old", "sub_items": below}});
        let mut book = json!({"items": [
            {"PartTitle": "Part"}, "Separator", chapter("a.md", json!([chapter("b/c.md", json!([]))])),
            {"Chapter": {"path": null, "content": "", "sub_items": []}},
        ]});
        let mut seen = Vec::new();
        super::each(&mut book, &mut |file, text| {
            seen.push(file.to_owned());
            Ok(format!("{text} and new"))
        })
        .unwrap();
        assert_eq!(seen, ["a.md", "b/c.md"]);
        assert_eq!(book["items"][2]["Chapter"]["content"], "old and new");
        assert_eq!(book["items"][2]["Chapter"]["sub_items"][0]["Chapter"]["content"], "old and new");
        assert_eq!(book["items"][0], json!({"PartTitle": "Part"}));
    }

    #[test]
    fn an_error_ends_it() {
        let mut book = json!({"items": [{"Chapter": {"path": "a.md", "content": "x", "sub_items": []}}]});
        assert!(super::each(&mut book, &mut |_, _| anyhow::bail!("no")).is_err());
    }
}
