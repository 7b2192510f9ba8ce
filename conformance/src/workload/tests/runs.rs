//! What a run makes of a workload: a shell script stands in for the tool, and reports on stderr what it finds.

use std::time::Duration;

use pwp_proto::Framing;

use super::{Workload, WorkloadFolder};
use crate::runner::{Command, References, RunError, Subject, TimeLimits, run};
use crate::script::{self, Script};
use crate::workload::Work;
use pwp_spec::Features;

/// Runs one script with the command of the workload; what the subject said on stderr.
fn stderr(workload: Workload, script: &Script) -> Result<String, RunError> {
    let command = Command::of_workload(&workload).unwrap();
    let (dialect, features, references) = (Framing::Proto, Features::new(), References::new());
    let subject = Subject { command, dialect, features, workload, references };
    run(&subject, script, &TimeLimits::new(Duration::from_secs(20))).map(|outcome| outcome.stderr)
}

fn script(steps: &str) -> Script {
    let text = format!(
        r#"{{"schema": "pwp/script/v1", "name": "s", "about": "", "dialects": ["proto"], "steps": [{steps}]}}"#
    );
    script::parse("s", &text).unwrap()
}

const ONE_SHOT: &str = r##"
command = ["./tool.sh", "{run}", "data/words.txt"]
environment = { GREETING = "from {run}", PWD_IS_NOT_MINE = "{{run}}" }

[[input]]
path = "bin/said"
content = "#!/bin/sh\necho said {run}\n"
executable = true

[[input]]
path = "in"
from = "data"

[[request]]
name = "plain"
kind = "success"
arguments = ["plain", "{run}/x"]
inputs = ["in"]

[[request]]
name = "changed"
kind = "success"
arguments = ["changed"]
inputs = ["in"]
changes = [{ path = "in/words.txt", content = "other" }, { path = "in/new.txt", content = "new" }]
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
        assert_eq!(stderr(workload, &script(&start)).unwrap(), said, "{request}");
    }
}

#[test]
fn a_request_that_the_workload_does_not_have_is_named() {
    for steps in [
        r#"{"start": {"mode": "one-shot", "request": "compile"}}"#,
        r#"{"send": {"messages": [{"request": "plain"}, {"request": "compile"}]}}"#,
    ] {
        let (_place, workload) = one_shot();
        let error = stderr(workload, &script(steps)).unwrap_err();
        assert!(
            matches!(&error, RunError::UnknownRequest { request, .. } if request == "compile"),
            "{error}"
        );
        assert!(error.to_string().contains("--workload FILE"), "{error}");
    }
}

#[test]
fn words_of_a_command_are_paths_in_the_folder_of_the_workload() {
    let (place, mut workload) = one_shot();
    let folder = place.path().canonicalize().unwrap();
    let shown = |workload: &Workload| Command::of_workload(workload).unwrap().argv.split_off(1);
    assert_eq!(shown(&workload), ["{run}".to_owned(), folder.join("data/words.txt").display().to_string()]);
    workload = place
        .load("command = [\"./tool.sh\", \"./gone.js\", \"../gone\", \"gone/too\", \"text/plain\", \"--config=data/words.txt\"]")
        .unwrap();
    let folder = folder.display();
    assert_eq!(
        shown(&workload),
        [
            format!("{folder}/gone.js"),
            format!("{folder}/../gone"),
            "gone/too".into(),
            "text/plain".into(),
            format!("--config={folder}/data/words.txt"),
        ]
    );
}

#[test]
fn a_request_that_is_not_plain_is_picked_only_for_want_of_another() {
    let text = ONE_SHOT.to_owned() + "\n[[request]]\nname = \"simple\"\nkind = \"success\"\n";
    let mut workload =
        WorkloadFolder::new(&[("data/words.txt", "words"), ("tool.sh", TOOL)]).load(&text).unwrap();
    let picked = |workload: &Workload, index| workload.pick(Work::Any, index).map(|item| item.name.clone());
    assert_eq!([0, 1, 2].map(|index| picked(&workload, index).unwrap()), ["simple"; 3]);
    workload.requests.retain(|item| item.name != "simple");
    assert_eq!([0, 1, 2].map(|index| picked(&workload, index).unwrap()), ["plain", "changed", "plain"]);
    workload.requests.clear();
    assert_eq!(picked(&workload, 0), None);
}
