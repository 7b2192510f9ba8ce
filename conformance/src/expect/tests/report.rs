//! Reports as short as a test needs them.

use crate::report::{
    Conclusion, Confirmed, CutShort, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo,
    Suite, Verdict, ViolationReport,
};
use crate::script::fixed;
use pwp_spec::{Catalogue, Feature};

/// A run in the dialect proto, without features, with these verdicts.
pub(super) fn report(verdicts: &[(&str, Verdict)]) -> Report {
    let requirements: Vec<RequirementResult> =
        verdicts.iter().map(|(id, verdict)| result(id, *verdict)).collect();
    let conformant = !requirements.iter().any(RequirementResult::counts_against);
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: "0.0.0".into() },
        revision: Catalogue::standard().revision().into(),
        role: "worker".into(),
        subject: SubjectInfo {
            command: vec!["./my-worker".into()],
            name: "my-worker".into(),
            sha256: String::new(),
            dialect: "proto".into(),
            features: Vec::new(),
            workload: None,
        },
        platform: Platform { os: "linux".into(), arch: "x86_64".into(), cores: 1 },
        run: RunInfo {
            started_unix: 0,
            took_ms: 0,
            seed: 1,
            fixed_scripts: 1,
            generated_scripts: 50,
            generated_wanted: 50,
            generated_steps: 1,
            processes: 1,
            sent_sha256: String::new(),
            first_answer_us: Some(1),
            limit_ms: 1,
            full_waits: 0,
            short_waits: 0,
            cut_short: None,
        },
        conclusion: Conclusion { conformant, headline: String::new(), partial: false, classes: Vec::new() },
        totals: [].into(),
        requirements,
        expectations: None,
    }
}

/// The same run in another dialect, with features.
pub(super) fn in_run(mut report: Report, dialect: &str, features: &[Feature]) -> Report {
    report.subject.dialect = dialect.into();
    report.subject.features = features.to_vec();
    report
}

/// The same run, cut short.
pub(super) fn cut_short(mut report: Report, why: CutShort) -> Report {
    report.run.cut_short = Some(why);
    report
}

fn result(id: &str, verdict: Verdict) -> RequirementResult {
    let id = id.parse().unwrap();
    let requirement = Catalogue::standard().get(id).unwrap();
    let broken = matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Flaky);
    let tried = broken || matches!(verdict, Verdict::Pass | Verdict::Observed);
    RequirementResult {
        id,
        level: requirement.level,
        status: requirement.status,
        verdict,
        exercised: if tried { 7 } else { 0 },
        reason: (!tried).then(|| "the run did not get to it".into()),
        observed: [].into(),
        violated: u64::from(broken),
        violations: if broken { vec![violation(verdict)] } else { Vec::new() },
    }
}

fn violation(verdict: Verdict) -> ViolationReport {
    ViolationReport {
        summary: "request 2 was not answered".into(),
        hex: String::new(),
        remedy: String::new(),
        found_in: "answers".into(),
        script: Some(fixed()[0].clone()),
        case: None,
        confirmed: Confirmed { shown: if verdict == Verdict::Flaky { 3 } else { 5 }, of: 5 },
        expected: false,
        reproduce: String::new(),
        events: Vec::new(),
        transcript: Vec::new(),
        stderr: String::new(),
    }
}
