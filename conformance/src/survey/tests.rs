//! What a workload is said to be good for.

use std::collections::BTreeSet;

use super::{LeftOut, Sentence, Survey, describe, survey};
use crate::script::fixed;
use crate::workload::tests::WorkloadFolder;
use crate::workload::{Kind, Workload, parse};
use pwp_spec::{Catalogue, Level};

fn reference() -> Workload {
    parse("reference", pwp_worker::reference::REFERENCE_WORKLOAD).unwrap()
}

fn of(workload: &Workload) -> Survey {
    survey(workload, Catalogue::standard())
}

#[test]
fn the_reference_workload_leaves_nothing_out() {
    let survey = of(&reference());
    assert_eq!(survey.left_out, []);
    for id in ["W-008", "W-054", "W-056", "W-057", "W-086"] {
        assert!(survey.exercises.contains(&id.parse().unwrap()), "{id}: {:?}", survey.exercises);
    }
}

#[test]
fn each_missing_kind_leaves_out_what_the_scripts_and_the_standard_say() {
    for kind in Kind::ALL.iter().copied() {
        let mut workload = reference();
        workload.requests.retain(|item| item.kind != kind);
        let survey = of(&workload);
        let names: Vec<&str> = survey.left_out.iter().map(|left_out| left_out.missing.as_str()).collect();
        assert_eq!(names, [format!("no `{}` request", kind.as_str())]);
        let [left_out] = &survey.left_out[..] else { unreachable!() };
        let scripts: BTreeSet<&str> = left_out.scripts.iter().map(String::as_str).collect();
        let expected: BTreeSet<&str> = fixed()
            .iter()
            .filter(|script| script.fits(pwp_proto::Framing::Proto, &workload.features))
            .filter(|script| script.needs.workload.contains(&kind.work()))
            .map(|script| script.name.as_str())
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(scripts, expected, "{kind:?}");
        let exercised: Vec<_> =
            left_out.requirements.iter().filter(|sentence| survey.exercises.contains(&sentence.id)).collect();
        assert!(exercised.is_empty(), "{kind:?}: both left out and exercised: {exercised:?}");
    }
}

fn lost(workload: &Workload) -> BTreeSet<String> {
    let left_out = of(workload).left_out;
    left_out.iter().flat_map(|left| &left.requirements).map(|sentence| sentence.id.to_string()).collect()
}

#[test]
fn without_slow_requests_no_cancellation_is_seen_to_stop_anything() {
    let mut workload = reference();
    workload.requests.retain(|item| item.kind != Kind::Slow);
    assert!(
        lost(&workload).is_superset(&["W-074".to_owned(), "W-086".to_owned()].into()),
        "{:?}",
        lost(&workload)
    );
    // Who declares no cancellation loses nothing by it.
    workload.features.clear();
    assert!(!lost(&workload).contains("W-086"));
}

#[test]
fn what_the_tool_cannot_do_is_left_out_as_well() {
    let workload = Workload { one_shot: false, ..reference() };
    assert_eq!(of(&workload).left_out[0].missing, "one_shot = false");
    assert!(lost(&workload).contains("W-008"));
    let workload = Workload { argfile: false, ..reference() };
    assert_eq!(lost(&workload), ["W-006".to_owned()].into());
    let workload = Workload { startup_flag: None, ..reference() };
    assert_eq!(of(&workload).left_out[0].missing, "no `startup_flag`");
}

#[test]
fn warnings_name_what_is_probably_not_meant() {
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("src/b.c", "B")]);
    let workload = place
        .load(
            r#"
[[input]]
path = "in"
from = "src"

[[request]]
name = "one"
kind = "success"
outputs = [{ path = "out/a.o" }, { path = "out/a.o" }]

[[request]]
name = "two"
kind = "slow"
outputs = [{ path = "out/a.o" }, { path = "in/a.c" }]
exit_code = 3

[[request]]
name = "three"
kind = "success"
inputs = ["in/a.c"]

[[request]]
name = "four"
kind = "failure"
exit_code = 0
"#,
        )
        .unwrap();
    insta::assert_snapshot!(of(&workload).warnings.join("\n"));
}

#[test]
fn a_workload_without_mistakes_has_no_warnings() {
    let place = WorkloadFolder::new(&[]);
    let text = "[[request]]\nname = \"r\"\nkind = \"success\"\noutputs = [{ path = \"o\" }]\n";
    assert_eq!(of(&place.load(text).unwrap()).warnings, [""; 0]);
}

/// Everything that a survey can have.
fn everything() -> Survey {
    let should = Level::Should;
    let left_out = |missing: &str, requirements: &[(&str, Level, &str)], scripts: &[&str]| LeftOut {
        missing: missing.into(),
        requirements: requirements
            .iter()
            .map(|(id, level, text)| Sentence {
                id: id.parse().unwrap(),
                level: *level,
                text: (*text).into(),
            })
            .collect(),
        scripts: scripts.iter().map(ToString::to_string).collect(),
    };
    let overtaken =
        "A multiplex worker starts requests as they arrive: a quick one is not held up by a slow one.";
    let cancelled = "A cancelled request is answered well before its work would have ended.";
    Survey {
        name: "a compiler".into(),
        command: ["node", "/w/worker.js", "--root={run}"].map(str::to_owned).into(),
        dialect: "json".into(),
        features: vec!["multiplex".into(), "cancellation".into()],
        input_files: 1,
        input_bytes: 1234,
        output_files: 2,
        known_outputs: 1,
        requests: [
            ("success", vec!["compile".into(), "compile with\na \u{1b}[31mline end".into()]),
            ("failure", vec!["syntax error".into()]),
            ("slow", Vec::new()),
        ]
        .into(),
        exercises: ["W-008", "W-053"].map(|id| id.parse().unwrap()).into(),
        left_out: vec![
            left_out(
                "no `slow` request",
                &[("W-074", should, overtaken), ("W-086", should, cancelled)],
                &["cancel-prompt", "overtaken"],
            ),
            left_out("no `startup_flag`", &[], &["flag-known"]),
            left_out(
                "no `stdin` request",
                &[("W-057", Level::Must, "The tool is kept away from the requests.")],
                &[],
            ),
        ],
        warnings: vec![
            "no request has among its inputs: \"a.h\"; name them where they are read, or drop them".into(),
        ],
    }
}

#[test]
fn a_survey_as_text() {
    insta::assert_snapshot!(describe(&everything()));
}

#[test]
fn a_survey_of_nothing_as_text() {
    let nothing = Survey { left_out: Vec::new(), ..of(&Workload::unknown()) };
    insta::assert_snapshot!(describe(&nothing));
}

#[test]
fn a_survey_as_json() {
    insta::assert_json_snapshot!(everything());
}
