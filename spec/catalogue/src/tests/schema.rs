//! `schema/requirements/v1` against its examples, the embedded catalogue, and what `pwp` itself reads and writes.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::Value;

use super::super::Catalogue;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/requirements/v1")
}

fn schema() -> Validator {
    let text = fs::read_to_string(folder().join("requirements.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Name and text of each example of a kind.
fn examples(kind: &str) -> Vec<(String, String)> {
    let folder = folder().join("examples").join(kind);
    let mut found: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() > 3, "the examples are there");
    found
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn valid_examples_are_accepted_and_survive_a_round_trip() {
    let schema = schema();
    for (name, text) in examples("valid") {
        if let Err(error) = schema.validate(&parse(&text)) {
            panic!("{name}: {error} at {}", error.instance_path());
        }
        let catalogue = Catalogue::from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = catalogue.to_json();
        assert!(schema.is_valid(&parse(&written)), "{name}: {written}");
        assert_eq!(Catalogue::from_json(&written).unwrap(), catalogue, "{name}");
    }
}

/// Each invalid example differs from a valid one in the one thing that its name tells.
#[test]
fn invalid_examples_are_refused_for_one_fault_each() {
    let schema = schema();
    for (name, text) in examples("invalid") {
        assert_eq!(schema.iter_errors(&parse(&text)).count(), 1, "{name}");
    }
}

#[test]
fn the_embedded_catalogue_is_valid() {
    let json = Catalogue::standard().to_json();
    if let Err(error) = schema().validate(&parse(&json)) {
        panic!("{error} at {}", error.instance_path());
    }
}
