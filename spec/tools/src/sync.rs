//! Writes `spec/requirements.json` from the book.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::book::{REQUIREMENTS, write_changed};
use super::{Book, LintError, ParsedBlock, Problem, parse_blocks};
use pwp_spec::{Catalogue, RequirementId};

/// The result of [`sync`].
#[derive(Debug)]
pub struct Synced {
    /// The path of `requirements.json`.
    pub path: PathBuf,
    /// The requirements that the file holds.
    pub catalogue: Catalogue,
    /// Whether it is another text than before.
    pub changed: bool,
}

/// Parses the book under `root` and writes `spec/requirements.json`: sorted by ID, indented, only if it changed.
///
/// # Errors
/// If the book cannot be read, a block is wrong, an ID stands twice or has vanished, or the file cannot be written.
/// Nothing is written then.
pub fn sync(root: &Path) -> Result<Synced> {
    let catalogue = read_catalogue(root)?;
    let path = root.join(REQUIREMENTS);
    let changed = write_changed(&path, &catalogue.to_json())
        .map_err(|source| anyhow!("cannot write {}: {source}", path.display()))?;
    Ok(Synced { path, catalogue, changed })
}

/// The catalogue that the book under `root` describes now, whatever `requirements.json` says.
///
/// # Errors
/// Those of [`sync`].
pub fn read_catalogue(root: &Path) -> Result<Catalogue> {
    let (catalogue, _, errors) = read_book(root, &Book::read(root)?);
    let count = match errors.len() {
        0 => return Ok(catalogue),
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let lines = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    bail!("the book has {count} in its requirements, and nothing was written:\n{lines}")
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
            let (file, line) = (&first.file, first.line);
            let remedy = "give the newer block a number that was never used";
            let problem = Problem::new("duplicate-id", format!("{id} stands in {file}:{line} too: {remedy}"));
            errors.push(problem.at(&block.file, block.line));
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
        .map(|old| vanished_id(old.id).at(&format!("spec/src/{}", old.chapter.file), 0))
        .collect()
}

pub(super) fn vanished_id(id: RequirementId) -> Problem {
    let remedy = "an ID is for ever, so put its block back with the status deprecated";
    Problem::new("vanished-id", format!("{id} is gone from the book: {remedy}"))
}
