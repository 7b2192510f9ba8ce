//! What can't be written is an error, before the run where that can be told, and the exit code is never 0.

use std::fs;

use pwp_tests::watched::{Ended, Pwp};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");

/// A healthy worker and few scripts: nothing else is wrong.
const HEALTHY: [&str; 5] = ["check", "worker", "--expect", "../out/none.toml", "--only=first-answers"];

/// A command whose subject writes a file when it is started.
fn run(before: &[&str], options: &[&str]) -> (Ended, bool) {
    let pwp = Pwp::new("env");
    fs::write(pwp.out().join("none.toml"), "schema = \"pwp/expectations/v1\"\n").unwrap();
    let out = pwp.out();
    let worker = r#": > "$0"; exec "$1" worker "$2""#;
    let started = out.join("started");
    let ended = pwp
        .args(before)
        .args(options)
        .args(["--", "sh", "-c", worker])
        .args([started.as_os_str()])
        .args([PWP])
        .run();
    assert_eq!(ended.left, [""; 0], "{options:?}");
    assert_eq!(ended.signal, None, "{options:?}");
    assert!(!ended.stderr.contains("panicked"), "{options:?}: {}", ended.stderr);
    (ended, started.exists())
}

/// The same worker with nothing in the way: the exit code is 0.
#[test]
fn what_can_be_written_is_no_error() {
    let options =
        [&HEALTHY[..], &["--report", "/dev/null", "--junit", "../out/new.xml", "--html", "/dev/null"]]
            .concat();
    let (ended, started) = run(&[PWP], &options);
    assert_eq!((ended.code, started), (Some(0), true), "{}{}", ended.stdout, ended.stderr);
    // A pipe is given the result only.
    let script = r#"exec 3>&1; "$0" "$@" --report /dev/fd/3 > ../out/printed; exit $?"#;
    let (ended, _) = run(&["sh", "-c", script, PWP], &HEALTHY);
    assert_ne!(ended.code, Some(2), "{}", ended.stderr);
}

#[test]
fn nothing_is_started_for_a_report_that_can_not_be_written() {
    for option in ["--report", "--junit", "--html"] {
        for path in ["/dev/full", "/proc/report", "nowhere/report", ".", "../out/fifo", "/dev/null/report"] {
            let options = [&HEALTHY[..], &[option, path]].concat();
            let script = r#"[ -e ../out/fifo ] || mkfifo ../out/fifo; exec "$@""#;
            let (ended, started) = run(&["sh", "-c", script, "sh", PWP], &options);
            assert!(
                [2, 4].contains(&ended.code.unwrap()),
                "{option} {path}: {:?} {}",
                ended.code,
                ended.stderr
            );
            assert!(!started && ended.stdout.is_empty(), "{option} {path}: {}", ended.stdout);
            assert!(ended.stderr.contains("can't write"), "{option} {path}: {}", ended.stderr);
        }
    }
    for folder in ["/proc/transcripts", "/dev/null", "../out/none.toml"] {
        let options = [&HEALTHY[..], &["--transcripts", folder]].concat();
        let (ended, started) = run(&[PWP], &options);
        assert_eq!((ended.code, started), (Some(2), false), "{folder}: {}", ended.stderr);
    }
    let options = [&HEALTHY[..], &["--format", "github"]].concat();
    for path in ["nowhere/summary.md", ".", "/dev/full/summary"] {
        let (ended, started) = run(&[&format!("GITHUB_STEP_SUMMARY={path}"), PWP], &options);
        assert_eq!((ended.code, started), (Some(2), false), "{path}: {}", ended.stderr);
    }
}

#[test]
fn nothing_is_started_for_nobody() {
    for (what, script) in [
        ("a full disk", r#"exec "$0" "$@" > /dev/full"#),
        (
            "a pipe that nobody reads",
            r#"mkfifo ../out/p; exec 3<> ../out/p 4> ../out/p 3<&-; exec "$0" "$@" >&4"#,
        ),
    ] {
        for format in ["human", "github", "json"] {
            let options = [&HEALTHY[..], &["--format", format]].concat();
            let (ended, started) = run(&["sh", "-c", script, PWP], &options);
            assert!(
                [2, 4].contains(&ended.code.unwrap()),
                "{what} {format}: {:?} {}",
                ended.code,
                ended.stderr
            );
            assert!(!started, "{what} {format}");
            assert!(ended.stderr.contains("standard output"), "{what} {format}: {}", ended.stderr);
        }
    }
}

/// The reader goes away in the middle of the run.
#[test]
fn what_nobody_reads_to_its_end_is_an_error() {
    for format in ["human", "github"] {
        // The first line is read, and then the subject is let go on.
        let script = r#"
            mkfifo ../out/p
            "$0" "$@" > ../out/p & pid=$!
            head -n 1 < ../out/p > ../out/line
            : > ../out/read
            wait $pid"#;
        let pwp = Pwp::new("env");
        fs::write(pwp.out().join("none.toml"), "schema = \"pwp/expectations/v1\"\n").unwrap();
        let read = pwp.out().join("read");
        let worker = r#"while ! [ -e "$0" ]; do sleep 0.01; done; exec "$1" worker "$2""#;
        let ended = pwp
            .args(["sh", "-c", script, PWP])
            .args(HEALTHY)
            .args(["--format", format, "--", "sh", "-c", worker])
            .args([read.as_os_str()])
            .args([PWP])
            .run();
        assert_eq!(ended.code, Some(4), "{format}: {}", ended.stderr);
        assert!(ended.stderr.contains("can't write standard output"), "{format}: {}", ended.stderr);
        assert_eq!(ended.left, [""; 0]);
    }
}

/// A file that no run of `pwp` has written keeps its content.
#[test]
fn a_file_of_another_kind_is_not_overwritten() {
    for option in ["--report", "--junit", "--html"] {
        let options = [&HEALTHY[..], &[option, "../out/none.toml"]].concat();
        let (ended, started) = run(&[PWP], &options);
        assert_eq!((ended.code, started), (Some(2), false), "{option}: {}", ended.stderr);
        let kept = fs::read_to_string(ended.out().join("none.toml")).unwrap();
        assert_eq!(kept, "schema = \"pwp/expectations/v1\"\n", "{option}");
    }
}
