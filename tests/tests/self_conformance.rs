//! `pwp` against its own reference worker: it conforms, runs can be repeated, found faults can be shown again,
//! and a run can be interrupted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "schemas/walk.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod walk;

use std::fs;

use pwp::report::{Report, Verdict};
use pwp_proto::Framing;
use pwp_spec::{Catalogue, Features, Level};
use pwp_tests::watched::{Ended, Pwp};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// MUSTs that the reference worker is not seen to keep although its features and its workload allow it.
const EXCEPTIONS: [&str; 0] = [];

fn pwp(arguments: &[&str]) -> Ended {
    pwp_on(arguments, &[])
}

/// `subject`: the command behind `--`, none for the built-in one.
fn pwp_on(arguments: &[&str], subject: &[&str]) -> Ended {
    let ended = Pwp::new(PWP).args(arguments).with_report().args(["--"]).args(subject).run();
    clean(&ended);
    assert_eq!(ended.stderr, "");
    ended
}

fn clean(ended: &Ended) {
    assert_eq!(ended.left, [""; 0], "left behind");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}

fn conforms(dialect: Framing) {
    let ended = pwp(&["check", "worker", "--dialect", dialect.as_str(), "--cases", "10"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stdout);
    let report = ended.report();
    assert_eq!(report.violated().count(), 0, "{}", ended.stdout);
    assert!(report.conclusion.conformant && !report.conclusion.partial);
    assert_eq!((report.run.full_waits, report.run.short_waits), (0, 0));

    let features: Features = report.subject.features.iter().copied().collect();
    let mut passed = 0;
    for result in report.requirements.iter().filter(|result| result.level == Level::Must) {
        let requirement = Catalogue::standard().get(result.id).unwrap();
        let expected = if !requirement.applies(dialect, &features) {
            Verdict::Unsupported
        } else if requirement.untested.is_some() || EXCEPTIONS.contains(&result.id.to_string().as_str()) {
            continue;
        } else {
            Verdict::Pass
        };
        passed += usize::from(expected == Verdict::Pass);
        assert_eq!(result.verdict, expected, "{}: {:?}", result.id, result.reason);
    }
    assert!(passed > 50, "only {passed} MUSTs were looked at");

    let written = fs::read_to_string(ended.out().join("report.json")).unwrap();
    let value = serde_json::from_str(&written).unwrap();
    assert_eq!(walk::v1("report").problems(&value), []);
    // What is printed on request is the same.
    let printed =
        Pwp::new(PWP).args(["check", "worker", "--only", "first-answers", "--format", "json"]).run();
    let printed: Report = serde_json::from_str(&printed.stdout).unwrap();
    assert!(printed.conclusion.partial);
}

#[test]
fn the_reference_worker_conforms_in_proto() {
    conforms(Framing::Proto);
}

#[test]
fn the_reference_worker_conforms_in_json() {
    conforms(Framing::Json);
}

#[test]
fn a_seed_gives_the_same_bytes_however_many_run_at_once() {
    let sent = |seed: &str, jobs: &str| {
        let arguments =
            ["check", "worker", "--cases", "12", "--budget", "50s", "--seed", seed, "--jobs", jobs];
        let run = pwp(&arguments).report().run;
        assert_eq!((run.generated_scripts, run.generated_wanted), (12, 12));
        run.sent_sha256
    };
    let first = sent("7", "1");
    assert_eq!(sent("7", "1"), first);
    assert_eq!(sent("7", "2"), first);
    assert_ne!(sent("8", "1"), first);
}

/// The command that a report gives, as words, without `pwp` and the subject.
fn again(reproduce: &str, folder: &str) -> Vec<String> {
    let (command, _) = reproduce.split_once(" -- ").unwrap();
    let words = command.split(' ').skip(1);
    words
        .map(|word| if word.ends_with(".json") { format!("{folder}/{word}") } else { word.to_owned() })
        .collect()
}

#[test]
fn a_fault_found_in_generated_traffic_is_shown_again_by_its_saved_script() {
    let with_fault = [PWP, "worker", "--fault=reject-unknown-fields"];
    let run = Pwp::new(PWP);
    let folder = run.out().join("found");
    let ended = run
        .args([
            "check",
            "worker",
            "--feature",
            "multiplex,cancellation",
            "--only",
            "generated",
            "--cases",
            "20",
        ])
        .args(["--transcripts".as_ref(), folder.as_os_str()])
        .with_report()
        .args(["--"])
        .args(with_fault)
        .run();
    clean(&ended);
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
    let report = ended.report();
    let found = report.result("W-015".parse().unwrap()).unwrap();
    assert_eq!(found.verdict, Verdict::Fail, "{}", ended.stdout);
    let violation = &found.violations[0];
    assert!(violation.found_in.starts_with("generated-"), "{}", violation.found_in);
    let saved = fs::read_to_string(folder.join(format!("{}.json", violation.name()))).unwrap();
    assert_eq!(
        serde_json::from_str::<pwp::script::Script>(&saved).unwrap(),
        violation.script.as_ref().unwrap().parse().unwrap()
    );

    let replay = again(&violation.reproduce, &folder.display().to_string());
    let replay: Vec<&str> = replay.iter().map(String::as_str).collect();
    let faulty = pwp_on(&replay, &with_fault);
    assert_eq!(faulty.code, Some(1), "{}", faulty.stdout);
    let fails: Vec<String> = faulty.report().violated().map(|result| result.id.to_string()).collect();
    assert_eq!(fails, ["W-015"], "{}", faulty.stdout);
    let right = pwp_on(&replay, &[PWP, "worker"]);
    assert_eq!(right.code, Some(0), "{}", right.stdout);
    assert_eq!(right.report().violated().count(), 0);
}

/// Interrupts a run as soon as a subject lives.
fn interrupted(arguments: &[&str]) {
    let mut running = Pwp::new(PWP).args(arguments).start();
    running.until_a_subject_runs();
    running.interrupt();
    let ended = running.end();
    clean(&ended);
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("pwp: interrupted"), "{}", ended.stderr);
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    interrupted(&["check", "worker", "--cases", "5000", "--budget", "1000s"]);
}

/// The limit is longer than the watchdog's, so it is not the limit that ends this run.
#[test]
fn an_interrupt_does_not_wait_for_a_limit() {
    let script = "trap '' TERM INT; (setsid sleep 1000 &); sleep 1000 & exec sleep 1000";
    interrupted(&["check", "worker", "--start-limit", "1000s", "--", "sh", "-c", script]);
}

/// A worker that handles one request after the other, for as many processes as `faulty` says, and behaves after that.
fn serial_at_first(faulty: u32) -> Report {
    // A place that a confined subject can write to as well.
    let started = tempfile::NamedTempFile::new_in("/dev/shm").unwrap();
    let script = r#"printf x >> "$0"
        if [ "$(wc -c < "$0")" -le "$1" ]; then fault=--fault=serial; fi
        worker=$2; shift 2
        exec "$worker" worker $fault "$@""#;
    let (started, faulty) = (started.path().display().to_string(), faulty.to_string());
    let workload = concat!(env!("CARGO_MANIFEST_DIR"), "/../reference-worker/workload.toml");
    let selected = ["check", "worker", "--only", "overtaken", "--jobs", "1", "--feature", "multiplex"];
    let ended = Pwp::new(PWP)
        .args(selected)
        .args(["--workload", workload])
        .with_report()
        .args(["--", "sh", "-c", script, &started, &faulty, PWP])
        .run();
    clean(&ended);
    ended.report()
}

#[test]
fn a_quick_request_that_is_late_once_is_the_machines_doing() {
    let held_up = |report: &Report| report.result("W-074".parse().unwrap()).unwrap().verdict;
    let healthy = serial_at_first(0);
    assert_eq!(held_up(&healthy), Verdict::Pass);
    assert_eq!(held_up(&serial_at_first(u32::MAX)), Verdict::Warn);
    // All processes of the run itself, and none of those that look into what was found.
    let once = serial_at_first(healthy.run.processes);
    assert!(once.run.processes > healthy.run.processes, "nothing was found that could be looked into");
    assert_eq!(once.violated().count(), 0, "{:?}", held_up(&once));
}
