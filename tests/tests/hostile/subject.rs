//! A subject of the table, how it is checked, and what always holds.

use std::collections::BTreeSet;

use pwp::report::{CutShort, Report, Verdict};
use pwp_tests::watched::{Ended, Pwp};

/// Most memory that `pwp` itself may need, in bytes.
const MEMORY: u64 = 100 << 20;

/// Scripts, by name, of which each waits for something else.
const FEW_SCRIPTS: &str = "first-answers,answers,eof-*,sigterm-*,five-megabytes,malformed*,one-shot*";

/// A command to be checked.
pub(crate) struct Subject {
    command: Vec<String>,
    json: bool,
    snapshot: bool,
    jobs: Option<u8>,
    few_scripts: bool,
}

/// What the check is to say.
pub(crate) struct Expected<'a> {
    /// The exit code of `pwp`.
    pub(crate) code: i32,
    /// The MUSTs that are broken, all of them.
    pub(crate) fails: &'a [&'a str],
    /// How often a full time limit passes at most.
    pub(crate) full_waits: u32,
}

/// A shell script; `"$0" BEHAVIOUR "$@"` runs the [`worker`].
pub(crate) fn sh(script: &str) -> Subject {
    let command = ["sh", "-c", script, env!("CARGO_BIN_EXE_hostile-subject")];
    Subject {
        command: command.map(str::to_owned).to_vec(),
        json: false,
        snapshot: false,
        jobs: None,
        few_scripts: false,
    }
}

/// The worker that answers, and then misbehaves in one way.
pub(crate) fn worker(behaviour: &str) -> Subject {
    let command = vec![env!("CARGO_BIN_EXE_hostile-subject").to_owned(), behaviour.to_owned()];
    Subject { command, json: false, snapshot: false, jobs: None, few_scripts: false }
}

impl Subject {
    /// Checked as a worker that speaks `json`.
    pub(crate) fn json(mut self) -> Self {
        self.json = true;
        self.command.extend((self.command[0] != "sh").then(|| "--json".to_owned()));
        self
    }

    /// For a subject that lets time pass and does nothing: this many at once.
    pub(crate) fn jobs(mut self, jobs: u8) -> Self {
        self.jobs = Some(jobs);
        self
    }

    /// Not with all scripts: each of them would let time pass for the same verdict.
    pub(crate) fn few_scripts(mut self) -> Self {
        self.few_scripts = true;
        self
    }

    /// What people are shown is compared as well.
    pub(crate) fn snapshot(mut self) -> Self {
        self.snapshot = true;
        self
    }
}

/// A run with short limits; to be followed by the subject's command.
pub(crate) fn quick() -> Pwp {
    Pwp::new(env!("CARGO_BIN_EXE_pwp-under-test"))
        .args(["check", "worker", "--limit", "2s", "--cases", "4", "--budget", "1s"])
        .with_report()
}

/// What holds whatever the subject does.
#[track_caller]
pub(crate) fn leaves_nothing(ended: &Ended) {
    assert_eq!(ended.left, [""; 0], "left behind");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert_eq!(ended.signal, None);
    assert!(ended.peak < MEMORY, "pwp needed {} bytes of memory", ended.peak);
}

/// Checks a subject and compares.
#[track_caller]
pub(crate) fn check(subject: &Subject, expected: &Expected<'_>) {
    let dialect = if subject.json { "json" } else { "proto" };
    let jobs = subject.jobs.map(|jobs| format!("--jobs={jobs}"));
    let only = subject.few_scripts.then(|| format!("--only={FEW_SCRIPTS}"));
    let ended =
        quick().args(["--dialect", dialect]).args(jobs).args(only).args(["--"]).args(&subject.command).run();
    leaves_nothing(&ended);
    assert_eq!(ended.stderr, "");
    let report = ended.report();
    // A run of this length was looked at often enough.
    assert!(ended.peak > 1 << 20 || report.run.took_ms < 100, "memory was not measured");
    let story = &ended.stdout;
    assert_eq!(
        ids(&report, &[Verdict::Fail]),
        expected.fails.iter().map(|id| (*id).to_owned()).collect(),
        "{story}"
    );
    // These verdicts say that the suite is unsure or at fault.
    assert_eq!(ids(&report, &[Verdict::Flaky, Verdict::Error]), BTreeSet::new(), "{story}");
    // On a busy machine the time may be over before the last generated script, and then there is no claim.
    let is_slow = expected.code == 0 && report.cuts() == BTreeSet::from([CutShort::Budget]);
    assert_eq!(ended.code, Some(if is_slow { 5 } else { expected.code }), "{story}");
    let run = &report.run;
    assert!(
        run.full_waits <= expected.full_waits,
        "{} full and {} short waits\n{story}",
        run.full_waits,
        run.short_waits
    );
    if subject.snapshot {
        compare(&ended);
    }
}

fn ids(report: &Report, verdicts: &[Verdict]) -> BTreeSet<String> {
    let results = report.requirements.iter().filter(|result| verdicts.contains(&result.verdict));
    results.map(|result| result.id.to_string()).collect()
}

/// Compares what people are shown, without what differs from run to run: times, counts, the order of events
/// that race.
fn compare(ended: &Ended) {
    let thread = std::thread::current();
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"(/[^/\s']+)+/hostile-subject\b", "[hostile-subject]");
    settings.add_filter(r"(/[^/\s']+)+/(sh|dash|bash)\b", "[sh]");
    settings.add_filter(r"(?m)^(.{11}>) +\d+\.\d{3} ms", "$1      [time]");
    settings.add_filter(r"\d+(\.\d)? ?m?s\b", "[time]");
    settings.add_filter(r"\d+ fixed and", "[n] fixed and");
    settings.add_filter(r"found:     \d+ times", "found:     [n] times");
    // Whether a smaller script is found depends on the time budget.
    settings.add_filter(
        r"again:     (save the script with --transcripts DIR, then\n +)?pwp replay \S+",
        "again:     pwp replay [script]",
    );
    settings.bind(|| insta::assert_snapshot!(thread.name().unwrap(), steady(&ended.stdout)));
}

/// The violations and the last line; of each transcript the events that show the violation.
fn steady(text: &str) -> String {
    let observed = text.split_once("observed, where the standard is silent");
    // Nothing is observed of a subject that ended before the request was written.
    let (violations, rest) = observed.or_else(|| text.split_once("not exercised:")).unwrap();
    let event = |line: &&str| line.starts_with("  run:  ") || line.starts_with(&" ".repeat(11));
    let shows = |line: &&str| line.contains("> ") && !line.contains(" sent  ");
    let lines = violations.lines().filter(|line| !(event(line) && line.contains(" ms  ")) || shows(line));
    lines.chain(rest.lines().last()).flat_map(|line| [line, "\n"]).collect()
}
