//! What a run makes of a workload: a shell script stands in for the tool, and reports on stderr what it finds.

use std::time::Duration;

use pwp_proto::Framing;

use super::{Workload, WorkloadFolder};
use crate::runner::{Command, References, RunError, Subject, TimeLimits, run};
use crate::script;
use crate::workload::Work;
use pwp_spec::Features;

/// Runs these steps with the command of the workload; what the subject said on stderr.
fn stderr(workload: Workload, steps: &str) -> Result<String, RunError> {
    let text = r#"{"schema": "pwp/script/v1", "name": "s", "about": "", "dialects": ["proto"], "steps": "#;
    let script = script::parse("s", &format!("{text}[{steps}]}}")).unwrap();
    let command = Command::of_workload(&workload).unwrap();
    let (dialect, features, references) = (Framing::Proto, Features::new(), References::new());
    let subject = Subject { command, dialect, features, workload, references };
    run(&subject, &script, &TimeLimits::new(Duration::from_secs(20), None)).map(|outcome| outcome.stderr)
}

const ONE_SHOT: &str = r##"
command = ["./tool.sh", "{run}", "data/words.txt"]
environment = { GREETING = "from {run}", PWD_IS_NOT_MINE = "{{run}}" }
input = [
    { path = "bin/said", content = "#!/bin/sh\necho said {run}\n", executable = true },
    { path = "in", from = "data" },
]
request = [
    { name = "plain", kind = "success", arguments = ["plain", "{run}/x"], inputs = ["in"] },
    { name = "changed", kind = "success", arguments = ["changed"], inputs = ["in"], changes = [
        { path = "in/words.txt", content = "other" },
        { path = "in/new.txt", content = "new" },
    ] },
]
"##;

/// Says where it is, what it was given, what it finds.
const TOOL: &str = r##"#!/bin/sh
[ "$1" = "$PWD" ] && [ "$GREETING" = "from $1" ] && [ "$PWD_IS_NOT_MINE" = '{run}' ] || echo "wrong: $* $GREETING $PWD" >&2
[ "$(bin/said)" = "said $1" ] || echo "wrong: bin/said" >&2
[ "$4" = "" ] || [ "$4" = "$1/x" ] || echo "wrong: $4" >&2
echo "$(cat "$2") $3 $(cat in/words.txt) $(cat in/new.txt 2>/dev/null || echo none)" >&2
"##;

fn one_shot() -> (WorkloadFolder, Workload) {
    use std::os::unix::fs::PermissionsExt as _;
    let place = WorkloadFolder::new(&[("data/words.txt", "words"), ("tool.sh", TOOL)]);
    let tool = place.path().join("tool.sh");
    std::fs::set_permissions(tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let workload = place.load(ONE_SHOT).unwrap();
    (place, workload)
}

#[test]
fn command_environment_and_files_are_as_the_workload_says() {
    for (request, said) in [("plain", "words plain words none\n"), ("changed", "words changed other new\n")] {
        let (_place, workload) = one_shot();
        let start =
            format!(r#"{{"start": {{"mode": "one-shot", "request": "{request}"}}}}, {{"await": "exit"}}"#);
        assert_eq!(stderr(workload, &start).unwrap(), said, "{request}");
    }
}

#[test]
fn a_request_that_the_workload_does_not_have_is_named() {
    for steps in [
        r#"{"start": {"mode": "one-shot", "request": "compile"}}"#,
        r#"{"send": {"messages": [{"request": "plain"}, {"request": "compile"}]}}"#,
    ] {
        let (_place, workload) = one_shot();
        let error = stderr(workload, steps).unwrap_err();
        assert!(
            error.to_string().contains("request \"compile\"")
                && error.to_string().contains("--workload FILE")
        );
    }
}

#[test]
fn words_of_a_command_are_paths_in_the_folder_of_the_workload() {
    let (place, mut workload) = one_shot();
    let folder = place.path().canonicalize().unwrap().display().to_string();
    let shown = |workload: &Workload| {
        let argv = Command::of_workload(workload).unwrap().argv.split_off(1);
        argv.iter().map(|word| word.replace(&folder, "FOLDER")).collect::<Vec<_>>()
    };
    assert_eq!(shown(&workload), ["{run}", "FOLDER/data/words.txt"]);
    let words =
        r#"["./tool.sh", "./gone.js", "../gone", "gone/too", "text/plain", "--config=data/words.txt"]"#;
    workload = place.load(&format!("command = {words}")).unwrap();
    let expected =
        ["FOLDER/gone.js", "FOLDER/../gone", "gone/too", "text/plain", "--config=FOLDER/data/words.txt"];
    assert_eq!(shown(&workload), expected);
}

#[test]
fn a_request_that_is_not_plain_is_picked_only_for_want_of_another() {
    let (place, _) = one_shot();
    let simple = "request = [{ name = 'simple', kind = 'success' },";
    let mut workload = place.load(&ONE_SHOT.replace("request = [", simple)).unwrap();
    let picked = |workload: &Workload| {
        [0, 1, 2]
            .map(|index| workload.pick(Work::Any, index).map(|item| item.name.clone()).unwrap_or_default())
    };
    assert_eq!(picked(&workload), ["simple"; 3]);
    workload.requests.retain(|item| item.name != "simple");
    assert_eq!(picked(&workload), ["plain", "changed", "plain"]);
    workload.requests.clear();
    assert_eq!(picked(&workload), [""; 3]);
}
