//! What the form of a workload alone does not say: names that are unique, entries that do not contradict each other.

use std::collections::BTreeSet;

use pwp_proto::Framing;

use super::file::{InputEntry, RequestEntry, SCHEMA_ID, WorkloadFile};
use super::path::{above, normal};

/// Variables that the suite sets itself.
const RESERVED: [&str; 3] = ["PWD", "PWP_SUBJECT", "TMPDIR"];

/// Finds what contradicts itself.
pub(super) fn check(file: &WorkloadFile) -> Result<(), String> {
    if file.schema != SCHEMA_ID {
        return Err(format!("schema is {:?}; this version of pwp reads {SCHEMA_ID:?}", file.schema));
    }
    start(file)?;
    let mut inputs = BTreeSet::new();
    let mut copied = BTreeSet::new();
    for input in &file.inputs {
        let path = input_path(input)?;
        if input.from.is_some() {
            copied.insert(path.clone());
        }
        if !inputs.insert(path) {
            return Err(format!("input {:?} stands twice; keep one", input.path));
        }
    }
    let mut names = BTreeSet::new();
    for request in &file.requests {
        if !names.insert(request.name.as_str()) {
            return Err(format!("two requests are named {:?}; rename one", request.name));
        }
        check_request(request, &inputs, &copied)?;
    }
    Ok(())
}

/// How the worker is started.
fn start(file: &WorkloadFile) -> Result<(), String> {
    if let Some(command) = &file.command {
        if command.is_empty() {
            return Err("command is empty; name the program, or leave `command` out".into());
        }
        if command.iter().any(|word| word.contains('\0')) {
            return Err("a word of command has a NUL character in it; no program can be given one".into());
        }
    }
    if let Some(dialect) = &file.dialect {
        dialect.parse::<Framing>().map_err(|error| error.to_string())?;
    }
    for (name, value) in &file.environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
            return Err(format!(
                "environment can't have {name:?}: a name is not empty and without `=`, and neither name nor value has a NUL character; write it so"
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("environment sets {name}, which the suite sets itself; leave it out"));
        }
    }
    Ok(())
}

fn input_path(input: &InputEntry) -> Result<String, String> {
    match (&input.content, &input.from) {
        (Some(_), None) => {}
        (None, Some(from)) => drop(normal(from)?),
        (None, None) => {
            return Err(format!(
                "input {:?} says neither `content` nor `from`; write what stands in it or which file it is copied from",
                input.path
            ));
        }
        (Some(_), Some(_)) => {
            return Err(format!("input {:?} says both `content` and `from`; keep one", input.path));
        }
    }
    normal(&input.path)
}

fn check_request(
    request: &RequestEntry,
    inputs: &BTreeSet<String>,
    copied: &BTreeSet<String>,
) -> Result<(), String> {
    let name = &request.name;
    for path in &request.inputs {
        let normal = normal(path)?;
        let in_folder = || above(&normal).any(|folder| copied.contains(folder));
        if !inputs.contains(&normal) && !in_folder() {
            return Err(format!("request {name:?} has the input {path:?}; add an [[input]] with that path"));
        }
    }
    let mut changed = BTreeSet::new();
    for change in &request.changes {
        if !changed.insert(normal(&change.path)?) {
            return Err(format!("request {name:?}: the change of {:?} stands twice; keep one", change.path));
        }
    }
    for output in &request.outputs {
        normal(&output.path)?;
        if output.varies && output.content.is_some() {
            return Err(format!(
                "request {name:?}: output {:?} says both `content` and `varies`; keep one",
                output.path
            ));
        }
    }
    Ok(())
}
