//! The book of this repository.

use std::path::Path;

use super::super::{Problem, lint};
use crate::requirement::Evidence;

/// Every rule but those about evidence, which the command checks with the scripts and faults of the build.
#[test]
fn the_book_obeys_its_rules() {
    let Some(root) = Path::new(env!("CARGO_MANIFEST_DIR")).parent() else { return };
    let broken: Vec<String> = lint(root, &Evidence::default())
        .iter()
        .filter(|error| !matches!(error.problem, Problem::NoCheck(_) | Problem::NoFault(_)))
        .map(ToString::to_string)
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
