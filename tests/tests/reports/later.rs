//! Reports of a later version of the suite: a member that this version does not know costs nothing of the rest.

use std::fs;
use std::path::Path;

use pwp::report::{Report, html, junit, to_json};
use pwp::script::Script;
use serde_json::{Value, json};

use super::{EVERYTHING, everything, walk};

/// Adds a member of the future to each object, all the way down, apart from those whose members are data.
fn with_additions(value: &mut Value) -> usize {
    match value {
        Value::Object(members) => {
            let open =
                members.iter_mut().filter(|(name, _)| !["totals", "observed"].contains(&name.as_str()));
            let added: usize = open.map(|(_, member)| with_additions(member)).sum();
            members.insert("later".into(), json!({"of": ["2027", 1, null]}));
            added + 1
        }
        Value::Array(items) => items.iter_mut().map(with_additions).sum(),
        _ => 0,
    }
}

/// The report without the scripts and cases, which a reader passes on as they are.
fn without_replays(mut report: Report) -> Report {
    for violation in report.requirements.iter_mut().flat_map(|result| &mut result.violations) {
        (violation.script, violation.case) = (None, None);
    }
    report
}

#[test]
fn unknown_members_at_every_level_are_skipped() {
    let mut value: Value = serde_json::from_str(EVERYTHING).unwrap();
    let added = with_additions(&mut value);
    assert!(added > 50, "{added} objects");
    assert_eq!(walk::v1("report").problems(&value), [], "the schema is as lenient as the reader");
    let report: Report = serde_json::from_value(value).unwrap();
    assert_eq!(html(&report, None), html(&everything(), None));
    assert_eq!(junit(&report), junit(&everything()));
    assert_eq!(without_replays(report), without_replays(everything()));
}

/// A script with a step and a member of the future can't be run by this version, and is still shown and passed on whole.
#[test]
fn a_script_of_the_future_costs_only_its_replay() {
    let script = json!({
        "schema": "pwp/script/v1", "name": "a-script-of-2027", "about": "One request.", "dialects": ["proto"],
        "steps": [{"teleport": {"to": "mars"}}, {"send": {"messages": [{"colour": "blue"}]}}], "priority": 7,
    });
    let mut value: Value = serde_json::from_str(EVERYTHING).unwrap();
    let place = value["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .position(|result| result.pointer("/violations/0/script").is_some());
    let pointer = format!("/requirements/{}/violations/0/script", place.unwrap());
    *value.pointer_mut(&pointer).unwrap() = script.clone();
    let report: Report = serde_json::from_value(value.clone()).unwrap();
    let violation = &report.requirements[place.unwrap()].violations[0];
    assert_eq!(violation.name(), "a-script-of-2027");
    assert!(html(&report, None).contains("The smallest script, of 2 steps, showed it in"));
    assert!(violation.script.as_ref().unwrap().parse::<Script>().is_err());
    let written: Value = serde_json::from_str(&to_json(&report)).unwrap();
    assert_eq!(written.pointer(&pointer), Some(&script));
}

/// What the suite has saved is written again as it was read, in the same order and layout.
#[test]
fn the_saved_reports_are_read_and_written_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/reports");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let report: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(to_json(&report) + "\n", text, "{}", path.display());
        assert_eq!(
            walk::v1("report").problems(&serde_json::from_str(&text).unwrap()),
            [],
            "{}",
            path.display()
        );
        read += 1;
    }
    assert!(read > 10, "{read} reports");
}
