//! What is allowed in a workload and probably not meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::workload::{Kind, Workload};

/// What to tell the author of a workload, each with the remedy.
pub(super) fn warnings(workload: &Workload) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut writers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &workload.requests {
        for path in item.outputs.iter().map(|output| output.path.as_str()).collect::<BTreeSet<_>>() {
            writers.entry(path).or_default().push(&item.name);
        }
    }
    for (path, names) in writers.iter().filter(|(_, names)| names.len() > 1) {
        warnings.push(format!(
            "{path:?} is an output of {}: while two of them are at work, it can't be judged; give each its own",
            list(names)
        ));
    }
    for (path, names) in writers.iter().filter(|(path, _)| workload.inputs.contains_key(**path)) {
        warnings.push(format!(
            "{path:?} is an input, and an output of {}: the next request finds what that one left; write another file",
            list(names)
        ));
    }
    let used: BTreeSet<&str> =
        workload.requests.iter().flat_map(|item| item.inputs.iter().map(String::as_str)).collect();
    let unused: Vec<&str> =
        workload.inputs.keys().map(String::as_str).filter(|path| !used.contains(path)).collect();
    if !unused.is_empty() {
        warnings.push(format!(
            "no request has among its inputs: {}; name them where they are read, or drop them",
            list(&unused)
        ));
    }
    for item in &workload.requests {
        let name = &item.name;
        if item.kind == Kind::Success && item.outputs.is_empty() {
            warnings.push(format!(
                "request {name:?} succeeds and names no outputs: that they are there with the answer is not seen; add `outputs`"
            ));
        }
        if item.exit_code.is_some_and(|code| (code == 0) != item.kind.succeeds()) {
            warnings.push(format!(
                "request {name:?} is of the kind {}, which its exit_code contradicts; change one",
                item.kind.as_str()
            ));
        }
    }
    warnings
}

/// Names, so many that a line holds them.
fn list(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut text = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
