//! Writes `spec/requirements.json` from the book.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::book::REQUIREMENTS;
use super::{Book, BookError, LintError, ParsedBlock, Problem, parse_blocks};
use pwp_spec::{Catalogue, RequirementId};

/// The result of [`sync`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The path of `requirements.json`.
    pub path: PathBuf,
    /// How many requirements it holds.
    pub requirements: usize,
    /// The revision that it names.
    pub revision: String,
    /// Whether it is another text than before.
    pub changed: bool,
}

/// The reason why `requirements.json` was not written.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The book cannot be read.
    #[error(transparent)]
    Book(#[from] BookError),
    /// The book has problems in its blocks or IDs: the file would be wrong.
    #[error("the book has {} in its requirements, and nothing was written:\n{}", count(.0), lines(.0))]
    Problems(Vec<LintError>),
    /// The file cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The path of `requirements.json`.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

fn count(errors: &[LintError]) -> String {
    if errors.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", errors.len()) }
}

fn lines(errors: &[LintError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Parses the book under `root` and writes `spec/requirements.json`: sorted by ID, indented, only if it changed.
///
/// # Errors
/// [`SyncError`] if the book cannot be read, a block is wrong, an ID stands twice or has vanished, or the file cannot
/// be written. Nothing is written then.
pub fn sync(root: &Path) -> Result<Synced, SyncError> {
    let book = Book::read(root)?;
    let (catalogue, _, errors) = read_book(root, &book);
    if !errors.is_empty() {
        return Err(SyncError::Problems(errors));
    }
    let path = root.join(REQUIREMENTS);
    let text = catalogue.to_json();
    let changed = fs::read_to_string(&path).ok().as_deref() != Some(&text);
    if changed {
        fs::write(&path, text).map_err(|source| SyncError::Write { path: path.clone(), source })?;
    }
    Ok(Synced { path, requirements: catalogue.len(), revision: book.revision, changed })
}

/// The catalogue that the book under `root` describes now, whatever `requirements.json` says.
///
/// # Errors
/// Those of [`sync`].
pub fn read_catalogue(root: &Path) -> Result<Catalogue, SyncError> {
    let book = Book::read(root)?;
    let (catalogue, _, errors) = read_book(root, &book);
    if errors.is_empty() { Ok(catalogue) } else { Err(SyncError::Problems(errors)) }
}

/// The book's requirements, its blocks, and what is wrong with blocks and IDs.
pub(super) fn read_book(root: &Path, book: &Book) -> (Catalogue, Vec<ParsedBlock>, Vec<LintError>) {
    let mut blocks = Vec::new();
    let mut errors = Vec::new();
    for page in &book.chapters {
        let (found, problems) = parse_blocks(&page.file, &page.text);
        blocks.extend(found);
        errors.extend(problems);
    }
    let mut first: BTreeMap<RequirementId, &ParsedBlock> = BTreeMap::new();
    for block in &blocks {
        let id = block.requirement.id;
        if let Some(first) = first.get(&id) {
            let first = format!("{}:{}", first.file, first.line);
            errors.push(LintError::new(&block.file, block.line, Problem::DuplicateId { id, first }));
        } else {
            first.insert(id, block);
        }
    }
    let catalogue = Catalogue::new(&book.revision, first.values().map(|block| block.requirement.clone()));
    // A block whose first line is wrong is not gone: its ID comes back with the repair.
    if errors.is_empty() {
        errors.extend(vanished(root, &catalogue));
    }
    (catalogue, blocks, errors)
}

/// The IDs that the committed file has and the book has no longer.
fn vanished(root: &Path, catalogue: &Catalogue) -> Vec<LintError> {
    let text = fs::read_to_string(root.join(REQUIREMENTS)).unwrap_or_default();
    let Ok(committed) = Catalogue::from_json(&text) else { return Vec::new() };
    committed
        .iter()
        .filter(|old| catalogue.get(old.id).is_none())
        .map(|old| LintError::new(&format!("spec/src/{}", old.chapter.file), 0, Problem::VanishedId(old.id)))
        .collect()
}
