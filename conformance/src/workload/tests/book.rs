//! The document that explains workloads holds what it shows.

use super::WorkloadFolder;
use crate::workload::{SCHEMA_ID, load};

const DOCUMENT: &str = include_str!("../../../WORKLOADS.md");
const SCHEMA: &str = include_str!("../../../../schema/workload/v1/workload.schema.json");

fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    DOCUMENT.split(&start).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The folder that the document describes: `# path` is the first line of each of its files.
fn folder() -> WorkloadFolder {
    let place = WorkloadFolder::new(&[]);
    for text in blocks("c").into_iter().chain(blocks("toml")) {
        let path = text.lines().next().and_then(|line| line.split_whitespace().nth(1)).unwrap();
        place.write(path, text);
    }
    place
}

#[test]
fn the_workloads_of_the_document_are_read() {
    let place = folder();
    let files = std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    let workloads = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let names: Vec<String> = workloads.map(|path| load(&path).unwrap().name).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn the_complete_example_uses_everything_and_warns_of_nothing() {
    let place = folder();
    let workload = load(&place.path().join("my-compiler.toml")).unwrap();
    let survey = crate::survey::survey(&workload, pwp_spec::Catalogue::standard());
    assert_eq!(survey.warnings, [""; 0]);
    assert_eq!(survey.left_out, []);
    let text = blocks("toml").into_iter().find(|text| text.contains("my-compiler.toml")).unwrap();
    for name in names() {
        assert!(text.contains(&name), "the example does not show {name}");
    }
}

/// Every member of the form, but those that only need a mention.
fn names() -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["$id"], SCHEMA_ID);
    let objects =
        [&schema, &schema["$defs"]["input"], &schema["$defs"]["request"], &schema["$defs"]["output"]];
    let members = objects.into_iter().flat_map(|object| object["properties"].as_object().unwrap().keys());
    members.filter(|name| !["argfile", "one_shot"].contains(&name.as_str())).cloned().collect()
}

#[test]
fn every_member_is_explained() {
    for name in names().into_iter().chain(["argfile".into(), "one_shot".into(), "changes".into()]) {
        let shown = [format!("`{name}`"), format!("`[[{name}]]`")];
        assert!(shown.iter().any(|word| DOCUMENT.contains(word)), "{name}");
    }
}
