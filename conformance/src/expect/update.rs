//! `--update-expectations`: the smallest change after which the expectations hold.

use std::fmt::Write as _;

use crate::report::{EntryOutcome, Expected, Report, Symptom, Unexpected, Verdict};
use pwp_spec::{Catalogue, Level, RequirementId};

use super::edit;
use super::judge::{Covers, judge};
use super::load::{ExpectError, parse};
use super::model::{Entry, Expectations, SCHEMA_ID};

/// Why expectations can't be updated.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// The entries are not tables of their own.
    #[error(
        "{0} can't be updated as it is written: write each entry under an [[expect]] of its own, and leave `expect = []` out"
    )]
    Inline(String),
    /// The new file can't be written.
    #[error(
        "can't write {path}: {source}; the old expectations stand, so make its folder writable and run again"
    )]
    Write {
        /// The file that can't be written.
        path: std::path::PathBuf,
        /// The reason that the system gives.
        source: std::io::Error,
    },
}

/// Expectations after an update.
#[derive(Debug, Clone, PartialEq)]
pub struct Updated {
    /// The expectations with their new text.
    pub expectations: Expectations,
    /// The same report beside the new expectations, with the changes that were made.
    pub expected: Expected,
}

/// Expectations without an entry, for a file that is not there yet.
pub(super) fn none_yet(name: &str) -> Expectations {
    let text = format!(
        "# Known failures, each with its reason. What can stand here: conformance/EXPECTATIONS.md.\nschema = \"{SCHEMA_ID}\"\n"
    );
    Expectations { name: name.to_owned(), text, entries: Vec::new() }
}

/// Removes the entries that no longer hold, corrects a verdict that is another one now, and adds at the end what is
/// broken and not yet known, by ID and with an empty reason. `seen` is what broke which requirement: it is added to the entry, so that the
/// next run recognises it. Nothing else in the text changes.
///
/// # Errors
/// Fails where the entries are written inline.
pub fn update(
    old: &Expectations,
    report: &Report,
    covers: Covers<'_>,
    seen: &[(RequirementId, Symptom)],
) -> Result<Updated, UpdateError> {
    let inline = || UpdateError::Inline(old.name.clone());
    // A text that can't be read any more comes from a file whose entries are no blocks of lines.
    let reread = |text: &str| parse(&old.name, text).map_err(|_: ExpectError| inline());
    let mut changes = Vec::new();
    let mut edits = Vec::new();
    for entry in old.entries.iter().filter(|entry| entry.is_about(report)) {
        let now = judge(&alone(old, entry), report, covers);
        let Some(stale) = now.entries.iter().find(|now| now.outcome == EntryOutcome::Stale) else { continue };
        if old.text[entry.spans.all.clone()].starts_with('{') {
            return Err(inline());
        }
        let line = entry.line;
        if let Some(verdict) = other_verdict(entry, report) {
            edits.push(edit::set_verdict(&old.text, entry, verdict));
            changes.push(format!("{} in line {line} has verdict = \"{verdict}\" now", entry.requirement));
        } else {
            edits.push((edit::cut(&old.text, entry), String::new()));
            changes.push(format!(
                "removed {} from line {line}: it {}; its reason was {:?}",
                entry.requirement, stale.note, entry.reason
            ));
        }
    }
    let mut text = edit::apply(&old.text, edits);
    let kept = reread(&text)?;
    let unexpected = judge(&kept, report, covers).unexpected;
    for new in unexpected.iter().filter(|new| can_be_listed(new)) {
        edit::append(&mut text, &block(new, &kept, report));
        changes.push(format!("added {}: write its reason", new.requirement));
    }
    let mut expectations = reread(&text)?;
    let learned: Vec<_> =
        expectations.entries.iter().filter_map(|entry| remember(&text, entry, report, seen)).collect();
    if !learned.is_empty() {
        let ids: Vec<&str> = learned.iter().map(|(id, _)| id.as_str()).collect();
        changes.push(format!("wrote what these look like, so that they are recognised: {}", ids.join(", ")));
        text = edit::apply(&text, learned.into_iter().map(|(_, edit)| edit).collect());
        expectations = reread(&text)?;
    }
    let mut expected = judge(&expectations, report, covers);
    expected.changes = changes;
    Ok(Updated { expectations, expected })
}

/// Adds to an entry what its failure looked like in this run, if that is not known yet.
fn remember(
    text: &str,
    entry: &Entry,
    report: &Report,
    seen: &[(RequirementId, Symptom)],
) -> Option<(String, edit::Edit)> {
    let mut all = entry.seen.clone();
    let is_this = |(id, symptom): &&(RequirementId, Symptom)| {
        *id == entry.requirement && entry.is_about(report) && !symptom.found_in.is_empty()
    };
    for (_, symptom) in seen.iter().filter(is_this) {
        let alike =
            |known: &&mut Symptom| (&known.kind, &known.suspects) == (&symptom.kind, &symptom.suspects);
        match all.iter_mut().find(alike) {
            Some(known) => known.found_in.extend(symptom.found_in.iter().cloned()),
            None => all.push(symptom.clone()),
        }
    }
    if all == entry.seen || text[entry.spans.all.clone()].starts_with('{') {
        return None;
    }
    all.sort();
    Some((entry.requirement.to_string(), edit::set_seen(text, entry, &all)))
}

/// Expectations with one entry alone.
fn alone(all: &Expectations, entry: &Entry) -> Expectations {
    Expectations { name: all.name.clone(), text: String::new(), entries: vec![entry.clone()] }
}

/// The verdict that an entry has to name where its requirement is still broken, but in another degree.
fn other_verdict(entry: &Entry, report: &Report) -> Option<Verdict> {
    let result = report.result(entry.requirement)?;
    let was_broken = entry.verdict != Some(Verdict::NotExercised);
    let changed = result.verdict.is_violation() && was_broken && Some(result.verdict) != entry.verdict;
    (changed && entry.looks_like(result)).then_some(result.verdict)
}

/// Whether something is a failure, which alone is worth an entry: not what was not exercised, and not a failure of the suite.
const fn can_be_listed(new: &Unexpected) -> bool {
    new.verdict.is_failure()
}

fn block(new: &Unexpected, kept: &Expectations, report: &Report) -> String {
    let mut text = format!("[[expect]]\nrequirement = \"{}\"\n", new.requirement);
    let level = Catalogue::standard().get(new.requirement).map(|requirement| requirement.level);
    let plain = new.verdict == Verdict::Fail && level == Some(Level::Must);
    if !plain {
        let _ = writeln!(text, "verdict = \"{}\"", new.verdict);
    }
    // An entry about other runs says which runs those are; beside it this one has to say so too.
    if kept.entries.iter().any(|entry| entry.requirement == new.requirement) {
        let names: Vec<String> =
            report.subject.features.iter().map(|feature| format!("{:?}", feature.as_str())).collect();
        let _ = writeln!(text, "dialect = {:?}\nfeatures = [{}]", report.subject.dialect, names.join(", "));
    }
    text + "reason = \"\"\n"
}
