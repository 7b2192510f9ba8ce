//! `pwp worker wrap`: a shell becomes a worker, and nothing of a request outlives its response.
//!
//! Nothing here waits for a time to pass: tests and tools meet at named pipes. A worker that hangs hangs its test.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "wrap/worker.rs"]
mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use pwp_proto::{Framing, WorkRequest};
use rustix::process::Signal;
use worker::{Wrapped, pwp};

/// A child with a child of its own, which says its process id at the pipe `pid`.
const GRANDCHILD: &str = "sleep 1000 & echo $! > pid; wait";
/// A grandchild in a session of its own, without parent, environment and streams.
const DAEMON: &str =
    "(setsid env -i sleep 1000 </dev/null >/dev/null 2>&1 & echo $! > pid) & exec sleep 1000";

#[test]
fn what_the_tool_prints_and_how_it_ends_is_the_response() {
    for (dialect, name) in [(Framing::Proto, "proto"), (Framing::Json, "json")] {
        let mut worker = Wrapped::start(&["--dialect", name], &["sh", "-c"], dialect);
        worker.run(7, "echo out; echo err >&2; printf 'caf\\351\\n'; exit 3");
        let response = worker.recv();
        assert_eq!((response.request_id, response.exit_code), (7, 3));
        assert_eq!(response.output, "out\nerr\ncaf\u{fffd}\n");
        worker.run(0, "cat; echo read");
        let response = worker.recv();
        assert_eq!((response.exit_code, response.output.as_str()), (0, "read\n"), "standard input is empty");
        worker.close_stdin();
        let (status, rest) = worker.end();
        assert_eq!(status, Ok(0));
        assert!(rest.trim_ascii().is_empty(), "in json a newline is left");
    }
}

#[test]
fn requests_run_at_the_same_time() {
    let mut worker = Wrapped::shell(&["--jobs", "2"]);
    worker.fifo("there");
    worker.fifo("back");
    // Each of them ends only if the other one runs.
    worker.run(1, "echo one > there; read word < back; echo $word");
    worker.run(2, "read word < there; echo two > back; echo $word");
    let outputs =
        BTreeMap::from([worker.recv(), worker.recv()].map(|response| (response.request_id, response.output)));
    assert_eq!(outputs, BTreeMap::from([(1, "two\n".to_owned()), (2, "one\n".to_owned())]));
}

#[test]
fn no_more_requests_run_at_once_than_allowed() {
    let mut worker = Wrapped::shell(&["--jobs", "1"]);
    for id in 1..=12 {
        worker.run(id, "mkdir busy && ls / >/dev/null && rmdir busy");
    }
    for _ in 1..=12 {
        let response = worker.recv();
        assert_eq!((response.exit_code, response.output.as_str()), (0, ""));
    }
}

#[test]
fn a_cancelled_request_is_answered_when_nothing_is_left_of_it() {
    for script in [GRANDCHILD, DAEMON, "setsid sleep 1000 & echo $! > pid; wait"] {
        let mut worker = Wrapped::shell(&[]);
        worker.fifo("pid");
        worker.run(5, script);
        let grandchild = worker.meet("pid");
        assert!(grandchild.exists());
        worker.cancel(5);
        let response = worker.recv();
        assert!(response.was_cancelled, "{script}");
        assert!(!grandchild.exists(), "{script}");
        worker.run(6, "echo next");
        assert_eq!(worker.recv().output, "next\n");
    }
}

#[test]
fn a_tool_that_ignores_sigterm_is_killed() {
    let mut worker = Wrapped::shell(&["--grace", "20ms"]);
    worker.fifo("pid");
    worker.run(5, "trap '' TERM; echo $$ > pid; while :; do sleep 1000; done");
    let tool = worker.meet("pid");
    worker.cancel(5);
    let response = worker.recv();
    assert!(response.was_cancelled);
    assert_eq!(response.exit_code, 128 + 9);
    assert!(!tool.exists());
}

#[test]
fn a_tool_can_clean_up_when_it_is_cancelled() {
    let mut worker = Wrapped::shell(&["--grace", "1m"]);
    worker.fifo("pid");
    worker.run(
        5,
        "trap 'rm temporary; exit 1' TERM; touch temporary; echo $$ > pid; while :; do sleep 0.01; done",
    );
    worker.meet("pid");
    worker.cancel(5);
    assert!(worker.recv().was_cancelled);
    assert!(!worker.path("temporary").exists());
}

#[test]
fn cancelling_one_request_leaves_the_others_alone() {
    let mut worker = Wrapped::shell(&["--jobs", "3"]);
    for name in ["pid", "go", "started"] {
        worker.fifo(name);
    }
    worker.run(1, "setsid sleep 1000 >/dev/null 2>&1 & echo $! > pid; read word < go; kill $! && echo alive");
    let other = worker.meet("pid");
    worker.run(2, "echo started > started; sleep 1000");
    worker.hear("started");
    worker.cancel(2);
    assert_eq!(worker.recv().request_id, 2);
    worker.run(3, "sleep 1000 & exit 0");
    assert_eq!(worker.recv().request_id, 3);
    assert!(other.exists());
    worker.tell("go");
    let response = worker.recv();
    assert_eq!((response.request_id, response.output.as_str()), (1, "alive\n"));
}

#[test]
fn what_a_tool_leaves_behind_is_gone_when_it_is_answered() {
    for script in ["sleep 1000 & echo $! > pid", "(setsid env -i sleep 1000 <&- >&- 2>&- & echo $! > pid)"] {
        let mut worker = Wrapped::shell(&[]);
        worker.fifo("pid");
        worker.run(5, &format!("{script}; exit 4"));
        let left = worker.meet("pid");
        let response = worker.recv();
        assert_eq!((response.exit_code, response.was_cancelled), (4, false));
        assert!(!left.exists(), "{script}");
    }
}

#[test]
fn the_end_of_the_input_ends_everything() {
    for script in [GRANDCHILD, DAEMON] {
        let mut worker = Wrapped::shell(&["--jobs", "2"]);
        worker.fifo("pid");
        worker.run(5, script);
        let grandchild = worker.meet("pid");
        worker.run(6, "echo $$ > pid; trap '' TERM; while :; do sleep 1000; done");
        let tool = worker.meet("pid");
        worker.close_stdin();
        assert_eq!(worker.end(), (Ok(0), Vec::new()));
        assert!(!grandchild.exists() && !tool.exists(), "{script}");
    }
}

#[test]
fn signals_end_everything() {
    for (signal, number) in [(Signal::TERM, 15), (Signal::INT, 2), (Signal::HUP, 1)] {
        let mut worker = Wrapped::shell(&[]);
        worker.fifo("pid");
        worker.run(5, DAEMON);
        let grandchild = worker.meet("pid");
        worker.signal(signal);
        assert_eq!(worker.end(), (Err(number), Vec::new()), "what was killed is not answered");
        assert!(!grandchild.exists());
    }
}

#[test]
fn a_killed_worker_leaves_nothing_behind() {
    let mut worker = Wrapped::shell(&["--grace", "20ms"]);
    worker.fifo("pid");
    worker.fifo("held");
    worker.run(5, "exec 3> held; trap '' TERM; setsid env -i sleep 1000 & echo $! > pid; wait");
    let mut held = worker.open("held");
    worker.meet("pid");
    worker.signal(Signal::KILL);
    // Ends when the last process that has the pipe open is gone.
    held.read_to_string(&mut String::new()).unwrap();
}

#[test]
fn output_is_bounded() {
    let mut worker = Wrapped::shell(&[]);
    worker.run(5, "head -c 20000000 /dev/zero | tr '\\0' x; exit 3");
    let response = worker.recv();
    assert_eq!(response.exit_code, 3);
    let (kept, note) = response.output.split_at(8 * 1024 * 1024);
    assert!(kept.bytes().all(|byte| byte == b'x'));
    assert!(note.contains(&format!("{} bytes more", 20_000_000 - kept.len())), "{note}");
}

#[test]
fn a_tool_that_closes_its_streams_is_waited_for() {
    let mut worker = Wrapped::shell(&[]);
    worker.fifo("closed");
    worker.fifo("go");
    worker.run(5, "echo words; exec >&- 2>&-; echo yes > closed; read word < go; exit 4");
    worker.hear("closed");
    worker.tell("go");
    let response = worker.recv();
    assert_eq!((response.exit_code, response.output.as_str()), (4, "words\n"));
}

#[test]
fn a_tool_that_is_killed_says_so() {
    let mut worker = Wrapped::shell(&[]);
    worker.run(5, "echo words; kill -KILL $$");
    let response = worker.recv();
    assert_eq!((response.exit_code, response.was_cancelled), (128 + 9, false));
    insta::assert_snapshot!(response.output, @r"
    words
    pwp-worker: the tool was ended by SIGKILL (9)
    ");
}

#[test]
fn a_tool_that_cannot_be_started_is_an_answer() {
    let mut worker = Wrapped::start(&[], &["no-such-tool"], Framing::Proto);
    worker.run(1, "");
    let missing = worker.recv();
    assert_eq!(missing.exit_code, 127);
    insta::assert_snapshot!(missing.output, @"pwp-worker: cannot start no-such-tool (No such file or directory (os error 2)); install it, or give its path, and check the interpreter in its first line");
    worker.run(2, "");
    assert_eq!(worker.recv().request_id, 2, "the worker goes on");

    let mut worker = Wrapped::start(&[], &["/"], Framing::Proto);
    worker.run(1, "");
    let denied = worker.recv();
    assert_eq!(denied.exit_code, 126);
    insta::assert_snapshot!(denied.output, @"pwp-worker: cannot start / (Permission denied (os error 13)); make it executable");

    let mut worker = Wrapped::shell(&[]);
    worker.run(1, &"x".repeat(1 << 20));
    let long = worker.recv();
    assert_eq!(long.exit_code, 126);
    insta::assert_snapshot!(long.output, @"pwp-worker: cannot start sh: its 1 arguments are 1048577 bytes, more than the system hands to a program (Argument list too long (os error 7)); put them into an @file and leave that to the tool with --argfile=keep");
    worker.run(2, "echo next");
    assert_eq!(worker.recv().output, "next\n");
}

#[test]
fn a_request_works_in_its_sandbox_dir() {
    let mut worker = Wrapped::start(&[], &["./tool", "${pwd}"], Framing::Proto);
    fs::write(worker.path("tool"), "#!/bin/sh\necho $1; pwd; echo $PWD; cat $2 > out\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(worker.path("tool"), executable).unwrap();
    fs::create_dir_all(worker.path("box/3")).unwrap();
    fs::write(worker.path("box/3/in"), "in the box").unwrap();
    fs::write(worker.path("in"), "outside").unwrap();
    let mut request = WorkRequest { arguments: vec!["in".into()], request_id: 3, ..WorkRequest::default() };
    request.sandbox_dir = "box/3".into();
    worker.send(&request);
    let response = worker.recv();
    let (here, sandbox) = (worker.path(""), worker.path("box/3"));
    let here = here.to_str().unwrap().trim_end_matches('/');
    assert_eq!(response.output, format!("{here}\n{0}\n{0}\n", sandbox.display()));
    assert_eq!(response.exit_code, 0);
    assert_eq!(fs::read_to_string(worker.path("box/3/out")).unwrap(), "in the box");
    assert!(!worker.path("out").exists());

    request.sandbox_dir = "box/4".into();
    worker.send(&request);
    let response = worker.recv();
    assert_eq!(response.exit_code, 126);
    assert!(response.output.contains("box/4 is no directory"), "{}", response.output);
}

#[test]
fn argfiles_are_expanded_or_kept() {
    for (option, expected) in [("--argfile=expand", "'a b'\nc\n"), ("--argfile=keep", "@arguments\n")] {
        let mut worker = Wrapped::start(&[option], &["printf", "%s\\n"], Framing::Proto);
        fs::create_dir(worker.path("box")).unwrap();
        fs::write(worker.path("box/arguments"), "'a b'\nc\n").unwrap();
        let arguments = vec!["@arguments".into()];
        worker.send(&WorkRequest { arguments, sandbox_dir: "box".into(), ..WorkRequest::default() });
        assert_eq!(worker.recv().output, expected);
    }
}

#[test]
fn without_the_flag_the_tool_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("arguments"), "printf '%s.' \"$@\"; exit 3\nzero\na b\n").unwrap();
    let output = pwp(&["worker", "wrap", "--", "sh", "-c", "@arguments"], folder.path()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b"a b."[..]));
    let output = pwp(&["worker", "wrap", "--", "no-such-tool"], folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(127));
}
