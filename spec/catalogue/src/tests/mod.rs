//! The requirement model: IDs, conditions, the catalogue's file, and the two texts on a small fixed catalogue.

mod schema;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;

use super::*;

/// Three requirements: a judged one with everything, a conditional one that is untested, an observed one.
fn fixed() -> Catalogue {
    let plain = Requirement {
        id: RequirementId::worker(45),
        level: Level::Observed,
        status: Status::Stable,
        dialects: vec![Dialect::Json],
        condition: FeatureCondition::Always,
        workload: None,
        since: "1.0".to_owned(),
        text: "Whether a worker writes a newline after each response.".to_owned(),
        why: "a client that reads lines needs it.".to_owned(),
        sources: vec!["WorkerHandler.java (example/worker-api)".to_owned()],
        remedy: None,
        clients: None,
        untested: None,
        chapter: Chapter { file: "output.md".to_owned(), anchor: "W-045".to_owned() },
    };
    let judged = Requirement {
        id: RequirementId::worker(31),
        level: Level::Must,
        dialects: vec![Dialect::Proto, Dialect::Json],
        text: "A worker writes one `WorkResponse` for each `WorkRequest` whose `cancel` is false.\nA cancel gets none."
            .to_owned(),
        why: "a missing response hangs the build for ever, and an extra one is taken for the answer to the next \
              action, whose result is then wrong."
            .to_owned(),
        sources: vec!["worker.proto (example/build)".to_owned(), "example/build#10288".to_owned()],
        remedy: Some("write the response in a place that every path passes through.".to_owned()),
        clients: Some("a client waits without a limit.".to_owned()),
        chapter: Chapter { file: "output.md".to_owned(), anchor: "W-031".to_owned() },
        ..plain.clone()
    };
    let untested = Requirement {
        id: RequirementId::worker(90),
        level: Level::Should,
        status: Status::Draft,
        dialects: vec![Dialect::Proto, Dialect::Json],
        condition: FeatureCondition::AnyOf(vec![Feature::Multiplex, Feature::Cancellation]),
        workload: Some(WorkloadNeed::Kind("slow".to_owned())),
        text: "No file is written after the response to a cancelled request.".to_owned(),
        untested: Some("a run would take hours.".to_owned()),
        ..judged.clone()
    };
    Catalogue::new("2026-12-draft", [plain, judged, untested])
}

fn evidence() -> Evidence {
    let mut evidence = Evidence::default();
    evidence.add_check("one-response", [RequirementId::worker(31)]);
    evidence.add_check("many-requests", [RequirementId::worker(31), RequirementId::worker(45)]);
    evidence.add_check("many-requests", [RequirementId::worker(31)]);
    evidence.add_fault("drop-response", [RequirementId::worker(31)]);
    evidence
}

#[test]
fn the_embedded_catalogue_parses() {
    let catalogue = Catalogue::from_json(include_str!("../../../requirements.json")).unwrap();
    assert_eq!(&catalogue, Catalogue::standard());
    assert!(!catalogue.is_empty());
}

#[test]
fn ids_round_trip_and_sort_by_role_then_number() {
    let ids = [
        RequirementId::worker(1),
        RequirementId::worker(31),
        RequirementId::worker(1000),
        RequirementId::client(2),
        RequirementId::new(Role::Server, 1),
        RequirementId::new(Role::RemoteClient, 7),
    ];
    let written = ids.map(|id| id.to_string());
    assert_eq!(written, ["W-001", "W-031", "W-1000", "C-002", "S-001", "R-007"]);
    assert!(ids.is_sorted());
    for (id, text) in ids.iter().zip(&written) {
        assert_eq!(&text.parse::<RequirementId>().unwrap(), id);
        assert_eq!(&serde_json::from_str::<RequirementId>(&format!("{text:?}")).unwrap(), id);
    }
}

#[test]
fn people_can_type_ids_loosely_and_files_cannot() {
    assert_eq!("w-31".parse(), Ok(RequirementId::worker(31)));
    let error = RequirementId::parse_canonical("w-31").unwrap_err();
    assert_eq!(error.to_string(), "\"w-31\" is not how the ID is written: write W-031");
    assert!(serde_json::from_str::<RequirementId>("\"W-31\"").is_err());
}

#[test]
fn what_is_no_id_says_how_to_write_one() {
    let errors = ["W031", "W-", "W-0x1", "WW-031", "-031", "X-031", "W-000", "W-99999", "Ü-001"]
        .map(|text| text.parse::<RequirementId>().unwrap_err().to_string());
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn conditions_hold_for_the_declared_features() {
    let both = Features::from([Feature::Multiplex, Feature::Cancellation]);
    let one = Features::from([Feature::Cancellation]);
    let none = Features::new();
    let pair = vec![Feature::Multiplex, Feature::Cancellation];
    let table = [
        (FeatureCondition::Always, [true, true, true]),
        (FeatureCondition::AllOf(pair.clone()), [true, false, false]),
        (FeatureCondition::AnyOf(pair), [true, true, false]),
        (FeatureCondition::Without(Feature::Cancellation), [false, false, true]),
    ];
    for (condition, expected) in table {
        assert_eq!(
            [&both, &one, &none].map(|features| condition.met_by(features)),
            expected,
            "{condition:?}"
        );
    }
}

#[test]
fn a_requirement_applies_by_dialect_condition_and_status() {
    let catalogue = fixed();
    let conditional = catalogue.get(RequirementId::worker(90)).unwrap();
    let multiplex = Features::from([Feature::Multiplex]);
    assert!(conditional.applies(pwp_proto::Dialect::Proto, &multiplex));
    assert!(!conditional.applies(pwp_proto::Dialect::Proto, &Features::new()));
    assert!(
        !catalogue.get(RequirementId::worker(45)).unwrap().applies(pwp_proto::Dialect::Proto, &multiplex)
    );
    let withdrawn = Requirement { status: Status::Deprecated, ..conditional.clone() };
    assert!(!withdrawn.applies(pwp_proto::Dialect::Proto, &multiplex));
}

#[test]
fn names_round_trip() {
    fn each<T: Copy + Debug + Display + PartialEq + FromStr<Err: Debug>>(all: &[T]) {
        all.iter().for_each(|value| assert_eq!(value.to_string().parse::<T>().unwrap(), *value));
    }
    fn in_files<T: Display + Serialize>(all: &[T]) {
        for value in all {
            assert_eq!(serde_json::to_string(value).unwrap(), format!("\"{value}\""));
        }
    }
    each(Role::ALL);
    each(Feature::ALL);
    in_files(Feature::ALL);
    each(Level::ALL);
    in_files(Level::ALL);
    each(Status::ALL);
    in_files(Status::ALL);
    each(&Dialect::ALL);
    in_files(&Dialect::ALL);
    for framing in pwp_proto::Framing::ALL {
        assert_eq!(Dialect::from(framing).framing(), Some(framing));
        assert_eq!(Dialect::from(framing).as_str(), framing.as_str());
    }
    for need in [WorkloadNeed::Any, WorkloadNeed::Kind("slow".to_owned())] {
        assert_eq!(String::from(need.clone()).try_into(), Ok(need));
    }
}

#[test]
fn the_file_round_trips_and_reads_as_expected() {
    let json = fixed().to_json();
    assert_eq!(Catalogue::from_json(&json).unwrap(), fixed());
    insta::assert_snapshot!(json);
}

#[test]
fn files_of_another_shape_are_refused() {
    let json = fixed().to_json();
    let refused = |json: &str| Catalogue::from_json(json).unwrap_err().to_string();
    let other_schema = refused(&json.replace("requirements/v1", "requirements/v2"));
    assert!(other_schema.contains("pwp/requirements/v2"), "{other_schema}");
    assert!(refused(&json.replace("W-045", "W-031")).starts_with("W-031 stands in the file twice"));
    for (from, to) in
        [("\"MUST\"", "\"must\""), ("\"proto\"", "\"xml\""), ("\"why\"", "\"reason\""), ("slow", "Slow one")]
    {
        assert!(json.contains(from));
        assert!(refused(&json.replace(from, to)).starts_with("not a requirements file"), "{to}");
    }
}

#[test]
fn explain_tells_everything() {
    let texts: Vec<String> = fixed().iter().map(|requirement| explain(requirement, &evidence())).collect();
    insta::assert_snapshot!(texts.join("\n------------------------\n"));
}

#[test]
fn list_aligns_its_columns() {
    let all = list(&fixed(), &evidence(), &ListFilter::default(), ListFormat::Human);
    let untested = ListFilter { untested: true, ..ListFilter::default() };
    let untested = list(&fixed(), &evidence(), &untested, ListFormat::Human);
    insta::assert_snapshot!(format!("{all}\nuntested:\n{untested}"));
}

#[test]
fn list_filters_by_each_option() {
    let shown = |filter: ListFilter| -> Vec<u16> {
        fixed().iter().filter(|r| filter.admits(r, &evidence())).map(|r| r.id.number()).collect()
    };
    let all = ListFilter::default();
    assert_eq!(shown(all.clone()), [31, 45, 90]);
    assert_eq!(shown(ListFilter { role: Some(Role::Client), ..all.clone() }), [0; 0]);
    assert_eq!(shown(ListFilter { level: Some(Level::Must), ..all.clone() }), [31]);
    assert_eq!(shown(ListFilter { dialect: Some(Dialect::Proto), ..all.clone() }), [31, 90]);
    assert_eq!(shown(ListFilter { feature: Some(Feature::Cancellation), ..all.clone() }), [90]);
    assert_eq!(shown(ListFilter { untested: true, ..all }), [90]);
}

#[test]
fn list_as_json_is_a_catalogue_again() {
    let filter = ListFilter { level: Some(Level::Should), ..ListFilter::default() };
    let json = list(&fixed(), &evidence(), &filter, ListFormat::Json);
    let shown = Catalogue::from_json(&json).unwrap();
    assert_eq!(shown.iter().map(|r| r.id).collect::<Vec<_>>(), [RequirementId::worker(90)]);
    assert_eq!(shown.revision(), "2026-12-draft");
}
