//! The changelog has fixed headings.

use super::book::CHANGELOG;
use super::{Book, LintError, Problem};

/// The headings below each revision of the changelog, in their order.
const HEADINGS: [&str; 5] = ["Added", "Changed", "Deprecated", "Removed", "Editorial"];

/// Headings of the changelog that are not the fixed ones, stand there twice or in another order.
pub(super) fn check(book: &Book, errors: &mut Vec<LintError>) {
    let Some(changelog) = book.others.iter().find(|page| page.file == CHANGELOG) else { return };
    let mut next = 0;
    for (number, line) in changelog.text.lines().enumerate() {
        if line.starts_with("## ") {
            next = 0;
        }
        let Some(title) = line.strip_prefix("### ") else { continue };
        match HEADINGS.iter().skip(next).position(|heading| *heading == title.trim()) {
            Some(skipped) => next += skipped + 1,
            None => {
                let message = format!(
                    "{title:?} is no heading of the changelog: use Added, Changed, Deprecated, Removed and Editorial, each once and in this order"
                );
                errors.push(Problem::new("changelog-heading", message).at(CHANGELOG, number + 1));
            }
        }
    }
}
