//! Runs that are interrupted or killed at any moment: no process and no file is left, no exit code is 0, and no report makes a claim.
//!
//! The moments are random, from a seed. `PWP_INTERRUPTIONS=400` runs that many, `PWP_INTERRUPTIONS_SEED` others. Where `pwp` was killed together with its
//! guardian, what it has left is gone after the next run.
//!
//! A target of its own: orphans of one run would be taken for those of another, so there is one run at a time.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pwp_tests::watched::{Gone, Pwp, Running};
use rustix::fs::{FlockOperation, flock};
use rustix::process::Signal;
use serde_json::Value;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
const SUBJECT: &str = env!("CARGO_BIN_EXE_hostile-subject");
const PROCESSES: &str = env!("CARGO_BIN_EXE_hostile-processes");
/// Runs without the environment variable.
const FEW: u64 = 48;
/// How long what `pwp` has started may live on when `pwp` was killed.
const GONE: Duration = Duration::from_secs(15);
/// The longest time between what is waited for and the signal, in microseconds.
const DELAY: u64 = 150_000;

/// Random numbers: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Command {
    Worker,
    WorkerWithDaemons,
    Client,
    Tap,
    Call,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    One(Signal),
    /// As `timeout` does it.
    Two(Signal),
    /// A user who has no patience.
    Three(Signal),
    Kill,
    /// Together with its guardian.
    KillAll,
}

/// What is waited for before the delay begins.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    Start,
    Folder,
    Subject,
}

const COMMANDS: [Command; 5] =
    [Command::Worker, Command::WorkerWithDaemons, Command::Client, Command::Tap, Command::Call];
const WAYS: [How; 9] = [
    How::One(Signal::INT),
    How::One(Signal::TERM),
    How::One(Signal::HUP),
    How::One(Signal::QUIT),
    How::Two(Signal::TERM),
    How::Two(Signal::INT),
    How::Three(Signal::INT),
    How::Kill,
    How::KillAll,
];

fn command(command: Command) -> Pwp {
    let pwp = Pwp::new(PWP);
    let slow = r#"{"arguments":["--delay-ms=600000"]}"#;
    match command {
        Command::Worker => {
            pwp.args(["check", "worker", "--cases", "5000", "--budget", "1000s"]).with_report()
        }
        Command::WorkerWithDaemons => pwp
            .args(["check", "worker", "--cases", "5000", "--budget", "1000s"])
            .with_report()
            .args(["--", PROCESSES, "many", SUBJECT, "healthy"]),
        Command::Client => pwp.args(["check", "client", "reference"]).with_report(),
        // It is its worker that ends it.
        Command::Tap => pwp.with_stdin().args(["tap", "--", PWP, "worker", "--persistent_worker"]),
        Command::Call => pwp.args(["call", "--timeout", "1000s", "--request", slow, "--", PWP, "worker"]),
    }
}

fn wait_for(moment: Moment, command: Command, running: &mut Running) {
    let has_folder = |running: &Running| {
        fs::read_dir(running.folder().join("tmp")).is_ok_and(|entries| entries.count() > 0)
    };
    match (moment, command) {
        (Moment::Start, _) => {}
        // These have none.
        (Moment::Folder, Command::Tap | Command::Call) => {}
        (Moment::Folder, _) => {
            while !has_folder(running) {
                assert!(!running.has_ended());
            }
        }
        // Its worker has no mark, since nothing is to be other than without a tap.
        (Moment::Subject, Command::Tap) => {}
        (Moment::Subject, _) => running.until_a_subject_runs(),
    }
}

/// Ends one run, and looks what is there. What was wrong, in words.
fn interrupt(random: &mut Random) -> (String, Vec<String>) {
    let (which, how) = (random.of(&COMMANDS), random.of(&WAYS));
    let moment = random.of(&[Moment::Start, Moment::Folder, Moment::Subject]);
    let delay = Duration::from_micros(random.below(DELAY));
    let name = format!("{which:?}, {how:?}, {delay:?} after {moment:?}");
    let mut running = command(which).start();
    wait_for(moment, which, &mut running);
    std::thread::sleep(delay);
    let signalled = Instant::now();
    match how {
        How::One(signal) => running.signal(signal),
        How::Two(signal) => running.signal_as_timeout(signal),
        How::Three(signal) => (0..3).for_each(|_| {
            if !running.has_ended() {
                running.signal(signal);
            }
        }),
        How::Kill => running.signal(Signal::KILL),
        How::KillAll => running.kill_with_children(),
    }
    let gone = running.gone(if how == How::KillAll { Duration::ZERO } else { GONE });
    let took = signalled.elapsed();
    let mut wrong = Vec::new();
    if gone.code == Some(0) {
        wrong.push("exit code 0".to_owned());
    }
    if took > GONE {
        wrong.push(format!("it took {took:?}"));
    }
    if gone.stderr().contains("panicked") {
        wrong.push(gone.stderr());
    }
    wrong.extend(claims(&gone.out().join("report.json")));
    if how == How::KillAll {
        let next = Pwp::after(PWP, gone).args(["call", "--", PWP, "worker"]).run();
        wrong.extend(next.left);
    } else {
        gone.end_processes();
        wrong.extend(gone.processes.into_iter().chain(gone.files));
    }
    (name, wrong)
}

/// What of a report can be read as a claim.
fn claims(report: &Path) -> Option<String> {
    let text = fs::read_to_string(report).ok().filter(|text| !text.is_empty())?;
    let report: Value = serde_json::from_str(&text).expect("a report is whole or not there");
    fn says_so(value: &Value) -> bool {
        match value {
            Value::Object(members) => {
                members.iter().any(|(name, value)| (name == "conformant" && value == true) || says_so(value))
            }
            Value::Array(values) => values.iter().any(says_so),
            _ => false,
        }
    }
    says_so(&report).then(|| "the report says that the subject is conformant".to_owned())
}

/// Held by each test.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn nothing_is_left_and_nothing_is_claimed() {
    let _alone = alone();
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (runs, seed) =
        (number("PWP_INTERRUPTIONS").unwrap_or(FEW), number("PWP_INTERRUPTIONS_SEED").unwrap_or(1));
    let mut failed = Vec::new();
    for run in 0..runs {
        let (name, wrong) = interrupt(&mut Random(seed << 32 | run));
        println!("{run}: {name}: {}", if wrong.is_empty() { "ok" } else { "NOT OK" });
        if !wrong.is_empty() {
            failed.push(format!("{run}: {name}: {wrong:#?}"));
        }
    }
    assert!(failed.is_empty(), "{} of {runs}, seed {seed}:\n{}", failed.len(), failed.join("\n"));
}

/// Starts a subject that kills part of the suite.
fn kills(script: &str) -> Gone {
    let pwp = Pwp::new(PWP).args(["check", "worker", "--only", "answers", "--jobs", "1"]).with_report();
    let script =
        format!(r#"(setsid sleep 1000 <&- >&- 2>&- &); sleep 1000 & {script}; exec "$0" healthy "$@""#);
    pwp.args(["--", "sh", "-c", &script, SUBJECT]).start().gone(GONE)
}

#[test]
fn kills_the_suite() {
    let _alone = alone();
    let gone = kills(r#"kill -KILL "$PPID""#);
    gone.end_processes();
    assert_eq!((gone.code, gone.signal), (None, Some(9)), "{}", gone.stderr());
    assert_eq!((gone.processes, gone.files), (vec![], vec![]));
}

#[test]
fn kills_the_guardian_of_the_suite() {
    let _alone = alone();
    let gone = kills(r#"read -r _ _ _ guardian _ < "/proc/$PPID/stat"; kill -KILL "$guardian""#);
    gone.end_processes();
    assert_eq!((gone.code, gone.signal), (None, Some(9)), "{}", gone.stderr());
    assert_eq!((gone.processes, gone.files), (vec![], vec![]));
}

/// Nobody is there any more who could end what it has left. The next run is.
#[test]
fn kills_the_suite_and_its_guardian() {
    let _alone = alone();
    // Whichever of the two lives a moment longer would tidy up, so the guardian is stopped first. A shell in the background does all of it,
    // since this one is ended with the suite.
    let both = r#"read -r _ _ _ guardian _ < "/proc/$PPID/stat"; (kill -STOP "$guardian"; kill -KILL "$PPID" "$guardian") & wait"#;
    let gone = kills(both);
    assert_eq!((gone.code, gone.signal), (None, Some(9)), "{}", gone.stderr());
    assert!(!gone.files.is_empty(), "there is something to be removed");
    let next = Pwp::after(PWP, gone).args(["check", "worker", "--only", "answers"]).run();
    assert_eq!(next.left, [""; 0]);
}

/// What a killed run has left is gone after the next start; the directory of a run that lives stays.
#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    let _alone = alone();
    let out = tempfile::tempdir().unwrap();
    let temporary = out.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let names = || -> Vec<_> {
        let entries = fs::read_dir(&temporary).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let start = |script: &str| {
        std::process::Command::new(PWP)
            .args(["check", "worker", "--start-limit", "60s", "--", "sh", "-c", script])
            .env("TMPDIR", &temporary)
            .current_dir(out.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };
    let until = |done: &dyn Fn() -> bool| {
        let until = Instant::now() + Duration::from_secs(60);
        while !done() {
            assert!(Instant::now() < until, "{:?}", names());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let there = |name: &str| {
        let runs = fs::read_dir(&temporary)
            .unwrap()
            .flatten()
            .flat_map(|run| fs::read_dir(run.path()).into_iter().flatten().flatten());
        runs.filter(|script| script.path().join(name).exists()).count() > 0
    };
    // Another one's directory that looks a little like it.
    fs::create_dir(temporary.join("pwp-somebody")).unwrap();
    fs::write(temporary.join("pwp-somebody/file"), "").unwrap();
    let mut killed = start("mkdir -p deep/er; : > killed; exec sleep 1000");
    until(&|| there("killed"));
    let left: Vec<_> = names().into_iter().filter(|name| name != "pwp-somebody").collect();
    assert_eq!(left.len(), 1);
    assert_eq!(fs::metadata(temporary.join(&left[0])).unwrap().mode() & 0o777, 0o700);
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Whatever of it looks after its subjects is gone soon as well.
    until(&|| {
        // It may even have removed the directory by itself.
        let Ok(folder) = fs::File::open(temporary.join(&left[0])) else { return true };
        flock(&folder, FlockOperation::NonBlockingLockExclusive).is_ok()
    });
    let mut alive = start(": > alive; exec sleep 1000");
    until(&|| there("alive"));
    assert!(!names().contains(&left[0]), "the first one is gone");
    let ended = std::process::Command::new(PWP)
        .args(["check", "worker", "--only", "first-answers", "--cases", "0"])
        .env("TMPDIR", &temporary)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(ended.code(), Some(5), "a selection makes no claim");
    assert_eq!(names().len(), 2, "the directory of a run that lives stays: {:?}", names());
    alive.kill().unwrap();
    alive.wait().unwrap();
}
