//! Where a source of a requirement can be opened: the link that stands for `worker.proto (example/build)`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow};
use serde::Deserialize;

/// The file with what the sources themselves do not say.
pub(super) const SOURCES: &str = "spec/sources.toml";

/// `spec/sources.toml`: whole paths of files that blocks call by their names, and the pages of web sites.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// The page of a site, by its domain.
    #[serde(default)]
    pages: BTreeMap<String, String>,
    /// The path of a file, by `owner/repository` and the name that blocks use.
    #[serde(default)]
    files: BTreeMap<String, BTreeMap<String, String>>,
}

impl SourceTable {
    /// Reads the table under `root`; a book without one has an empty table.
    ///
    /// # Errors
    /// If the file is not of its form.
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join(SOURCES)).unwrap_or_default();
        let remedy = "keep to its two kinds of tables, [pages] and [files.\"owner/repository\"]";
        toml::from_str(&text).map_err(|error| anyhow!("{SOURCES} is no table of sources: {error}; {remedy}"))
    }

    /// The part of a source that names it, the address it is found at, and the words behind it.
    ///
    /// `None` for a text of no known form: `name (owner/repository)`, `title (site)`, `owner/repository#123`,
    /// `owner/repository` or `RFC 8259, section 2`, each with or without a comma and more words.
    pub fn link<'s>(&self, source: &'s str) -> Option<SourceLink<'s>> {
        let (name, rest) = match source.split_once(')') {
            Some((before, _)) if before.contains(" (") => source.split_at(before.len() + 1),
            _ => source.split_at(source.find(',').unwrap_or(source.len())),
        };
        if let Some(number) = name.strip_prefix("RFC ") {
            let number: u16 = number.parse().ok()?;
            let section = rest.strip_prefix(", section ").map(|section| format!("#section-{section}"));
            let url = format!("https://www.rfc-editor.org/rfc/rfc{number}{}", section.unwrap_or_default());
            return Some(SourceLink { name: source, url, rest: "" });
        }
        let url = match name.strip_suffix(')').and_then(|name| name.split_once(" (")) {
            Some((file, place)) if is_repository(place) => {
                let known = self.files.get(place).and_then(|files| files.get(file)).map(String::as_str);
                let path = known.or_else(|| file.contains('/').then_some(file))?;
                if path.contains(char::is_whitespace) {
                    return None;
                }
                format!("https://github.com/{place}/blob/HEAD/{path}")
            }
            Some((_, site)) => self.pages.get(site)?.clone(),
            None => {
                let (repository, issue) = name.split_once('#').unwrap_or((name, ""));
                if !is_repository(repository) || !issue.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                // GitHub leads from an issue's address to the pull request of that number.
                let issue = if issue.is_empty() { String::new() } else { format!("/issues/{issue}") };
                format!("https://github.com/{repository}{issue}")
            }
        };
        Some(SourceLink { name, url, rest })
    }

    /// A source as Markdown: its name is the link, if it has one.
    pub fn markdown(&self, source: &str) -> String {
        match self.link(source) {
            Some(SourceLink { name, url, rest }) => format!("[{}]({url}){rest}", name.replace('_', "\\_")),
            None => source.to_owned(),
        }
    }
}

/// A source that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLink<'s> {
    /// What the link is called.
    pub name: &'s str,
    /// The address that the link leads to.
    pub url: String,
    /// The words of the source that stand behind the link.
    pub rest: &'s str,
}

/// `owner/repository`, of the characters that GitHub allows.
fn is_repository(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    text.split_once('/').is_some_and(|(owner, repository)| word(owner) && word(repository))
}
