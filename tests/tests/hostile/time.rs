//! Subjects that are slow, and subjects that play for time.
//!
//! What is slow and right passes. What trickles gets no more time than what is silent, so each run ends soon: a deadline is absolute, for a
//! message, a wait, a script and the whole check.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use pwp::report::{Report, Verdict};
use pwp_tests::watched::{Ended, Pwp};

use crate::subject::leaves_nothing;

const PWP: &str = env!("CARGO_BIN_EXE_pwp-under-test");
const SUBJECT: &str = env!("CARGO_BIN_EXE_slow-subject");
/// Scripts, by name, in which several requests follow each other, and both ends.
const FEW: &str = "first-answers,answers,sizes,split-halves,eof-*,sigterm-*";
/// How long a run may take beside its time limits on a machine that is busy with other tests.
const REST: Duration = Duration::from_secs(60);

/// A subject, and how it is checked.
struct Slow {
    command: Vec<String>,
    /// The full limit.
    limit: &'static str,
    jobs: &'static str,
    arguments: Vec<String>,
}

/// What is to come of it.
struct Expected<'a> {
    code: i32,
    /// The MUSTs that are broken, all of them.
    fails: &'a [&'a str],
    /// How often a full time limit passes at most.
    full_waits: u32,
    /// The longest time that the run may take beside [`REST`], in seconds.
    seconds: u64,
}

fn slow(behaviour: &str, limit: &'static str) -> Slow {
    let words = behaviour.split(' ').map(str::to_owned);
    let command = std::iter::once(SUBJECT.to_owned()).chain(words).collect();
    Slow { command, limit, jobs: "8", arguments: Vec::new() }
}

fn sh(script: &str, limit: &'static str) -> Slow {
    let command = ["sh", "-c", script, SUBJECT].map(str::to_owned).to_vec();
    Slow { command, limit, jobs: "8", arguments: Vec::new() }
}

impl Slow {
    fn json(self) -> Self {
        let mut slow = self.with(&["--dialect", "json"]);
        slow.command.push("--json".into());
        slow
    }

    fn few(self) -> Self {
        self.with(&["--only", FEW])
    }

    /// One process after the other, since each needs memory.
    fn one_by_one(mut self) -> Self {
        self.jobs = "1";
        self
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    fn run(&self) -> (Ended, Duration) {
        let fixed = ["check", "worker", "--cases", "4", "--budget", "1s"];
        let pwp = Pwp::new(PWP).args(fixed).args(["--jobs", self.jobs, "--limit", self.limit]);
        let pwp = pwp.with_report().args(&self.arguments);
        let began = Instant::now();
        let ended = pwp.args(["--"]).args(&self.command).run();
        let took = began.elapsed();
        leaves_nothing(&ended);
        (ended, took)
    }

    #[track_caller]
    fn check(&self, expected: &Expected<'_>) -> Report {
        let (ended, took) = self.run();
        let (report, story) = (ended.report(), &ended.stdout);
        assert_eq!(
            with(&report, Verdict::Fail),
            expected.fails.iter().map(|id| (*id).to_owned()).collect(),
            "{story}"
        );
        for unsure in [Verdict::Flaky, Verdict::Error] {
            assert_eq!(with(&report, unsure), BTreeSet::new(), "{story}");
        }
        assert_eq!(ended.code, Some(expected.code), "{story}");
        assert!(
            report.run.full_waits <= expected.full_waits,
            "{} full waits\n{story}",
            report.run.full_waits
        );
        let most = Duration::from_secs(expected.seconds) + REST;
        assert!(took < most, "it took {took:?}, and {most:?} are enough\n{story}");
        report
    }
}

fn with(report: &Report, verdict: Verdict) -> BTreeSet<String> {
    let results = report.requirements.iter().filter(|result| result.verdict == verdict);
    results.map(|result| result.id.to_string()).collect()
}

macro_rules! subjects {
    ($($name:ident: $subject:expr => $code:literal, fails $fails:expr, waits $waits:literal, seconds $seconds:literal;)*) => {
        $(#[test]
        fn $name() {
            let fails: &[&str] = &$fails;
            $subject.check(&Expected { code: $code, fails, full_waits: $waits, seconds: $seconds });
        })*
    };
}

subjects! {
    // Slow and right. Only some scripts are run, so that nothing is claimed: the exit code is 5.
    the_second_request_is_slow: slow("second --ms=700", "2s").few() => 5, fails [], waits 0, seconds 20;
    // With the limits that everybody has: a first request of a millisecond and a second one of three seconds.
    the_second_request_is_slow_with_default_limits:
        slow("second --ms=3000", "10s").with(&["--only", "first-answers,answers,eof-idle,sigterm-idle"]) => 5, fails [], waits 0, seconds 30;
    large_requests_are_slow:
        slow("large --ms=3000", "10s").with(&["--only", "first-answers,five-megabytes"]).one_by_one() => 5, fails [], waits 0, seconds 30;
    the_end_is_slow: slow("ends-slowly --ms=700", "2s").few() => 5, fails [], waits 0, seconds 20;
    the_start_is_slower_than_any_other_limit:
        slow("first --ms=1500", "1s").with(&["--start-limit", "4s"]).few() => 5, fails [], waits 0, seconds 40;
    stdin_is_read_byte_by_byte: slow("reads-bytes", "3s").few() => 5, fails [], waits 0, seconds 30;
    // It takes nearly all of each limit, for ever. Runs and the check end all the same, and nothing is wrong with it.
    every_answer_comes_just_in_time:
        slow("every --ms=600", "1s").with(&["--only", "first-answers,answers,sizes,many"]) => 5, fails [], waits 0, seconds 60;

    // The limit of a later answer is shorter than half of what the start needs.
    a_slow_start_and_then_nothing:
        slow("first-then-never --ms=1200", "500ms").with(&["--start-limit", "4s"]).few()
            => 1, fails ["W-031", "W-111"], waits 4, seconds 60;

    // All of these hang with a request open, so that they do not see the end of stdin: a full limit for each, and one to confirm each.
    // What has begun is completed within a full limit, however steadily it comes.
    a_frame_trickles: slow("trickles", "1s").few() => 1, fails ["W-038", "W-111"], waits 4, seconds 30;
    the_first_frame_trickles: slow("trickles-first", "1s") => 1, fails ["W-038"], waits 2, seconds 20;
    an_object_trickles: slow("trickles", "1s").json().few() => 1, fails ["W-038", "W-111"], waits 4, seconds 30;
    white_space_inside_an_object_for_ever: slow("blanks-inside", "1s").json().few() => 1, fails ["W-038", "W-111"], waits 4, seconds 30;
    // White space before an object is none of it: nothing has begun, and no answer comes.
    white_space_in_place_of_an_answer:
        slow("blanks", "1s").json().few() => 1, fails ["W-031", "W-111"], waits 4, seconds 40;
    white_space_in_place_of_an_end:
        slow("blanks-at-the-end", "1s").json().few() => 1, fails ["W-110", "W-111"], waits 5, seconds 40;
    // Standard error is no sign of life to a client of workers.
    a_flood_of_messages_in_place_of_an_answer:
        slow("floods-stderr", "1s").few() => 1, fails ["W-031", "W-111"], waits 4, seconds 40;
    it_stops_itself:
        slow("stops", "1s").with(&["--only", "first-answers,answers,sizes,eof-*"]) => 1, fails ["W-031", "W-111"], waits 4, seconds 40;
    it_stops_itself_at_once: sh("kill -STOP $$", "1s") => 1, fails ["W-031", "W-111"], waits 3, seconds 20;
}

/// 20 KiB a second: five megabytes would take four minutes.
#[test]
fn a_slow_reader_has_a_limit_for_the_whole_request() {
    let (ended, took) =
        slow("reads-slowly", "1s").with(&["--only", "first-answers,five-megabytes"]).one_by_one().run();
    let (report, story) = (ended.report(), &ended.stdout);
    let large = report.result("W-011".parse().unwrap()).unwrap();
    assert!(large.violated > 0, "{story}");
    assert!(large.violations[0].summary.ends_with("(the full limit; --limit sets another)"), "{story}");
    assert_eq!(with(&report, Verdict::Flaky), BTreeSet::new(), "{story}");
    assert!(took < Duration::from_secs(60) + REST, "{took:?}\n{story}");
}

/// One answer of all takes longer than a full limit: that is told as what it is, and as no more.
#[test]
fn what_was_too_slow_once_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("was-slow");
    let behaviour = format!("once --ms=3000 --marker={}", marker.display());
    let (ended, _) = slow(&behaviour, "500ms").few().run();
    let report = ended.report();
    assert!(marker.exists());
    assert_eq!(with(&report, Verdict::Fail), BTreeSet::new(), "{}", ended.stdout);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    for result in report.violated() {
        let confirmed = result.violations[0].confirmed;
        assert!(confirmed.shown < confirmed.of, "{}", ended.stdout);
    }
}

#[test]
fn what_was_slow_once_within_the_limit_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let behaviour = format!("once --ms=1000 --marker={}", folder.path().join("was-slow").display());
    slow(&behaviour, "3s").few().check(&Expected { code: 5, fails: &[], full_waits: 0, seconds: 20 });
}

/// Whoever reads that an answer did not come learns which limit that was, and how to set it.
#[test]
fn a_violation_names_its_limit() {
    for (slow, text) in [
        (
            slow("stops", "1s").few(),
            "no response to request 0 within 1.0 s (the full limit; --limit sets another)",
        ),
        (
            sh("kill -STOP $$", "1s").with(&["--start-limit", "2s"]),
            "within 2.0 s (the full limit of a first answer; --start-limit sets another)",
        ),
    ] {
        let (ended, _) = slow.run();
        let report = ended.report();
        let result = report.result("W-031".parse().unwrap()).unwrap();
        assert!(result.violations[0].summary.ends_with(text), "{}", result.violations[0].summary);
        assert_eq!(report.run.limit_ms, 1000);
        assert!(
            result.violations[0].reproduce.contains(" --limit 1s "),
            "{}",
            result.violations[0].reproduce
        );
    }
}

/// Forty requests are open, and none is answered: they are waited for together.
#[test]
fn a_call_waits_once_for_all_that_is_open() {
    let requests = "{\"arguments\":[\"x\"]}".repeat(40);
    let began = Instant::now();
    let ended = Pwp::new(PWP)
        .args([
            "call",
            "--parallel",
            "--timeout",
            "1s",
            "--request",
            &requests,
            "--",
            "sh",
            "-c",
            "exec sleep 1000",
        ])
        .run();
    leaves_nothing(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}\n{}", began.elapsed(), ended.stdout);
}

#[test]
fn a_call_does_not_wait_for_what_trickles() {
    let began = Instant::now();
    let ended = Pwp::new(PWP)
        .args(["call", "--timeout", "1s", "--request", "{}", "--request", "{}", "--", SUBJECT, "trickles"])
        .run();
    leaves_nothing(&ended);
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(ended.stdout.contains("W-038"), "{}", ended.stdout);
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}

/// In one-shot mode the tool has ended, and what it has left behind floods its streams.
#[test]
fn a_call_does_not_wait_for_what_a_tool_has_left_behind() {
    let worker = format!(
        "case \"$*\" in *--persistent_worker*) exec {SUBJECT} every \"$@\";; *) (while echo x; do sleep 0.01; done) & exit 0;; esac"
    );
    let began = Instant::now();
    let ended = Pwp::new(PWP)
        .args(["call", "--one-shot", "--timeout", "60s", "--request", "{}", "--", "sh", "-c", &worker, "sh"])
        .run();
    leaves_nothing(&ended);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    // It has ended, and that is what is said of it.
    assert!(!ended.stdout.contains("did not end"), "{}", ended.stdout);
}

/// A client whose first build takes `first` and all later ones hang, with a limit of two seconds.
fn check_client(script: &str) -> (Ended, Duration) {
    let pwp =
        Pwp::new(PWP).args(["check", "client", "command", "--limit", "2s", "--repeat", "0"]).with_report();
    let began = Instant::now();
    let ended = pwp.args(["--", "sh", "-c", script, "sh", "{plan}", "{outcomes}"]).run();
    leaves_nothing(&ended);
    (ended, began.elapsed())
}

#[test]
fn a_client_that_hangs_in_every_case_is_given_up() {
    let (ended, took) = check_client("exec sleep 1000");
    // None of its builds has done anything that could be wrong.
    assert_eq!(ended.code, Some(5), "{}", ended.stdout);
    let report = ended.report();
    assert!(!report.conclusion.conformant && report.run.cut_short.is_some(), "{}", ended.stdout);
    assert!(took < REST, "{took:?}");
}

/// It says that its builds ended before they began, and later than any clock can tell.
#[test]
fn the_times_that_a_client_writes_down_may_be_any() {
    for (began, ended) in [("5", "0"), ("0", "18446744073709551615"), ("18446744073709551615", "1")] {
        let outcomes = format!(
            r#"{{"schema":"pwp/outcomes/v1","workers":[],"builds":[{{"name":"0","interrupted":false,"began_ms":{began},"ended_ms":{ended},"actions":[]}}]}}"#
        );
        // The mark says that the build was begun, as the first step of the plan does.
        let script = format!(
            "sed -n 's/.*\"path\": \"\\(.*build-0-begins\\)\".*/\\1/p' \"$1\" | while read -r mark; do : > \"$mark\"; done; printf '%s' '{outcomes}' > \"$2\""
        );
        let pwp = Pwp::new(PWP).args(["check", "client", "command", "--only", "plain", "--repeat", "0"]);
        let ended = pwp.with_report().args(["--", "sh", "-c", &script, "sh", "{plan}", "{outcomes}"]).run();
        leaves_nothing(&ended);
        assert_eq!(ended.code, Some(5), "no action is in its outcomes: {}{}", ended.stdout, ended.stderr);
        assert!(fs::metadata(ended.out().join("report.json")).is_ok());
    }
}
