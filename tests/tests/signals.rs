//! Subjects find signals as they usually are, however `pwp` was started.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

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
