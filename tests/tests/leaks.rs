//! State that leaks from one request into the next: found among 30 requests and shrunk to the guilty pair; and results that
//! differ by themselves, for which no other request is blamed.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;

use pwp::report::{Report, Verdict};
use pwp::script::{Message, Script, Step};
use pwp_tests::watched::{Ended, Pwp};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
/// Requests of the workload in which a leak is looked for.
const REQUESTS: usize = 30;
/// Processes that finding and shrinking one leak may take: 60 to learn what each request gives alone, about 20 in which they
/// meet, and what the shrinking adds to that.
const PROCESSES: u32 = 160;

/// What a run of the drawn scripts says of a worker with this workload.
fn check(workload: &str, seed: &str, subject: &[&str]) -> (Ended, Report) {
    let run = Pwp::new(PWP);
    let file = run.out().join("workload.toml");
    fs::write(&file, workload).unwrap();
    let shell = run.out().join("worker.sh");
    fs::write(&shell, format!("PWP='{PWP}'\n{SHELL}")).unwrap();
    let shell = shell.display().to_string();
    let subject = subject.iter().map(|word| word.replace("{shell}", &shell));
    let ended = run
        .args(["check", "worker", "--only", "drawn-*", "--budget", "50s", "--seed", seed, "--jobs", "1"])
        .args(["--workload".as_ref(), file.as_os_str()])
        .with_report()
        .args(["--"])
        .args(subject)
        .run();
    assert_eq!(ended.left, [""; 0], "left behind");
    let report = ended.report();
    (ended, report)
}

/// Requests of the reference tool that have nothing to do with each other. `poison` and `victim`: the positions of the two that
/// the fault `leak-after` ties together. `output`: more members of what each writes.
fn generated(poison: usize, victim: usize, output: &str) -> String {
    let mut text = "schema = \"pwp/workload/v1\"\nname = \"generated\"\n".to_owned();
    for number in 0..REQUESTS {
        let name = match number {
            _ if number == poison => "poison".to_owned(),
            _ if number == victim => "victim".to_owned(),
            _ => format!("request-{number}"),
        };
        let _ = write!(
            text,
            r#"
[[input]]
path = "in/{number}.txt"
content = "text {number}\n"

[[request]]
name = "{name}"
kind = "success"
arguments = ["--print={name}", "--in=in/{number}.txt", "--out=out/{number}.txt"]
inputs = ["in/{number}.txt"]
outputs = [{{ path = "out/{number}.txt"{output} }}]
"#
        );
    }
    text
}

const LEAKS: [&str; 3] = [PWP, "worker", "--fault=leak-after"];

fn violated(report: &Report) -> Vec<String> {
    report.violated().map(|result| result.id.to_string()).collect()
}

/// The requests of a script, by their names.
fn names(steps: &[Step]) -> Vec<&str> {
    let sent = steps.iter().filter_map(|step| match step {
        Step::Send(send) => Some(&send.messages),
        _ => None,
    });
    sent.flatten().map(|message: &Message| message.request.as_deref().unwrap_or("?")).collect()
}

/// However far apart the two are, and in whichever order they stand in the file.
#[test]
fn a_leak_among_thirty_requests_is_shrunk_to_the_guilty_pair() {
    for (poison, victim, seed) in [(11, 12, "1"), (3, 27, "2"), (29, 0, "3")] {
        let (ended, report) = check(&generated(poison, victim, ""), seed, &LEAKS);
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        assert_eq!(violated(&report), ["W-058"], "{}", ended.stdout);
        let result = report.result("W-058".parse().unwrap()).unwrap();
        assert_eq!(result.verdict, Verdict::Fail, "{}", ended.stdout);
        let [violation] = result.violations.as_slice() else { panic!("{}", ended.stdout) };
        assert_eq!(
            names(&violation.script.as_ref().unwrap().parse::<Script>().unwrap().steps),
            ["poison", "victim"],
            "{}",
            ended.stdout
        );
        assert!(violation.summary.starts_with("`victim` gives another result"), "{}", violation.summary);
        assert_eq!(violation.confirmed.shown, violation.confirmed.of);
        assert!(report.run.processes <= PROCESSES, "{} processes", report.run.processes);
        println!(
            "poison {poison}, victim {victim}: {} ms, {} processes",
            report.run.took_ms, report.run.processes
        );
    }
}

#[test]
fn the_same_worker_without_the_leak_conforms() {
    let (ended, report) = check(&generated(11, 12, ""), "1", &LEAKS[..2]);
    assert_eq!(ended.code, Some(5), "{}", ended.stdout);
    for id in ["W-009", "W-058", "W-069"] {
        let result = report.result(id.parse().unwrap()).unwrap();
        assert_eq!(result.verdict, Verdict::Pass, "{id}: {:?}", result.reason);
    }
}

/// The leak is in bytes that, as the workload says, differ from run to run anyway.
#[test]
fn what_varies_is_not_compared() {
    let (ended, report) = check(&generated(11, 12, ", varies = true"), "1", &LEAKS);
    assert_eq!((ended.code, violated(&report)), (Some(5), vec![]), "{}", ended.stdout);
}

/// A workload for a tool in a shell. `tool`: what it does with the arguments `out` and `count`, a file that all runs share.
fn shell(tool: &str, request: &str, output: &str) -> String {
    let mut text = format!(
        "schema = \"pwp/workload/v1\"\nname = \"a shell\"\n\n[[input]]\npath = \"tool.sh\"\ncontent = '''\n{tool}'''\n"
    );
    for number in 0..3 {
        let _ = write!(
            text,
            r#"
[[request]]
name = "request-{number}"
kind = "success"
arguments = ["tool.sh", "out/{number}.txt", "{{workload}}/count"]
inputs = ["tool.sh"]
outputs = [{{ path = "out/{number}.txt"{output} }}]
{request}
"#
        );
    }
    text
}

/// A shell in both modes.
const SHELL: &str = r#"
case "$1" in
--persistent_worker) exec "$PWP" worker wrap -- sh "$1" ;;
*) exec sh "$@" ;;
esac
"#;

/// Random bytes, as a path in a temporary directory or an address in memory gives them.
const RANDOM: &str = "od -An -N8 -tx8 /dev/urandom > \"$1\"\nod -An -N8 -tx8 /dev/urandom\n";

/// The same while each request is tried alone, and something else afterwards, as the time gives it: twenty times the
/// same number, then the next one.
const CLOCK: &str =
    "echo >> \"$2\"\nnow=$(($(wc -l < \"$2\") / 20))\necho \"$now\" > \"$1\"\necho \"$now\"\n";

#[test]
fn a_tool_that_is_not_deterministic_is_not_blamed_for_a_leak() {
    for tool in [RANDOM, CLOCK] {
        for (request, output) in [("", ""), ("output_varies = true", ", varies = true")] {
            let (ended, report) = check(&shell(tool, request, output), "1", &["sh", "{shell}"]);
            assert_eq!((ended.code, violated(&report)), (Some(5), vec![]), "{}", ended.stdout);
            // What is seen to differ is looked into; what was not the same twice, or varies, is not even compared.
            let looked_into = report.run.processes > report.run.fixed_scripts;
            assert_eq!(looked_into, tool == CLOCK && output.is_empty(), "{}", ended.stdout);
        }
    }
}
