//! Subjects whose processes are hard to find or hard to end: what lives on is found, named and ended, and `pwp` waits for nothing for ever.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pwp_tests::watched::Pwp;

use super::subject::{Expected, Subject, check, leaves_nothing, quick, sh};

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
const PROCESSES: &str = env!("CARGO_BIN_EXE_hostile-processes");

/// A worker that answers and ends as it should, beside processes that do not.
fn beside(behaviour: &str) -> Subject {
    sh(&format!(r#"exec '{PROCESSES}' {behaviour} "$0" healthy "$@""#))
}

#[track_caller]
fn leaves_processes(subject: &Subject) {
    check(subject, &Expected { code: 1, fails: &["W-116"], full_waits: 0 });
}

#[test]
fn forks_and_exits_without_pause() {
    leaves_processes(&beside("chain"));
}

#[test]
fn forks_and_exits_without_pause_in_sessions_of_their_own() {
    leaves_processes(&beside("chain-of-sessions").jobs(1));
}

#[test]
fn forks_and_exits_without_pause_several_times() {
    leaves_processes(&beside("chains").jobs(1));
}

#[test]
fn forks_and_exits_without_pause_and_without_environment() {
    leaves_processes(
        &sh(&format!(r#"env -i '{PROCESSES}' chain-of-sessions true; exec "$0" healthy "$@""#)).jobs(1),
    );
}

#[test]
fn two_processes_start_each_other_again() {
    leaves_processes(&beside("respawns"));
}

#[test]
fn many_that_ignore_all_signals_in_sessions_of_their_own() {
    leaves_processes(&beside("many"));
}

/// A process that is started as a child of `pwp` itself.
#[test]
fn a_sibling() {
    leaves_processes(&beside("sibling"));
}

/// The system says of it what it says of one that has ended.
#[test]
fn a_process_whose_first_thread_has_ended() {
    leaves_processes(&beside("headless"));
}

#[test]
fn a_process_that_is_stopped() {
    leaves_processes(&beside("stops"));
}

/// The report can be read all the same.
#[test]
fn a_process_with_control_characters_as_its_name() {
    let ended = quick().args(["--only", "answers", "--", PROCESSES, "renames"]).args(healthy()).run();
    leaves_nothing(&ended);
    assert!(ended.stdout.contains("W-116") && !ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

/// A daemon that makes itself a new daemon again and again.
#[test]
fn a_daemon_of_a_daemon() {
    let again =
        r#"(setsid sh -c 'sleep 0.01; (setsid sh -c "sleep 0.01; setsid sleep 1000" &)' <&- >&- 2>&- &)"#;
    leaves_processes(&sh(&format!(r#"{again}; exec "$0" healthy "$@""#)));
}

/// For its parent it ends when its tracer lets it go, and that never does.
#[test]
fn traced_by_its_own_child() {
    let began = Instant::now();
    let ended = quick().args(["--only", "answers", "--", PROCESSES, "traced"]).args(healthy()).run();
    leaves_nothing(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn stopped_by_its_own_child() {
    let began = Instant::now();
    let ended =
        quick().args(["--only", "answers", "--", PROCESSES, "stopped-by-tracer"]).args(healthy()).run();
    leaves_nothing(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[test]
fn stops_itself() {
    check(&sh("kill -STOP $$"), &Expected { code: 1, fails: &["W-031", "W-111"], full_waits: 2 });
}

/// A worker that stops the suite gains nothing: somebody lets it go on.
#[test]
fn stops_the_suite() {
    let script = r#"kill -STOP "$PPID"; exec "$0" healthy "$@""#;
    check(&sh(script), &Expected { code: 0, fails: &[], full_waits: 0 });
}

/// Nobody who is not root can end it. That is said, and nothing waits for it. Only root can make such a worker.
#[test]
fn runs_as_another_user() {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let pwp = Pwp::new(PWP).as_user(NOBODY);
    let program = pwp.out().join("becomes-root");
    fs::copy(PROCESSES, &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).unwrap();
    let script = "trap '' TERM INT HUP; while :; do sleep 1; done";
    let ended = pwp
        .args(["check", "worker", "--start-limit", "1s", "--only", "answers", "--jobs", "1"])
        .with_report()
        .args([Path::new("--"), &program])
        .args(["becomes-root", "sh", "-c", script])
        .run();
    let unended = ended.left.iter().filter(|line| line.contains("trap")).count();
    assert!(unended > 0, "{}\n{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    // What these have started, too.
    assert!(ended.stderr.matches("could not be ended, since it runs as another user").count() >= unended);
    let report = fs::read_to_string(ended.out().join("report.json")).unwrap();
    assert!(report.contains("could not be ended: it runs as another user"), "{}", ended.stdout);
}

fn healthy() -> [&'static str; 2] {
    [env!("CARGO_BIN_EXE_hostile-subject"), "healthy"]
}

/// A worker that writes down whether it can reach a terminal, and tries to leave it without echo, also by way of its parents.
const TERMINAL: &str = r#"
    (exec 3<> /dev/tty) 2>/dev/null && echo tty >> "$1/reached"
    for pid in $PPID $(ps -o ppid= $PPID); do
        for stream in 0 1 2; do stty -echo < "/proc/$pid/fd/$stream"; done
    done 2>/dev/null
    : > "$1/ran"
    shift
    exec "$0" healthy "$@"
"#;

#[test]
fn has_no_terminal_and_leaves_it_as_it_was() {
    let here = tempfile::tempdir().unwrap();
    let path = |name: &str| here.path().join(name);
    fs::write(path("subject.sh"), TERMINAL).unwrap();
    let (folder, subject) = (here.path().display(), path("subject.sh").display().to_string());
    for command in ["check worker --only answers", "call"] {
        // `script` gives it a terminal.
        let line = format!(
            "stty -a > {folder}/before; '{PWP}' {command} -- sh -c '. {subject}' '{}' '{folder}' > /dev/null; stty -a > {folder}/after",
            healthy()[0]
        );
        let mut script = std::process::Command::new("script");
        script.args(["-qefc", &line, "/dev/null"]).stdin(std::process::Stdio::null());
        let output = script.output().expect("script is part of util-linux");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(path("ran").exists(), "{command}: {said}");
        assert!(!path("reached").exists(), "{command}: the subject has a terminal");
        let settings = |name: &str| fs::read_to_string(path(name)).unwrap();
        assert_eq!(settings("before"), settings("after"), "{command}");
        fs::remove_file(path("ran")).unwrap();
    }
}

/// What somebody else has used up says nothing about the subject.
#[test]
fn where_there_is_no_room_for_open_files_that_is_said() {
    for limit in [4, 6, 8, 10, 12, 14, 16, 18, 20, 24] {
        let line = format!(
            "ulimit -n {limit}; exec '{PWP}' check worker --only answers --jobs 1 -- '{}' healthy",
            healthy()[0]
        );
        let ended = Pwp::new("sh").args(["-c", &line]).run();
        assert_eq!(ended.left, [""; 0], "{limit}");
        assert!(!ended.stderr.contains("panicked"), "{limit}: {}", ended.stderr);
        assert!(!ended.stdout.contains("FAIL"), "{limit}: {}", ended.stdout);
        assert!(ended.code == Some(5) || ended.code == Some(4), "{limit}: {:?} {}", ended.code, ended.stderr);
    }
}

/// The same for processes and threads. Root may have as many as it likes.
#[test]
fn where_there_is_no_room_for_processes_that_is_said() {
    const NOBODY: u32 = 65533;
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for limit in 1..10 {
        let room = format!("--nproc={limit}");
        let command = [&room, PWP, "check", "worker", "--only", "answers", "--", healthy()[0], "healthy"];
        let ended = Pwp::new("prlimit").as_user(NOBODY).args(command).run();
        assert_eq!(ended.left, [""; 0], "{limit}");
        assert!(!ended.stderr.contains("panicked"), "{limit}: {}", ended.stderr);
        assert!(!ended.stdout.contains("FAIL"), "{limit}: {}", ended.stdout);
        assert!(ended.code == Some(5) || ended.code == Some(4), "{limit}: {:?} {}", ended.code, ended.stderr);
    }
}
