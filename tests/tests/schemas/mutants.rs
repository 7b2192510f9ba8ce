//! Small changes to a valid document, to compare two judges on what nobody thought of writing as an example.

use serde_json::{Value, json};

/// Words and texts that mean something in one of the forms, or nearly do.
const TEXTS: &[&str] = &[
    "",
    "x",
    "proto",
    "worker",
    "one-shot",
    "known",
    "any",
    "success",
    "plain",
    "hex",
    "whole",
    "bytes",
    "responses",
    "exit",
    "slow-work",
    "TERM",
    "close-stdin",
    "multiplex",
    "W-031",
    "W-0",
    "w-031",
    "0a0",
    "0A 0b",
    "a.c",
    "../a",
    "a/..",
    "/a",
    "AA==",
    "AB==",
    "AAE=",
    "pwp/script/v1",
    "pwp/workload/v1",
];

/// Numbers at the borders of the types in use.
const NUMBERS: &[i64] = &[
    0,
    -1,
    1,
    60_000,
    60_001,
    67_108_864,
    67_108_865,
    2_147_483_647,
    2_147_483_648,
    -2_147_483_648,
    -2_147_483_649,
];

/// Every document that differs from `value` in one place.
///
/// Not among them: `null`, arrays in place of objects and fractions of zeros, which serde reads more freely than a
/// schema can say. Nobody is promised that they are read.
pub(crate) fn mutants(value: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect(value, String::new(), &mut pointers);
    let mut found = Vec::new();
    for pointer in &pointers {
        for replacement in replacements(value.pointer(pointer).expect("it was just collected")) {
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).expect("it was just collected") = replacement;
            found.push(changed);
        }
    }
    found
}

fn collect(value: &Value, at: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| collect(item, format!("{at}/{index}"), pointers));
        }
        _ => {}
    }
    pointers.push(at);
}

/// What can stand in place of `value`.
fn replacements(value: &Value) -> Vec<Value> {
    let mut new: Vec<Value> = vec![json!(true), json!(false), json!({}), json!({"at": [1]}), json!(1.5)];
    new.extend(TEXTS.iter().map(|text| json!(text)));
    new.extend(NUMBERS.iter().map(|number| json!(number)));
    match value {
        Value::Object(members) => {
            for name in members.keys() {
                let mut fewer = members.clone();
                fewer.remove(name);
                new.push(Value::Object(fewer.clone()));
                let renamed = if name.contains('-') { name.replace('-', "_") } else { name.to_uppercase() };
                fewer.insert(renamed, members[name].clone());
                new.push(Value::Object(fewer));
            }
            let mut more = members.clone();
            more.insert("surplus".into(), json!(1));
            new.push(Value::Object(more));
        }
        Value::Array(items) => {
            new.push(json!([]));
            for index in 0..items.len() {
                new.push(
                    items
                        .iter()
                        .enumerate()
                        .filter(|(i, _)| *i != index)
                        .map(|(_, item)| item.clone())
                        .collect(),
                );
                new.push(items.iter().chain([&items[index]]).cloned().collect());
                let mut swapped = items.clone();
                swapped.swap(0, index);
                new.push(Value::Array(swapped));
            }
            new.push(items.iter().cloned().chain([json!({})]).collect());
            new.push(items.iter().cloned().chain([json!("proto")]).collect());
        }
        _ => new.push(json!([])),
    }
    new.retain(|other| other != value);
    new
}
