//! Whatever is written to `pwp`, it stays small: 150 MB at most, and far less in an ordinary run.

use std::ffi::OsStr;
use std::fs::{self, File};

use pwp::report::{Report, Verdict};
use pwp_proto::{Framing, WorkRequest, encode};
use pwp_tests::watched::{Ended, Pwp};

use super::subject::quick;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pwp-under-test");
const SUBJECT: &str = env!("CARGO_BIN_EXE_hostile-memory");

/// The most memory that `pwp` may ever have resident, in bytes.
const MOST: u64 = 150_000_000;
/// The same where no message is large.
const ORDINARY: u64 = 64_000_000;

/// A few scripts: the first answers, which everything is about here, and the end.
const FEW: &str = "first-answers,answers,eof-idle";

/// What holds of every run; `most` is the memory that it may need.
#[track_caller]
fn is_bounded(ended: &Ended, most: u64) {
    assert_eq!(ended.left, [""; 0], "left behind");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert_eq!(ended.signal, None, "{}", ended.stderr);
    assert!(ended.peak <= most, "pwp needed {} bytes of memory", ended.peak);
    if std::env::var_os("PWP_SHOW_PEAKS").is_some() {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        eprintln!("{name}: {} MB", ended.peak / 1_000_000);
    }
}

/// `pwp check worker` with further options, and a subject with this behaviour.
fn check(options: &[&str], behaviour: &str, dialect: &str) -> Ended {
    let only = format!("--only={FEW}");
    let json = (dialect == "json").then_some("--json");
    quick()
        .args(["--dialect", dialect, &only])
        .args(options)
        .args(["--", SUBJECT, behaviour])
        .args(json)
        .run()
}

fn broken(report: &Report) -> Vec<String> {
    let fails = report.requirements.iter().filter(|result| result.verdict == Verdict::Fail);
    let mut ids: Vec<String> = fails.map(|result| result.id.to_string()).collect();
    ids.sort();
    ids
}

macro_rules! workers {
    ($($name:ident: $behaviour:literal, $dialect:literal => fails $fails:expr, at most $most:expr;)*) => {
        $(#[test]
        fn $name() {
            let fails: &[&str] = &$fails;
            let ended = check(&[], $behaviour, $dialect);
            is_bounded(&ended, $most);
            assert_eq!(broken(&ended.report()), fails, "{}", ended.stdout);
            // Only some scripts are run, so that nothing is claimed.
            assert_eq!(ended.code, Some(if fails.is_empty() { 5 } else { 1 }), "{}", ended.stdout);
        })*
    };
}

// `fails`: the MUSTs that are broken. What is too large is told with W-038; what is only odd, with the requirement that it breaks.
workers! {
    answers_of_15_megabytes_are_right: "answers-15", "proto" => fails [], at most MOST;
    answers_of_15_megabytes_are_right_in_json: "answers-15", "json" => fails [], at most MOST;
    answers_of_64_megabytes_are_too_large: "answers-64", "proto" => fails ["W-038"], at most ORDINARY;
    answers_of_64_megabytes_are_too_large_in_json: "answers-64", "json" => fails ["W-038"], at most MOST;
    answers_of_200_megabytes_are_too_large: "answers-200", "proto" => fails ["W-038"], at most ORDINARY;
    answers_of_200_megabytes_are_too_large_in_json: "answers-200", "json" => fails ["W-038"], at most MOST;
    a_frame_that_declares_255_megabytes: "declares-255", "proto" => fails ["W-038"], at most ORDINARY;
    a_string_without_end: "unclosed-string", "json" => fails ["W-038"], at most MOST;
    a_number_without_end: "endless-number", "json" => fails ["W-038"], at most MOST;
    a_number_of_ten_megabytes: "huge-number", "json" => fails ["W-042"], at most MOST;
    a_zero_of_ten_megabytes: "small-exponent", "json" => fails ["W-042"], at most MOST;
    groups_nested_100000_deep: "deep-groups", "proto" => fails ["W-036"], at most ORDINARY;
    arrays_nested_a_million_deep: "deep-arrays", "json" => fails ["W-040"], at most ORDINARY;
    a_million_names: "many-names", "json" => fails [], at most MOST;
    names_of_a_megabyte: "long-names", "json" => fails [], at most MOST;
    an_output_of_escapes: "many-escapes", "json" => fails [], at most MOST;
    five_million_fields: "many-fields", "proto" => fails [], at most MOST;
    a_flood_of_small_responses: "surplus", "proto" => fails ["W-032"], at most ORDINARY;
    a_flood_of_small_responses_in_json: "surplus", "json" => fails ["W-032"], at most ORDINARY;
    white_space_after_the_answer: "white-space", "json" => fails [], at most ORDINARY;
    a_flood_on_stderr: "floods-stderr", "proto" => fails [], at most ORDINARY;
}

/// The bound is for the whole of `pwp`, however many subjects run at once.
#[test]
fn large_answers_to_many_runs_at_once_share_the_bound() {
    for dialect in ["proto", "json"] {
        let ended = quick()
            .args(["--dialect", dialect, "--jobs=16", "--only=first-answers,answers,eof-idle,split-*,empty*"])
            .args(["--", SUBJECT, "answers-15"])
            .args((dialect == "json").then_some("--json"))
            .run();
        is_bounded(&ended, MOST);
        assert_eq!(broken(&ended.report()), [""; 0], "{}", ended.stdout);
    }
}

/// An output of 20 GiB, which is all holes, is looked at in pieces.
#[test]
fn outputs_as_large_as_a_disk_are_read_in_pieces() {
    let pwp = quick();
    let workload = pwp.out().join("workload.toml");
    let text = "schema = \"pwp/workload/v1\"\nname = \"huge\"\n\
        [[request]]\nname = \"a\"\nkind = \"success\"\narguments = [\"--out=a.o\"]\noutputs = [{ path = \"a.o\" }]\n";
    fs::write(&workload, text).unwrap();
    let only = format!("--only={FEW}");
    let ended = pwp
        .args([OsStr::new("--workload"), workload.as_os_str()])
        .args([&only, "--", SUBJECT, "huge-outputs"])
        .run();
    is_bounded(&ended, ORDINARY);
    assert_eq!(ended.code, Some(5), "{}", ended.stdout);
}

#[test]
fn a_call_shows_large_answers_and_stays_small() {
    for (behaviour, format, code) in [
        ("answers-15", "json", 0),
        ("answers-15", "human", 0),
        ("answers-200", "human", 1),
        ("many-escapes", "json", 0),
        ("surplus", "json", 1),
    ] {
        let dialect = if behaviour == "many-escapes" { "json" } else { "proto" };
        let ended = Pwp::new(PROGRAM)
            .args(["call", "--dialect", dialect, "--format", format, "--request", "{} {} {} {}"])
            .args(["--", SUBJECT, behaviour])
            .args((dialect == "json").then_some("--json"))
            .run();
        is_bounded(&ended, MOST);
        assert_eq!(ended.code, Some(code), "{behaviour}: {}", &ended.stderr);
    }
}

/// A file that `write` has written, to be read from its beginning.
fn input(pwp: &Pwp, write: impl FnOnce(&mut File)) -> File {
    let path = pwp.out().join("stdin");
    write(&mut File::create(&path).unwrap());
    File::open(path).unwrap()
}

#[test]
fn a_tap_passes_on_what_is_too_large_and_stays_small() {
    use std::io::Write as _;

    for (length, behaviour) in
        [(40_000_000, "answers-15"), (15_000_000, "answers-200"), (1, "floods-at-once")]
    {
        let pwp = Pwp::new(PROGRAM);
        let request = WorkRequest { arguments: vec!["x".repeat(length)], ..WorkRequest::default() };
        let bytes = encode(Framing::Proto, &request);
        let request = input(&pwp, |file| file.write_all(&bytes).unwrap());
        let (report, record) = (pwp.out().join("tap.json"), pwp.out().join("work.toml"));
        let ended = pwp
            .stdin(request)
            .args([OsStr::new("tap"), OsStr::new("--report"), report.as_os_str()])
            .args([OsStr::new("--record"), record.as_os_str()])
            .args(["--dialect=proto", "--", SUBJECT, behaviour, "--persistent_worker"])
            .run();
        is_bounded(&ended, MOST);
        assert!(report.exists(), "{behaviour}: {}", ended.stderr);
    }
}

/// A client of the plan's form, that floods the probe or forges what it writes down.
#[test]
fn a_client_that_floods_the_probe_is_judged_in_little_memory() {
    for (behaviour, code) in
        [("client-empty-inputs", 5), ("client-large-request", 1), ("client-floods", 1), ("client-forges", 1)]
    {
        let ended = Pwp::new(PROGRAM)
            .args(["check", "client", "command", "--only=plain", "--repeat=0"])
            .with_report()
            .args(["--", SUBJECT, behaviour, "{plan}", "{outcomes}"])
            .run();
        is_bounded(&ended, MOST);
        assert_eq!(ended.code, Some(code), "{behaviour}: {}{}", ended.stdout, ended.stderr);
    }
}

/// The watcher sees memory where there is some.
#[test]
fn what_is_needed_is_seen() {
    let ended = Pwp::new(PROGRAM).args(["check", "worker", "--only=first-answers"]).run();
    assert!(ended.peak > 1 << 20, "memory was not measured");
}
