//! Published revisions: what each one fixed, and that it stays so.
//!
//! `spec/revisions/2026-12.json` is written once, by `pwp-spec freeze`, when the revision is published: for each requirement what
//! binds, with the sentence as a digest. Sources, remedies and other notes are not in it, so they can still be mended.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::book::{CHANGELOG, read};
use super::sync::vanished_id;
use super::{Book, LintError, Problem, read_catalogue};
use pwp_spec::{Catalogue, Dialect, FeatureCondition, Level, Requirement, RequirementId, Status};

/// The folder of the published revisions.
const REVISIONS: &str = "spec/revisions";

/// What a published revision fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frozen {
    revision: String,
    requirements: BTreeMap<RequirementId, Binding>,
}

/// What binds in one requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    level: Level,
    status: Status,
    dialects: Vec<Dialect>,
    condition: FeatureCondition,
    /// SHA-256 of the sentence, its white space as single blanks, in hex.
    sentence: String,
}

impl Binding {
    fn of(requirement: &Requirement) -> Self {
        let text = requirement.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentence = hex::encode(Sha256::digest(text));
        let Requirement { level, status, dialects, condition, .. } = requirement;
        Self {
            level: *level,
            status: *status,
            dialects: dialects.clone(),
            condition: condition.clone(),
            sentence,
        }
    }

    /// What of it is another, in words.
    fn difference(&self, now: &Self) -> Option<&'static str> {
        match () {
            () if self.sentence != now.sentence => Some("its sentence"),
            () if self.level != now.level => Some("its level"),
            () if self.status != now.status => Some("its status"),
            () if self.dialects != now.dialects => Some("its dialects"),
            () if self.condition != now.condition => Some("its condition"),
            () => None,
        }
    }
}

impl Frozen {
    fn of(catalogue: &Catalogue) -> Self {
        let requirements = catalogue.iter().map(|requirement| (requirement.id, Binding::of(requirement)));
        Self { revision: catalogue.revision().to_owned(), requirements: requirements.collect() }
    }
}

/// Writes the file of the newest revision under `root`, once.
///
/// # Errors
/// If the revision is a draft or has a file already. Nothing is written then.
pub fn freeze(root: &Path) -> Result<PathBuf> {
    let catalogue = read_catalogue(root)?;
    let revision = catalogue.revision();
    if !is_published(revision) {
        let remedy = "take the `(draft)` out of its heading in spec/CHANGELOG.md when it is published";
        bail!("revision {revision} is a draft: {remedy}");
    }
    let path = root.join(REVISIONS).join(format!("{revision}.json"));
    if path.exists() {
        let remedy = "what is published stays as it is; begin the next revision in spec/CHANGELOG.md";
        bail!("{} is there: {remedy}", path.display());
    }
    // Strings under string keys: nothing can fail to serialize.
    let text = serde_json::to_string_pretty(&Frozen::of(&catalogue)).unwrap_or_default() + "\n";
    fs::create_dir_all(root.join(REVISIONS))
        .and_then(|()| fs::write(&path, text))
        .map_err(|source| anyhow!("cannot write {}: {source}", path.display()))?;
    Ok(path)
}

/// A month and nothing behind it.
fn is_published(revision: &str) -> bool {
    revision.len() == "2026-12".len()
}

/// The newest revision is as it was published, and no ID of an older one is gone.
pub(super) fn check(root: &Path, book: &Book, catalogue: &Catalogue, errors: &mut Vec<LintError>) {
    let mut current = false;
    for name in names(root) {
        let file = format!("{REVISIONS}/{name}");
        let mut report = |problem: Problem| errors.push(problem.at(&file, 0));
        let frozen = match frozen(root, &file) {
            Ok(frozen) => frozen,
            Err(problem) => {
                report(problem);
                continue;
            }
        };
        let is_current = frozen.revision == book.revision;
        current |= is_current;
        for (id, binding) in &frozen.requirements {
            match catalogue.get(*id).map(|requirement| binding.difference(&Binding::of(requirement))) {
                None => report(vanished_id(*id)),
                Some(Some(what)) if is_current => report(changed(*id, what)),
                Some(_) => {}
            }
        }
        for requirement in catalogue.iter().filter(|_| is_current) {
            if !frozen.requirements.contains_key(&requirement.id) {
                report(changed(requirement.id, "that it is there"));
            }
        }
    }
    if is_published(&book.revision) && !current {
        let message = format!(
            "revision {} is published and its requirements are not fixed: run `cargo run --release -p pwp-spec-tools -- freeze` and commit the file",
            book.revision
        );
        errors.push(Problem::new("frozen", message).at(CHANGELOG, 0));
    }
}

fn changed(id: RequirementId, what: &str) -> Problem {
    let remedy = "put it back, or begin the next revision in spec/CHANGELOG.md";
    Problem::new("frozen", format!("{id} has changed since the revision was published: {what}; {remedy}"))
}

/// The names of the files, sorted.
fn names(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join(REVISIONS)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    names
}

fn frozen(root: &Path, file: &str) -> Result<Frozen, Problem> {
    let text = read(&root.join(file)).map_err(|error| Problem::new("unreadable", error))?;
    serde_json::from_str(&text).map_err(|error| {
        let remedy = "take it from the history, since it is written once";
        Problem::new("unreadable", format!("not the file of a revision: {error}; {remedy}"))
    })
}
