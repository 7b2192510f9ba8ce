//! Requests: their files, their changes, their templates.

use std::path::Path;

use super::{Workload, WorkloadFolder};

const WORKLOAD: &str = r#"
command = ["{workload}/tool", "--root={run}"]
dialect = "json"
environment = { HOME_OF_TOOL = "{workload}", OUT = "{run}/out" }
argfile = false
one_shot = false

[[input]]
path = "in"
from = "src"

[[input]]
path = "late.txt"
content = "{run} in {workload}, {{run}}"

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

fn place() -> (WorkloadFolder, Workload) {
    let place = WorkloadFolder::new(&[("src/a.c", "A"), ("src/sub/b.c", "B")]);
    let workload = place.load(WORKLOAD).unwrap();
    (place, workload)
}

fn files(workload: &Workload, name: &str) -> Vec<(String, String)> {
    let item = workload.item(name).unwrap();
    workload
        .files_of(item)
        .map(|(path, content)| {
            (path.to_owned(), String::from_utf8_lossy(&content.bytes_in(Path::new("/run"))).into_owned())
        })
        .collect()
}

#[test]
fn a_request_has_exactly_the_files_that_it_declares() {
    let (place, workload) = place();
    let late = format!("/run in {}, {{run}}", place.path().canonicalize().unwrap().display());
    assert_eq!(
        files(&workload, "a file of the folder"),
        [("in/sub/b.c".to_owned(), "B".to_owned()), ("late.txt".into(), late)]
    );
    let changed = [("in/a.c", "changed in /run"), ("in/sub/b.c", "B"), ("new.h", "new")];
    assert_eq!(
        files(&workload, "the folder, changed"),
        changed.map(|(path, text)| (path.to_owned(), text.to_owned()))
    );
}

#[test]
fn what_changes_is_known_with_what_stands_there_usually() {
    let (_place, workload) = place();
    let usual: Vec<(&str, Option<usize>)> = workload
        .changing()
        .into_iter()
        .map(|(path, content)| (path, content.map(super::super::Content::len)))
        .collect();
    assert_eq!(usual, [("in/a.c", Some(1)), ("new.h", None)]);
}

#[test]
fn templates_are_replaced_in_all_places() {
    let (place, workload) = place();
    let (run, folder) = (Path::new("/run"), place.path().canonicalize().unwrap());
    let folder = folder.display();
    let item = workload.item("a file of the folder").unwrap();
    assert_eq!(item.arguments_in(run), ["/run/in/a.c", "{run}", "{x}"]);
    assert_eq!(item.expected_in(run, false).output.as_deref(), Some("/run done"));
    let output = &item.outputs[0];
    assert_eq!(
        (output.path.as_str(), &*output.content.as_ref().unwrap().bytes_in(run)),
        ("o/a.o", &b"/run"[..])
    );
    let command: Vec<String> = workload.command.iter().map(|word| word.in_run(run)).collect();
    assert_eq!(command, [format!("{folder}/tool"), "--root=/run".into()]);
    assert_eq!(
        workload.environment_in(run),
        [("HOME_OF_TOOL", folder.to_string()), ("OUT", "/run/out".to_owned())]
    );
}

#[test]
fn what_the_file_does_not_say_has_its_default() {
    let place = WorkloadFolder::new(&[]);
    let least = place.load("").unwrap();
    assert!(least.argfile && least.one_shot && least.command.is_empty() && least.dialect.is_none());
    let (_place, said) = self::place();
    assert!(!said.argfile && !said.one_shot && said.dialect == Some(pwp_proto::Framing::Json));
    let [varying, changed] = &said.requests[..] else { panic!("{:?}", said.requests) };
    assert!(!varying.output_varies && varying.outputs[1].varies && !varying.outputs[0].varies);
    assert!(changed.output_varies);
}

#[test]
fn a_name_that_is_not_in_the_folder_is_a_mistake() {
    let place = WorkloadFolder::new(&[("src/a.c", "A")]);
    let problem = place.mistake(
        "[[input]]\npath = \"in\"\nfrom = \"src\"\n[[request]]\nname = \"r\"\nkind = \"slow\"\ninputs = [\"in/b.c\"]\n",
    );
    assert!(problem.contains("\"in/b.c\", which is not in the folder that is copied"), "{problem}");
}

#[test]
fn a_workload_that_is_too_large_is_not_read() {
    let place = WorkloadFolder::new(&[]);
    let problem = place.mistake(&format!("# {}\n", "x".repeat(8 << 20)));
    assert!(
        problem.contains("more than 8388608 bytes; keep large inputs in files of their own"),
        "{problem}"
    );
}
