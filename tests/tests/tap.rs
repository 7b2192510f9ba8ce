//! `pwp tap`: nothing changes between client and worker, and what passes is judged and recorded.
//!
//! Nothing here waits for a time to pass: tests and workers meet at pipes. What hangs hangs its test.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "tap/client.rs"]
mod client;
#[path = "tap/judging.rs"]
mod judging;
#[path = "tap/recording.rs"]
mod recording;

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::Command;

use client::{PWP, Tapped, copy, fifo, folder, pwp, text};
use pwp_proto::{Framing, WorkRequest};
use rustix::process::Signal;

/// Bytes that look like nothing.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

#[test]
fn any_bytes_go_through_unchanged_in_both_directions_at_once() {
    let here = folder();
    let starts: [&[u8]; 4] = [b"", b"{\"arguments\":[", b"\xff\xff\xff\xff\x07", b"\0\0\0"];
    for start in starts {
        let mut tapped = Tapped::shell(here.path(), "exec cat");
        let bytes = [start.to_vec(), noise(3 << 20)].concat();
        let (mut stdin, sent) = (tapped.stdin.take().unwrap(), bytes.clone());
        let writer = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
        let ended = tapped.end();
        writer.join().unwrap();
        assert!(ended.stdout == bytes, "{start:?}");
        assert_eq!(ended.status, Ok(0));
    }
}

#[test]
fn a_clean_worker_is_not_talked_about() {
    let here = folder();
    for dialect in Framing::ALL {
        let mut tapped = Tapped::reference(here.path(), &["--log", "log"], &[], dialect);
        for id in 1..=20 {
            tapped.send(&WorkRequest { request_id: id, ..WorkRequest::default() });
            assert_eq!(tapped.recv().request_id, id);
        }
        let ended = tapped.end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Ok(0), ""));
    }
    let log = text(&here.path().join("log"));
    assert_eq!(log.matches("ended: requests 20, answered 20; ").count(), 2, "{log}");
    assert_eq!(log.matches(", broken 0; client: ").count(), 2, "{log}");
    assert_eq!(log.matches(", broken 0\n").count(), 2, "{log}");
}

#[test]
fn what_a_worker_breaks_is_said_while_it_runs_and_never_on_stdout() {
    let here = folder();
    for (fault, id) in [
        ("banner", "W-030"),
        ("duplicate-response", "W-032"),
        ("wrong-id", "W-033"),
        ("overlong-length", "W-"),
    ] {
        let arguments = [format!("--fault={fault}")];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut tapped = Tapped::reference(here.path(), &["--log", "log"], &arguments, Framing::Proto);
        for id in 1..=6 {
            tapped.send(&WorkRequest { request_id: id, ..WorkRequest::default() });
        }
        let line = tapped.hear("the worker breaks");
        assert!(line.starts_with("pwp tap: ") && line.contains(id), "{fault}: {line}");
        let ended = tapped.end();
        assert!(!String::from_utf8_lossy(&ended.stdout).contains("pwp tap"));
        assert!(text(&here.path().join("log")).contains(line.strip_prefix("pwp tap: ").unwrap()));
    }
}

#[test]
fn the_words_of_a_tap() {
    let here = folder();
    let mut tapped = Tapped::reference(here.path(), &[], &["--fault=banner"], Framing::Proto);
    tapped.send(&WorkRequest { request_id: 1, ..WorkRequest::default() });
    let ended = tapped.end();
    insta::with_settings!({filters => vec![(r"at \d+\.\d ms", "at [time] ms"), (r"kept \d+", "kept [n]"), (r"\d+ bytes", "[n] bytes")]}, {
        insta::assert_snapshot!(ended.stderr, @r"
        pwp tap: the worker breaks W-030 (MUST) at [time] ms: [n] bytes at offset 0 of stdout where a response was expected: a line of text, as a print statement writes it
        pwp tap:   remedy: Write diagnostics to stderr and what the user is to see to `output`. Keep the tool away from stdout: Java System.setOut(System.err), Python sys.stdout = sys.stderr after keeping sys.stdout.buffer, Node console.log = console.error, shell exec 3>&1 1>&2.
        pwp tap: ended: requests 1, answered 0; worker: requirements kept [n], broken W-030; client: requirements kept [n], broken 0
        pwp tap: `pwp explain ID` has the sentence of the standard, why it stands there, and its sources
        ");
    });
}

#[test]
fn the_exit_status_is_the_workers() {
    let here = folder();
    for (script, status) in [("exit 7", Ok(7)), ("kill -SEGV $$", Err(11)), ("kill -KILL $$", Err(9))] {
        assert_eq!(Tapped::shell(here.path(), script).end().status, status, "{script}");
    }
    assert_eq!(
        Tapped::shell(here.path(), "cat >/dev/null; exit 4").end().status,
        Ok(4),
        "at the end of stdin"
    );
}

/// Bazel sends SIGTERM more than once, and does not wait for what it ends.
#[test]
fn further_signals_leave_the_last_words() {
    let here = folder();
    // What the client does not take is more than one pipe holds, and not more than two do.
    let script = "exec 3> held; head -c 100000 /dev/zero; exit 5";
    let held = fifo(here.path(), "held");
    let tapped = Tapped::start(here.path(), &["--log", "log"], &["sh", "-c", script, "sh"]);
    // Ends with the worker.
    fs::File::open(held).unwrap().read_to_string(&mut String::new()).unwrap();
    assert_eq!(tapped.end_by(Signal::TERM).status, Ok(5));
    let log = fs::read_to_string(here.path().join("log")).unwrap();
    assert!(log.contains("ended: requests 0"), "{log}");
}

#[test]
fn signals_reach_the_worker() {
    let here = folder();
    let numbers = [(Signal::TERM, 15), (Signal::INT, 2), (Signal::HUP, 1), (Signal::USR1, 10)];
    for (signal, number) in numbers {
        let script = format!("trap 'exit 5' {number}; echo up; while :; do read x; done");
        let mut tapped = Tapped::shell(here.path(), &script);
        assert_eq!(tapped.line(), "up");
        tapped.signal(signal);
        assert_eq!(tapped.end().status, Ok(5), "{signal:?}");
    }
    let mut tapped = Tapped::shell(here.path(), "echo up; exec sleep 1000");
    assert_eq!(tapped.line(), "up");
    tapped.signal(Signal::TERM);
    assert_eq!(tapped.end().status, Err(15), "a worker without a handler");
}

#[test]
fn who_kills_the_tap_kills_the_worker() {
    let here = folder();
    let held = fifo(here.path(), "held");
    let tapped = Tapped::shell(here.path(), "exec 3> held; exec sleep 1000");
    let mut held = fs::File::open(held).unwrap();
    tapped.signal(Signal::KILL);
    // Ends when the last process that has the pipe open is gone.
    held.read_to_string(&mut String::new()).unwrap();
    assert_eq!(tapped.end().status, Err(9));
}

#[test]
fn the_worker_is_in_the_group_of_its_client() {
    let here = folder();
    let mut tapped = Tapped::shell(here.path(), "cut -d' ' -f5 /proc/self/stat");
    let group = tapped.line();
    let own = rustix::process::getpgrp().as_raw_nonzero().to_string();
    assert_eq!(group, own);
    tapped.end();
}

#[test]
fn closed_ends_are_passed_on() {
    let here = folder();
    let mut tapped = Tapped::shell(here.path(), "echo up; exec >&-; read x; exit 8");
    assert_eq!(tapped.line(), "up");
    let mut rest = Vec::new();
    tapped.stdout.as_mut().unwrap().read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"", "the end of stdout comes while the worker lives");
    tapped.write(b"\n");
    assert_eq!(tapped.end().status, Ok(8));

    let mut tapped = Tapped::shell(here.path(), "trap '' PIPE; while echo x; do :; done 2>/dev/null; exit 6");
    tapped.stdout = None;
    assert_eq!(tapped.end().status, Ok(6), "a worker that writes finds that nobody reads");

    let go = fifo(here.path(), "go");
    let mut tapped = Tapped::shell(here.path(), "exec <&-; echo closed; read x < go; exit 9");
    assert_eq!(tapped.line(), "closed");
    let error = loop {
        // The pipe takes some bytes until the tap has seen it.
        if let Err(error) = tapped.stdin.as_mut().unwrap().write_all(&[0; 4096]) {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "a client that writes finds that nobody reads");
    fs::write(go, "\n").unwrap();
    assert_eq!(tapped.end().status, Ok(9));
}

#[test]
fn what_was_written_before_the_end_arrives() {
    let here = folder();
    for script in
        ["head -c 3000000 /dev/zero", "sleep 1000 2>/dev/null & head -c 60000 /dev/zero; echo $! >&2"]
    {
        let ended = Tapped::shell(here.path(), script).end();
        assert_eq!(
            ended.stdout.len(),
            if script.starts_with("head") { 3_000_000 } else { 60_000 },
            "{script}"
        );
        assert_eq!(ended.status, Ok(0));
        if let Some(left) = ended.stderr.lines().find_map(|line| line.parse().ok()) {
            // A tap leaves alone what a worker leaves behind, as its client does.
            rustix::process::kill_process(rustix::process::Pid::from_raw(left).unwrap(), Signal::KILL)
                .unwrap();
        }
    }
}

#[test]
fn floods_cost_no_memory() {
    let here = folder();
    let floods = [
        ("exec cat /dev/zero", 160 << 20),
        ("exec yes", 160 << 20),
        ("while :; do printf .; done", 16 << 10),
    ];
    for (flood, amount) in floods {
        let mut tapped = Tapped::shell(here.path(), flood);
        let mut chunk = vec![0; 16 << 10];
        for _ in 0..amount / chunk.len() {
            tapped.stdout.as_mut().unwrap().read_exact(&mut chunk).unwrap();
        }
        let peak = tapped.peak_memory();
        assert!(peak < 128 << 20, "{flood}: {peak}");
        tapped.stdout = None;
        tapped.end();
    }
}

#[test]
fn declared_lengths_cost_nothing() {
    let here = folder();
    let mut tapped = Tapped::shell(here.path(), "exec cat");
    let huge = b"\xff\xff\xff\xff\x07ten bytes.";
    tapped.write(huge);
    let mut got = [0; 15];
    tapped.stdout.as_mut().unwrap().read_exact(&mut got).unwrap();
    assert_eq!(&got, huge);
    assert_eq!(tapped.end().status, Ok(0));
}

#[test]
fn a_tool_that_is_no_worker_takes_the_place_of_the_tap() {
    let here = folder();
    let mut command = Command::new(PWP);
    command.args(["tap", "--log", "log", "--", "sh", "-c", "echo $$; exit 3"]).current_dir(here.path());
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, format!("{pid}\n").into_bytes());
    assert_eq!(output.status.code(), Some(3));
    assert!(!here.path().join("log").exists());
}

#[test]
fn transcripts_have_both_sides() {
    let here = folder();
    let mut tapped = Tapped::reference(here.path(), &["--transcripts", "told"], &[], Framing::Json);
    tapped.send(&WorkRequest { arguments: vec!["--print=hello".into()], ..WorkRequest::default() });
    tapped.recv();
    assert_eq!(tapped.end().status, Ok(0));
    let files: Vec<_> = fs::read_dir(here.path().join("told")).unwrap().flatten().collect();
    let file: serde_json::Value = serde_json::from_str(&text(&files[0].path())).unwrap();
    let schema =
        text(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema/transcript/v1/transcript.schema.json").as_ref());
    let schema = serde_json::from_str(&schema).unwrap();
    jsonschema::validate(&schema, &file).unwrap();
    let kinds: Vec<&str> =
        file["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["started", "sent", "received"]);
    assert_eq!(kinds.last(), Some(&"exited"));
}

#[test]
fn mistakes_are_said_before_the_worker_starts() {
    let here = folder();
    fs::write(here.path().join("mine.toml"), "schema = \"pwp/workload/v1\"\nname = \"mine\"\n").unwrap();
    let mut shown = String::new();
    for options in [
        ["--log", "no/folder", "--", "touch", "started", "--persistent_worker"].as_slice(),
        &["--record", "mine.toml", "--", "touch", "started", "--persistent_worker"],
        &["--record", "work.json", "--", "touch", "started", "--persistent_worker"],
        &["--report", "report.toml", "--", "touch", "started", "--persistent_worker"],
        &["--", "no-such-worker", "--persistent_worker"],
        &[],
    ] {
        let (code, text) = pwp(here.path(), &[&["tap"], options].concat());
        shown += &format!("{}: exit code {}\n{text}\n", options.join(" "), code.unwrap());
    }
    assert!(!here.path().join("started").exists());
    insta::assert_snapshot!(shown, @r"
    --log no/folder -- touch started --persistent_worker: exit code 2
    pwp: can't write no/folder: No such file or directory (os error 2); choose a place that exists and can be written

    --record mine.toml -- touch started --persistent_worker: exit code 2
    pwp: mine.toml was not written by `pwp tap`, and recording would replace it; choose another file

    --record work.json -- touch started --persistent_worker: exit code 2
    pwp: work.json does not end in .toml, as the name of a workload does; choose another name

    --report report.toml -- touch started --persistent_worker: exit code 2
    pwp: report.toml does not end in .json, as the name of a report does; choose another name

    -- no-such-worker --persistent_worker: exit code 3
    pwp: can't start no-such-worker: No such file or directory (os error 2); run it by itself from another folder, and check the interpreter that its first line names

    : exit code 2
    pwp: no command: put the worker's command line behind `--`, for example `pwp check worker -- ./my-worker`
    ");
}

/// Two requests through a worker behind a tap that records.
fn record(here: &std::path::Path, options: &[&str], names: &[(&str, &str)]) {
    let mut tapped = Tapped::reference(here, options, &[], Framing::Proto);
    for (from, to) in names {
        tapped.send(&copy(0, from, to));
        assert_eq!(tapped.recv().exit_code, 0);
    }
    assert_eq!(tapped.end().status, Ok(0));
}
