//! What became of each target, from the file that `--build_event_json_file` names.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::oracle::across::StatusSeen;

/// Largest event file that is read, in bytes.
const LIMIT: u64 = 64 << 20;

/// The status of each target, by its label.
pub(super) fn targets(path: &Path) -> BTreeMap<String, StatusSeen> {
    let mut found = BTreeMap::new();
    let small = std::fs::metadata(path).is_ok_and(|data| data.len() <= LIMIT);
    let text = if small { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
    for line in text.lines() {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        let Some(label) = event["id"]["targetCompleted"]["label"].as_str() else { continue };
        let status = if event["completed"]["success"].as_bool() == Some(true) {
            StatusSeen::Succeeded
        } else if event.get("aborted").is_some() {
            // What the user has interrupted, and what never got its turn.
            StatusSeen::Interrupted
        } else {
            StatusSeen::Failed
        };
        found.insert(label.to_owned(), status);
    }
    found
}
