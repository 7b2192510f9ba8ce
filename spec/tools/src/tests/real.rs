//! The book of this repository.

use std::path::Path;

use crate::evidence::{Material, pages, stale};
use crate::{lint, read_catalogue};
use pwp_spec::Evidence;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Every rule but those about evidence, which the command checks with the scripts and faults of the build.
#[test]
fn the_book_obeys_its_rules() {
    let broken: Vec<String> = lint(Path::new(ROOT), &Evidence::default())
        .iter()
        .filter(|error| !["no-check", "no-fault"].contains(&error.problem.rule))
        .map(ToString::to_string)
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// And those, with the generated pages: no check, fault or report is missing from them.
#[test]
fn the_evidence_is_complete_and_its_pages_are_fresh() {
    let material = Material::read(Path::new(ROOT)).unwrap();
    let mut errors = lint(Path::new(ROOT), &material.evidence());
    let catalogue = read_catalogue(Path::new(ROOT)).unwrap();
    errors.extend(stale(Path::new(ROOT), &pages(&catalogue, &material)));
    let broken: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
