//! A report in which every member is written.

use pwp::history::{Entry, Transcript};
use pwp::report::{
    Conclusion, Confirmed, ConformanceClass, CutShort, EntryOutcome, Expected, ExpectedEntry, Platform,
    ReplayFile, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo, Suite, Unexpected, Verdict,
    ViolationReport,
};
use pwp_proto::Framing;
use pwp_spec::{Feature, Level, RequirementId, Status};

/// A report with one requirement, in which nothing is left out. A new member does not compile until it is here.
pub(crate) fn every_member() -> Report {
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: "0.1.0".into() },
        revision: "2026-12-draft".into(),
        role: "worker".into(),
        subject: SubjectInfo {
            command: vec!["./my-worker".into()],
            name: "my-worker".into(),
            sha256: "0".repeat(64),
            dialect: Framing::Proto.to_string(),
            features: Feature::ALL.to_vec(),
            workload: Some("an example".into()),
        },
        platform: Platform { os: "linux".into(), arch: "x86_64".into(), cores: 2 },
        run: RunInfo {
            started_unix: 1,
            took_ms: 2,
            seed: u64::MAX,
            fixed_scripts: 4,
            generated_scripts: 5,
            generated_wanted: 6,
            generated_steps: 7,
            processes: 8,
            sent_sha256: "f".repeat(64),
            first_answer_us: Some(9),
            limit_ms: 10,
            full_waits: 11,
            short_waits: 12,
            cut_short: Some(CutShort::Budget),
        },
        conclusion: Conclusion {
            conformant: false,
            headline: "not conformant: worker (proto)".into(),
            partial: true,
            partial_because: cuts(),
            problem: Some("no room".into()),
            classes: vec![ConformanceClass {
                name: "worker (proto)".into(),
                conformant: false,
                exercised: 1,
                of: 1,
                broken: Some(1),
            }],
        },
        totals: [("fail".into(), 1)].into(),
        requirements: vec![RequirementResult {
            id: RequirementId::worker(30),
            level: Level::Must,
            status: Status::Stable,
            verdict: Verdict::Fail,
            exercised: 3,
            reason: Some("an example".into()),
            observed: [("text".into(), 1)].into(),
            violated: 1,
            violations: vec![violation()],
        }],
        expectations: Some(expected()),
    }
}

fn expected() -> Expected {
    Expected {
        file: "known-failures.toml".into(),
        met: false,
        entries: vec![ExpectedEntry {
            requirement: RequirementId::worker(31),
            line: 3,
            verdict: Verdict::Fail,
            reason: "an example".into(),
            outcome: EntryOutcome::Stale,
            note: "passes now".into(),
        }],
        unexpected: vec![Unexpected {
            requirement: RequirementId::worker(30),
            verdict: Verdict::Fail,
            note: "text where a response was expected".into(),
        }],
        changes: vec!["removed W-031".into()],
    }
}

fn violation() -> ViolationReport {
    ViolationReport {
        summary: "text where a response was expected".into(),
        hex: "00".repeat(512),
        remedy: "write to standard error".into(),
        found_in: "answers".into(),
        script: Some(ReplayFile::new(&pwp::script::fixed()[0])),
        // No report has both; here every member is written once.
        case: Some(ReplayFile::new(&pwp::client::fixed_cases()[0])),
        confirmed: Confirmed { shown: 2, of: 3 },
        expected: true,
        shows_at_times: false,
        reproduce: "pwp replay answers.json -- ./my-worker".into(),
        events: vec![1, 2],
        transcript: entries(),
        stderr: "starting".into(),
    }
}

fn entries() -> Vec<Entry> {
    let mut transcript = Transcript::new(Framing::Proto);
    super::events::every_event(Framing::Proto).iter().for_each(|event| transcript.record(event));
    transcript.entries()
}

/// Every reason why a run is partial. A new one does not compile until it is here.
fn cuts() -> Vec<CutShort> {
    let mut found = vec![CutShort::NotStarted];
    while let Some(next) = found.last().and_then(|last| match last {
        CutShort::NotStarted => Some(CutShort::Error),
        CutShort::Error => Some(CutShort::Interrupted),
        CutShort::Interrupted => Some(CutShort::Unfinished),
        CutShort::Unfinished => Some(CutShort::NoAnswer),
        CutShort::NoAnswer => Some(CutShort::Waiting),
        CutShort::Waiting => Some(CutShort::Budget),
        CutShort::Budget => Some(CutShort::Selection),
        CutShort::Selection => Some(CutShort::Replay),
        CutShort::Replay => Some(CutShort::Live),
        CutShort::Live => None,
    }) {
        found.push(next);
    }
    found
}

/// Every verdict. A new one does not compile until it is here.
pub(crate) fn verdicts() -> Vec<Verdict> {
    let mut found = vec![Verdict::Pass];
    while let Some(next) = found.last().and_then(|last| match last {
        Verdict::Pass => Some(Verdict::Fail),
        Verdict::Fail => Some(Verdict::Warn),
        Verdict::Warn => Some(Verdict::Observed),
        Verdict::Observed => Some(Verdict::Unsupported),
        Verdict::Unsupported => Some(Verdict::NotExercised),
        Verdict::NotExercised => Some(Verdict::Untested),
        Verdict::Untested => Some(Verdict::Flaky),
        Verdict::Flaky => Some(Verdict::Error),
        Verdict::Error => None,
    }) {
        found.push(next);
    }
    found
}
