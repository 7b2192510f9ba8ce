//! The files of `spec/`: chapters, summary, proposals, and the revision that the changelog names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The book as it lies on disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Book {
    /// The chapters under `spec/src/`, sorted by path. Only they hold requirements.
    pub chapters: Vec<Page>,
    /// The other pages whose links are checked: `SUMMARY.md`, the generated ones, `CHANGELOG.md`, the proposals.
    pub others: Vec<Page>,
    /// The newest revision that the changelog names, such as `2026-12-draft`.
    pub revision: String,
}

/// One Markdown file of the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its path relative to the root of the repository, with forward slashes.
    pub file: String,
    /// The text of the file.
    pub text: String,
}

/// Why the book cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// A file or folder that cannot be read.
    #[error("cannot read {}: {source}; run the command in the root of the pwp repository", .path.display())]
    Read {
        /// The file or folder that could not be read.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// No revision in the changelog.
    #[error("spec/CHANGELOG.md names no revision: begin a section with a line such as `## 2026-12 (draft)`")]
    NoRevision,
}

/// The names that the book's own files have, relative to the root.
pub(super) const SUMMARY: &str = "spec/src/SUMMARY.md";
pub(super) const CHANGELOG: &str = "spec/CHANGELOG.md";
pub(super) const EVIDENCE: &str = "spec/src/evidence";
const PROPOSALS: &str = "spec/src/proposals";
pub(super) const REQUIREMENTS: &str = "spec/requirements.json";

impl Book {
    /// Reads `spec/` under `root`.
    ///
    /// # Errors
    /// [`BookError`] if there is no `spec/src` or no changelog with a revision.
    pub fn read(root: &Path) -> Result<Self, BookError> {
        let (chapters, mut others): (Vec<Page>, Vec<Page>) =
            pages(root, "spec/src")?.into_iter().partition(|page| is_chapter(&page.file));
        let changelog = Page { file: CHANGELOG.to_owned(), text: read(&root.join(CHANGELOG))? };
        let revision = revision(&changelog.text).ok_or(BookError::NoRevision)?;
        others.push(changelog);
        if root.join("spec/proposals").is_dir() {
            others.extend(pages(root, "spec/proposals")?);
        }
        Ok(Self { chapters, others, revision })
    }

    /// The chapters, then the other pages.
    pub fn pages(&self) -> impl Iterator<Item = &Page> {
        self.chapters.iter().chain(&self.others)
    }
}

/// Whether a file under `spec/src/` holds the standard itself: not its summary, not what is generated, and not what
/// only might become a part of it.
fn is_chapter(file: &str) -> bool {
    file != SUMMARY && ![EVIDENCE, PROPOSALS].iter().any(|folder| file.starts_with(folder))
}

/// The Markdown files under a folder, at any depth, sorted by path.
fn pages(root: &Path, folder: &str) -> Result<Vec<Page>, BookError> {
    let path = root.join(folder);
    let failed = |source| BookError::Read { path: path.clone(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let file = format!("{folder}/{name}");
        if entry.file_type().map_err(failed)?.is_dir() {
            found.extend(pages(root, &file)?);
        } else if name.ends_with(".md") {
            found.push(Page { text: read(&entry.path())?, file });
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(found)
}

pub(super) fn read(path: &Path) -> Result<String, BookError> {
    fs::read_to_string(path).map_err(|source| BookError::Read { path: path.to_owned(), source })
}

/// Writes a file unless it has this text already, and says whether it did.
pub(super) fn write_changed(path: &Path, text: &str) -> io::Result<bool> {
    let changed = fs::read_to_string(path).ok().as_deref() != Some(text);
    if changed {
        fs::write(path, text)?;
    }
    Ok(changed)
}

/// The first heading of the second level that begins with a year and a month, and the word in its parentheses:
/// `## 2026-12 (draft)` is `2026-12-draft`, `## [2026-12]` is `2026-12`.
fn revision(changelog: &str) -> Option<String> {
    changelog.lines().find_map(|line| {
        let title = line.strip_prefix("## ")?.trim().trim_start_matches('[');
        let is_date = |date: &&str| {
            date.bytes().enumerate().all(|(n, b)| if n == 4 { b == b'-' } else { b.is_ascii_digit() })
        };
        let date = title.get(..7).filter(is_date)?;
        let word =
            title.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(word, _)| word.trim());
        Some(word.map_or_else(|| date.to_owned(), |word| format!("{date}-{word}")))
    })
}
