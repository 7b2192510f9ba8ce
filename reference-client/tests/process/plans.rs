//! Plans, from a file to outcomes.

use pwp_client::Interrupt;
use pwp_client::faults::Faults;
use pwp_client::plan::{Outcomes, Plan, StatusName, execute};

use crate::kit::{Bench, Running};

pub(crate) const TESTS: &[(&str, crate::Test)] = &[
    ("builds run one after the other with the same workers", builds),
    ("a build and an action can be interrupted", interrupts),
    ("a race, a cleaning, and an input that changes", race_and_clean),
];

/// Fills in where this test is, and runs the plan.
async fn run(bench: &Bench, plan: &str) -> Outcomes {
    let program = std::env::current_exe().unwrap();
    let plan =
        plan.replace("TOOL", &program.to_string_lossy()).replace("HERE", &bench.path("").to_string_lossy());
    let plan: Plan = toml::from_str(&plan).unwrap();
    execute(&plan, Faults::default(), || Some(Interrupt::new())).await.unwrap()
}

const HEAD: &str = r#"
schema = "pwp/plan/v1"
directory = "HERE/exec"
state = "HERE/state"
"#;

fn builds(bench: Bench) -> Running {
    Box::pin(async move {
        let action = |name: &str| {
            format!(
                r#"
[[builds]]
name = "{name}"
before = [{{ write = {{ path = "a.params", content = "pid\n" }} }}]
[[builds.actions]]
name = "pid"
mnemonic = "Test"
arguments = ["TOOL", "worker", "@a.params"]
inputs = [{{ path = "TOOL", tool = true, digest = "1" }}, "a.params"]
requirements = {{ supports-workers = "1" }}
"#
            )
        };
        let outcomes = run(&bench, &format!("{HEAD}{}{}", action("one"), action("two"))).await;
        let outputs: Vec<&str> =
            outcomes.builds.iter().map(|build| build.actions[0].output.as_str()).collect();
        assert!(outputs[0] == outputs[1] && outputs[0] == outcomes.workers[0].pid.to_string());
        assert_eq!(outcomes.workers.len(), 1);
        assert!(outcomes.workers[0].cause.is_some(), "all have ended");
    })
}

fn interrupts(bench: Bench) -> Running {
    Box::pin(async move {
        let plan = r#"
[[builds]]
before = [{ write = { path = "a.params", content = "hold\nstarted\n" } }]
interrupt_when = { exists = "started" }
[[builds.actions]]
name = "held"
mnemonic = "Test"
arguments = ["TOOL", "worker", "@a.params"]
inputs = [{ path = "TOOL", tool = true, digest = "1" }, "a.params"]
requirements = { supports-workers = "1" }

[[builds]]
before = [{ write = { path = "a.params", content = "hold\nagain\n" } }, { write = { path = "b.params", content = "say\nb\n" } }]
jobs = 1
[[builds.actions]]
name = "held"
mnemonic = "Test"
arguments = ["TOOL", "worker", "@a.params"]
inputs = [{ path = "TOOL", tool = true, digest = "1" }, "a.params"]
requirements = { supports-workers = "1" }
interrupt_when = { exists = "again" }
[[builds.actions]]
name = "other"
mnemonic = "Test"
arguments = ["TOOL", "worker", "@b.params"]
inputs = [{ path = "TOOL", tool = true, digest = "1" }, "b.params"]
requirements = { supports-workers = "1" }
"#;
        let outcomes = run(&bench, &format!("{HEAD}{plan}")).await;
        let statuses: Vec<Vec<StatusName>> = outcomes
            .builds
            .iter()
            .map(|build| build.actions.iter().map(|action| action.status).collect())
            .collect();
        use StatusName::{Interrupted, Success};
        assert_eq!(statuses, [vec![Interrupted], vec![Interrupted, Success]]);
        assert_eq!((outcomes.builds[0].interrupted, outcomes.builds[1].interrupted), (true, false));
    })
}

fn race_and_clean(bench: Bench) -> Running {
    Box::pin(async move {
        let plan = r#"
[[builds]]
before = [
    { write = { path = "a.params", content = "hold\nout\n" } },
    { write = { path = "b.params", content = "write\nout\nother\n" } },
]
[[builds.actions]]
name = "raced"
mnemonic = "Test"
arguments = ["TOOL", "worker", "@a.params"]
inputs = [{ path = "TOOL", tool = true, digest = "1" }, "a.params", "b.params"]
outputs = ["out"]
requirements = { supports-workers = "1" }
race = { arguments = ["TOOL", "worker", "@b.params"], begin_when = { exists = "HERE/state/sandbox/worker-1-Test/out" } }

[[builds]]
before = [
    { clean = "out" },
    { wait_for = "no_workers" },
]
actions = []
"#;
        let outcomes = run(&bench, &format!("{HEAD}{plan}")).await;
        let raced = &outcomes.builds[0].actions[0];
        assert_eq!((raced.status, raced.worker), (StatusName::Success, None), "{raced:?}");
        assert!(!bench.exec("out").is_file());
    })
}
