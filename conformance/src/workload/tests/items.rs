//! Requests: their files, their changes, their templates.

use std::path::Path;

use super::{Workload, WorkloadFolder};
use crate::workload::Content;

const WORKLOAD: &str = r#"
command = ["{workload}/tool", "--root={run}"]
dialect = "json"
environment = { HOME_OF_TOOL = "{workload}", OUT = "{run}/out" }
argfile = false
one_shot = false
input = [{ path = "in", from = "src" }, { path = "late.txt", content = "{run} in {workload}, {{run}}" }]

[[request]]
name = "a file of the folder"
kind = "success"
arguments = ["{run}/in/a.c", "{{run}}", "{x}"]
inputs = ["in/sub/b.c", "late.txt"]
output = "{run} done"
outputs = [{ path = "o/./a.o", content = "{run}" }, { path = "o/b.o", varies = true }]

[[request]]
name = "the folder, changed"
kind = "failure"
inputs = ["in", "in/a.c"]
changes = [{ path = "in//a.c", content = "changed in {run}" }, { path = "new.h", content = "new" }]
output_varies = true
"#;

/// The workload in its folder, and the path of that.
fn place() -> (WorkloadFolder, Workload, String) {
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("src/sub/b.c", "B")]);
    let workload = place.load(WORKLOAD).unwrap();
    let folder = place.path().canonicalize().unwrap().display().to_string();
    (place, workload, folder)
}

fn text(content: &Content) -> String {
    String::from_utf8(content.bytes_in("/run".as_ref()).into_owned()).unwrap()
}

#[test]
fn a_request_has_exactly_the_files_that_it_declares() {
    let (_place, workload, folder) = place();
    let files = |name: &str| {
        let files = workload.files_of(workload.item(name).unwrap());
        files.map(|(path, content)| format!("{path}: {}", text(content))).collect::<Vec<_>>()
    };
    let late = format!("late.txt: /run in {folder}, {{run}}");
    assert_eq!(files("a file of the folder"), ["in/sub/b.c: B", &late]);
    assert_eq!(files("the folder, changed"), ["in/a.c: changed in /run", "in/sub/b.c: B", "new.h: new"]);
}

#[test]
fn what_changes_is_known_with_what_stands_there_usually() {
    let (_place, workload, _) = place();
    let usual = workload.changing().into_iter().map(|(path, content)| (path, content.map(text)));
    assert_eq!(usual.collect::<Vec<_>>(), [("in/a.c", Some("A".to_owned())), ("new.h", None)]);
}

#[test]
fn templates_are_replaced_in_all_places() {
    let (_place, workload, folder) = place();
    let run = Path::new("/run");
    let item = workload.item("a file of the folder").unwrap();
    assert_eq!(item.arguments_in(run), ["/run/in/a.c", "{run}", "{x}"]);
    assert_eq!(item.expected_in(run, false).output.as_deref(), Some("/run done"));
    let output = &item.outputs[0];
    assert_eq!((&*output.path, output.content.as_ref().map(text)), ("o/a.o", Some("/run".to_owned())));
    let command: Vec<String> = workload.command.iter().map(|word| word.in_run(run)).collect();
    assert_eq!(command, [format!("{folder}/tool"), "--root=/run".into()]);
    let environment = [("HOME_OF_TOOL", folder), ("OUT", "/run/out".to_owned())];
    assert_eq!(workload.environment_in(run), environment);
}

#[test]
fn what_the_file_does_not_say_has_its_default() {
    let least = WorkloadFolder::new(&[]).load("").unwrap();
    assert!(least.argfile && least.one_shot && least.command.is_empty() && least.dialect.is_none());
    let (_place, said, _) = place();
    assert!(!said.argfile && !said.one_shot && said.dialect == Some(pwp_proto::Framing::Json));
    let [varying, changed] = &said.requests[..] else { panic!("{:?}", said.requests) };
    assert!(!varying.output_varies && varying.outputs[1].varies && !varying.outputs[0].varies);
    assert!(changed.output_varies);
}
