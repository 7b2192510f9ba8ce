//! The schemas against their examples, against every file that they are about, and against our own readers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "schemas/events.rs"]
mod events;
#[path = "schemas/loaders.rs"]
mod loaders;
#[path = "schemas/mutants.rs"]
mod mutants;
#[path = "schemas/report.rs"]
mod report;
#[path = "schemas/walk.rs"]
mod walk;

use std::collections::BTreeSet;

use loaders::is_strict;
use pwp::history::{Transcript, TranscriptFile};
use pwp_proto::Framing;
use serde_json::Value;
use walk::{Example, Family, Problem, families, file, files, v1};

/// Fails unless all of these files are there, valid, and read by us.
#[track_caller]
fn all_valid(name: &str, found: &[Example]) {
    let family = v1(name);
    assert!(!found.is_empty(), "no file of the kind {name} was found");
    for example in found {
        let problems = family.problems(&example.value);
        assert!(problems.is_empty(), "{}: {problems:#?}", example.path);
        let read = loaders::read(name, &example.text);
        assert_eq!(read, Ok(()), "{} is valid, but pwp does not read it", example.path);
    }
}

#[test]
fn every_schema_is_itself_valid() {
    let families = families();
    assert!(
        families.len() >= 8,
        "requirements, both messages, script, workload, expectations, transcript, report"
    );
    for family in families {
        let (key, schema) = (family.key(), &family.schema);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{key}");
        if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
            panic!("{key}: {error} at {}", error.instance_path());
        }
        // Both spellings name the folder: `pwp/script/v1`, `urn:pwp:requirements:v1`.
        let id = schema["$id"].as_str().unwrap();
        let id = id.strip_prefix("urn:").unwrap_or(id).replace(':', "/");
        assert_eq!(id, format!("pwp/{}/{}", family.name, family.version));
        for member in ["title", "description"] {
            assert!(schema[member].as_str().is_some_and(|text| !text.is_empty()), "{key} has no {member}");
        }
        described(&key, schema, schema);
        schema["$defs"]
            .as_object()
            .into_iter()
            .flatten()
            .for_each(|(_, inner)| described(&key, schema, inner));
    }
}

/// Every member of an object says what it is, itself or where its `$ref` points to.
fn described(key: &str, root: &Value, schema: &Value) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let target =
            member["$ref"].as_str().and_then(|pointer| root.pointer(pointer.trim_start_matches('#')));
        let texts = [member.get("description"), target.and_then(|target| target.get("description"))];
        let adds_nothing = member.get("const").is_some() || member.get("type").is_none();
        let has_text = texts.iter().flatten().any(|text| text.as_str().is_some_and(|text| !text.is_empty()));
        assert!(has_text || adds_nothing, "{key}: {name} has no description");
    }
}

#[test]
fn every_schema_has_examples_of_both_kinds() {
    for family in families() {
        for kind in ["valid", "invalid"] {
            assert!(!family.examples(kind).is_empty(), "{} has no {kind} example", family.key());
        }
        let known = ["invalid", "refused", "valid"];
        let unknown: Vec<String> =
            family.kinds().into_iter().filter(|kind| !known.contains(&kind.as_str())).collect();
        assert!(unknown.is_empty(), "{}: nothing looks at examples/{unknown:?}", family.key());
    }
}

#[test]
fn valid_examples_are_valid() {
    for family in families() {
        all_valid(&family.name, &family.examples("valid"));
    }
}

#[test]
fn invalid_examples_fail_for_the_reason_in_their_name_and_no_other() {
    let reasons = file("schema/reasons.toml").value;
    let mut missing = String::new();
    for family in families() {
        for example in family.examples("invalid") {
            let problems = family.problems(&example.value);
            let [problem] = problems.as_slice() else {
                panic!("{} has {} problems, not one: {problems:#?}", example.path, problems.len())
            };
            let row = &reasons[&family.name][&family.version][&example.stem];
            let row: Vec<&str> = row.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let [at, keyword, part] = row[..] else {
                let Problem { at, keyword, message } = problem;
                missing += &format!("[{}] {} = {:?}\n", family.key(), example.stem, [at, keyword, message]);
                continue;
            };
            assert_eq!((problem.at.as_str(), problem.keyword.as_str()), (at, keyword), "{}", example.path);
            assert!(
                problem.message.contains(part),
                "{}: {part:?} is not in {:?}",
                example.path,
                problem.message
            );
        }
    }
    assert!(missing.is_empty(), "add to schema/reasons.toml, if that is what the name says:\n{missing}");
}

#[test]
fn every_reason_has_its_example() {
    let reasons = file("schema/reasons.toml").value;
    let mut rows = BTreeSet::new();
    for (name, versions) in reasons.as_object().unwrap() {
        for (version, table) in versions.as_object().unwrap() {
            rows.extend(table.as_object().unwrap().keys().map(|stem| format!("{name}.{version}.{stem}")));
        }
    }
    for family in families() {
        for example in family.examples("invalid") {
            rows.remove(&format!("{}.{}", family.key(), example.stem));
        }
    }
    assert!(rows.is_empty(), "schema/reasons.toml has rows without a file: {rows:?}");
}

#[test]
fn our_readers_refuse_the_invalid_examples() {
    for family in families().iter().filter(|family| is_strict(&family.name)) {
        for example in family.examples("invalid") {
            assert!(loaders::read(&family.name, &example.text).is_err(), "pwp reads {}", example.path);
        }
    }
}

/// What the schema cannot say: each of these is valid and refused all the same.
#[test]
fn refused_examples_are_valid_and_refused() {
    for family in families() {
        for example in family.examples("refused") {
            let problems = family.problems(&example.value);
            assert!(problems.is_empty(), "{} belongs under invalid: {problems:#?}", example.path);
            assert!(loaders::read(&family.name, &example.text).is_err(), "pwp reads {}", example.path);
        }
    }
}

/// Reasons of our readers that compare two places of a file, which a schema cannot.
const RELATIONS: [&str; 8] = [
    "a step makes more than",
    "two actions are called",
    "stands twice",
    "stands in the file twice",
    "two requests are named",
    "add an [[input]] with that path",
    "have the same sandbox",
    "takes away the inputs of a request",
];

#[test]
fn schemas_and_readers_agree_on_every_small_change_to_an_example() {
    let script = v1("script");
    for family in families() {
        let (mut accepted, mut refused) = (0, 0);
        for example in family.examples("valid") {
            for mutant in mutants::mutants(&example.value) {
                // Not every JSON document can be written in TOML.
                let toml = ["workload", "expectations"].contains(&family.name.as_str());
                let text = if toml { toml::to_string(&mutant) } else { Ok(mutant.to_string()) };
                let Ok(text) = text else { continue };
                let read = loaders::read(&family.name, &text);
                if read.as_ref().is_err_and(|reason| RELATIONS.iter().any(|part| reason.contains(part))) {
                    continue;
                }
                let mut problems = family.problems(&mutant);
                if family.name == "report" {
                    problems.extend(inner_problems(&script, &mutant));
                }
                let agree = problems.is_empty() == read.is_ok();
                // An open form says more than its reader asks for, never less.
                let stricter = !is_strict(&family.name) && !problems.is_empty();
                let path = &example.path;
                assert!(
                    agree || stricter,
                    "{path} changed to {text}\nthe schema: {problems:#?}\npwp: {read:?}"
                );
                *(if problems.is_empty() { &mut accepted } else { &mut refused }) += 1;
            }
        }
        assert!(
            accepted >= 20 && refused >= 200,
            "{}: {accepted} valid, {refused} invalid changes",
            family.key()
        );
    }
}

/// What the schema of scripts has against the scripts inside a report, of which the report's own says nothing.
fn inner_problems(script: &Family, report: &Value) -> Vec<Problem> {
    scripts(report).into_iter().flat_map(|inner| script.problems(inner)).collect()
}

/// The scripts inside a report.
fn scripts(report: &Value) -> Vec<&Value> {
    let requirements = report["requirements"].as_array().into_iter().flatten();
    requirements
        .flat_map(|requirement| requirement["violations"].as_array().into_iter().flatten())
        .filter_map(|violation| violation.get("script"))
        .collect()
}

#[test]
fn the_built_in_scripts_are_valid() {
    let scripts = files("conformance/scripts", "json");
    assert_eq!(scripts.len(), pwp::script::fixed().len());
    all_valid("script", &scripts);
    for script in scripts {
        let (_number, name) = script.stem.split_once('-').unwrap();
        assert_eq!(script.value["name"], name, "{} has another name", script.path);
    }
}

#[test]
fn the_built_in_cases_are_valid() {
    let cases = files("conformance/cases", "json");
    assert_eq!(cases.len(), pwp::client::fixed_cases().len());
    all_valid("case", &cases);
    let family = v1("case");
    for case in pwp::client::fixed_cases() {
        let written = serde_json::to_value(case).unwrap();
        assert_eq!(family.problems(&written), [], "{}", case.name);
    }
}

#[test]
fn what_we_write_as_a_script_is_valid() {
    let family = v1("script");
    for script in pwp::script::fixed() {
        let written = serde_json::to_value(script).unwrap();
        assert_eq!(family.problems(&written), [], "{}", script.name);
    }
}

#[test]
fn the_workloads_are_valid() {
    all_valid("workload", &[file("reference-worker/workload.toml")]);
    all_valid("workload", &files("tests/interop/workloads", "toml"));
}

#[test]
fn the_requirements_are_valid() {
    all_valid("requirements", &[file("spec/requirements.json")]);
}

/// Messages in the forms that other implementations write.
#[test]
fn golden_messages_are_valid() {
    let golden = file("proto/golden/messages.json").value;
    let (requests, responses) = (v1("work-request"), v1("work-response"));
    for case in golden["cases"].as_array().unwrap() {
        let family = if case["message"] == "WorkRequest" { &requests } else { &responses };
        for form in ["python", "python_defaults", "java", "java_defaults"] {
            let text = case[form].as_str().unwrap();
            let value = serde_json::from_str(text).unwrap();
            let problems = family.problems(&value);
            let bare_response = case["message"] == "WorkResponse" && text == "{}";
            assert_eq!(problems.is_empty(), !bare_response, "{}: {text}: {problems:#?}", case["name"]);
        }
    }
}

#[test]
fn transcripts_of_every_event_are_valid() {
    let family = v1("transcript");
    let known = family.schema.pointer("/$defs/entry/properties/kind/examples").unwrap();
    let known: BTreeSet<&str> = known.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for dialect in Framing::ALL {
        let mut transcript = Transcript::new(dialect);
        // Often enough that the middle is left out.
        for _ in 0..40 {
            events::every_event(dialect).iter().for_each(|event| transcript.record(event));
        }
        let written = transcript.to_file("every-event");
        let value = serde_json::to_value(&written).unwrap();
        assert_eq!(family.problems(&value), [], "{value:#}");
        assert_eq!(serde_json::from_value::<TranscriptFile>(value).unwrap(), written);
        let kinds: BTreeSet<&str> = written.entries.iter().map(|entry| entry.kind.as_str()).collect();
        assert_eq!(kinds, known, "the kinds that are written and those that the schema names");
    }
}

/// Fails unless the members of `value`, all the way down, are those that the schema names.
fn same_members(root: &Value, schema: &Value, value: &Value, at: &str) {
    let target = schema["$ref"].as_str().and_then(|pointer| root.pointer(pointer.trim_start_matches('#')));
    let schema = target.unwrap_or(schema);
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| same_members(root, &schema["items"], item, at));
    }
    if let (Some(named), Some(written)) = (schema["properties"].as_object(), value.as_object()) {
        if named.len() == 1 {
            // Another schema has the rest.
            return;
        }
        let names: BTreeSet<&String> = named.keys().collect();
        assert_eq!(names, written.keys().collect(), "{at}: named in the schema, and written");
        named
            .iter()
            .for_each(|(name, member)| same_members(root, member, &written[name], &format!("{at}/{name}")));
    }
}

#[test]
fn a_report_has_the_members_that_the_schema_names() {
    let family = v1("report");
    let value = serde_json::to_value(report::every_member()).unwrap();
    assert_eq!(family.problems(&value), []);
    // Only bytes have `hex` and `bytes`, so one entry that has both stands for all.
    let mut short = value.clone();
    let transcript =
        short.pointer_mut("/requirements/0/violations/0/transcript").unwrap().as_array_mut().unwrap();
    transcript.retain(|entry| entry.get("hex").is_some() && entry.get("note").is_some());
    assert!(!transcript.is_empty());
    same_members(&family.schema, &family.schema, &short, "");

    let verdicts: Vec<Value> =
        report::verdicts().iter().map(|verdict| serde_json::to_value(verdict).unwrap()).collect();
    assert_eq!(family.schema["$defs"]["verdict"]["enum"].as_array(), Some(&verdicts));
}

#[test]
fn a_report_holds_whole_scripts_and_entries_of_transcripts() {
    let (family, script, transcripts) = (v1("report"), v1("script"), v1("transcript"));
    assert_eq!(family.schema["$defs"]["entry"], transcripts.schema["$defs"]["entry"]);
    let mut found = 0;
    for example in family.examples("valid") {
        assert_eq!(inner_problems(&script, &example.value), [], "{}", example.path);
        found += scripts(&example.value).len();
    }
    assert!(found > 0);
}

/// What we read of a report we write again, so nothing that the examples show is lost on the way.
#[test]
fn reports_survive_a_round_trip() {
    for example in v1("report").examples("valid").iter().filter(|example| example.stem != "later-additions") {
        let read: pwp::report::Report = serde_json::from_str(&example.text).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), example.value, "{}", example.path);
    }
}
