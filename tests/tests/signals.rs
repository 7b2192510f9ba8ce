//! Subjects find signals as they usually are, however `pwp` was started; and what a user sends to `pwp` does what a user expects.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use pwp_tests::traces;
use pwp_tests::watched::Pwp;
use rustix::process::Signal;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
/// HUP, INT, QUIT, PIPE and TERM, as bits of a mask.
const ORDINARY: u64 = 1 | 1 << 1 | 1 << 2 | 1 << 12 | 1 << 14;

/// Runs `pwp` as a script does behind `nohup` and `&`, with what a careless parent blocks. The shell `subject` writes down what it finds.
fn find(here: &Path, words: &[&str], subject: &str, arguments: &[&str]) -> Vec<(u64, u64)> {
    let found = here.join("found");
    let script = format!("grep -E '^Sig(Blk|Ign)' /proc/self/status >> '{}'\n{subject}", found.display());
    fs::write(here.join("subject.sh"), script).unwrap();
    let mut command = Command::new("env");
    command.args(["--ignore-signal=HUP,INT,QUIT,PIPE,TERM", "--block-signal=TERM,USR1", PWP]);
    command.args(words).args(["--", "sh"]).arg(here.join("subject.sh")).args(arguments).current_dir(here);
    let output = command.output().unwrap();
    let text = fs::read_to_string(&found).unwrap_or_else(|_| panic!("no subject was started: {output:?}"));
    let masks: Vec<u64> = text
        .lines()
        .map(|line| u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap())
        .collect();
    masks.chunks(2).map(|pair| (pair[0], pair[1])).collect()
}

fn assert_usual(found: &[(u64, u64)]) {
    assert!(!found.is_empty());
    for (blocked, ignored) in found {
        assert_eq!((*blocked, ignored & ORDINARY), (0, 0), "blocked {blocked:x}, ignored {ignored:x}");
    }
}

#[test]
fn of_workers() {
    let here = tempfile::tempdir().unwrap();
    let worker = format!("exec '{PWP}' worker \"$@\"");
    for words in [&["check", "worker", "--only", "answers"][..], &["call"]] {
        assert_usual(&find(here.path(), words, &worker, &[]));
    }
}

#[test]
fn of_build_tools() {
    let here = tempfile::tempdir().unwrap();
    assert_usual(&find(
        here.path(),
        &["check", "client", "command", "--only", "C-045"],
        "exit 1",
        &["{plan}", "{outcomes}"],
    ));
}

/// How long something may take that has to happen.
const LIMIT: Duration = Duration::from_secs(30);
/// A run that takes its time.
const LONG: [&str; 6] = ["check", "worker", "--cases", "5000", "--budget", "1000s"];

#[track_caller]
fn until(what: &str, mut happens: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !happens() {
        assert!(Instant::now() < until, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Ctrl-Z and `fg`. The process that does the work has to stop, too.
#[test]
fn a_run_can_be_stopped_and_goes_on() {
    let mut running = Pwp::new(PWP).args(["check", "worker", "--cases", "20", "--budget", "100s"]).start();
    running.until_a_subject_runs();
    let all = || [vec![running.pid()], traces::children(running.pid())].concat();
    let are_stopped = || all().into_iter().all(|pid| traces::state(pid) == Some('T'));
    running.signal(Signal::TSTP);
    until("all of pwp is stopped", are_stopped);
    running.signal(Signal::CONT);
    until("all of pwp goes on", || all().into_iter().all(|pid| traces::state(pid) != Some('T')));
    let ended = running.end();
    assert_eq!((ended.code, ended.left), (Some(0), vec![]), "{}", ended.stdout);
}

#[test]
fn behind_nohup_a_closed_terminal_ends_nothing() {
    let mut running =
        Pwp::new("env").args(["--ignore-signal=HUP", PWP, "check", "worker", "--cases", "50"]).start();
    running.until_a_subject_runs();
    running.signal(Signal::HUP);
    let ended = running.end();
    assert_eq!((ended.code, ended.left), (Some(0), vec![]), "{}", ended.stderr);
}

/// It sends its signal to the process and to the group.
#[test]
fn timeout_leaves_nothing() {
    for signal in ["TERM", "INT", "HUP", "QUIT", "USR1"] {
        let ended = Pwp::new("timeout").args(["--signal", signal, "1", PWP]).args(LONG).run();
        assert_eq!((ended.code, ended.left), (Some(124), vec![]), "{signal}: {}", ended.stderr);
    }
}

/// The third Ctrl-C is meant. Nothing is left all the same.
#[test]
fn who_insists_is_obeyed() {
    let deaf = "trap '' TERM INT HUP; (setsid sleep 1000 <&- >&- 2>&- &); while :; do sleep 1; done";
    let mut running =
        Pwp::new(PWP).args(["check", "worker", "--start-limit", "1000s", "--", "sh", "-c", deaf]).start();
    running.until_a_subject_runs();
    for _ in 0..3 {
        if !running.has_ended() {
            running.signal(Signal::INT);
        }
    }
    let ended = running.end();
    assert_eq!((ended.code, ended.left), (Some(130), vec![]), "{}", ended.stderr);
}

#[test]
fn who_reads_no_more_leaves_nothing_behind() {
    let line = format!("'{PWP}' check worker --only answers | head -c 1 >/dev/null");
    let ended = Pwp::new("sh").args(["-c", &line]).run();
    assert_eq!(ended.left, [""; 0]);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
}
