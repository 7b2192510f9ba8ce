//! Expectations against reports written by hand, and the text that comes of an update.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod judge;
mod update;

use super::{Expectations, SCHEMA_ID, parse};
use crate::report::{
    Conclusion, Confirmed, CutShort, Gap, Report, RequirementResult, RunFacts, RunInfo, Tallies, Verdict,
    ViolationReport, assemble,
};
use crate::selection::Selection;
use crate::suite::covers;
use pwp_spec::{Catalogue, Dialect, Feature, Features, RequirementId, Role};

/// Whether a selection has all that is made to break a requirement.
fn selected(selection: &Selection) -> impl Fn(&Report, RequirementId) -> bool {
    move |report, id| covers(selection, report, id)
}

/// A file with these entries behind its first line.
fn file(entries: &str) -> Expectations {
    parse("known.toml", &format!("schema = {SCHEMA_ID:?}\n{entries}")).unwrap()
}

/// A run in the dialect proto, without features, with these verdicts.
fn report(verdicts: &[(&str, Verdict)]) -> Report {
    let requirements: Vec<RequirementResult> =
        verdicts.iter().map(|(id, verdict)| result(id, *verdict)).collect();
    let conformant = !requirements.iter().any(RequirementResult::counts_against);
    let facts = RunFacts {
        role: Role::Worker,
        dialect: Dialect::Proto,
        features: &Features::new(),
        command: vec!["./my-worker".into()],
        name: "my-worker".into(),
        program: None,
        workload: None,
        run: RunInfo { generated_scripts: 50, generated_wanted: 50, ..RunInfo::default() },
        cut: [].into(),
        problem: None,
    };
    let whole = assemble(facts, Tallies::default(), |_| true, |_| Gap::not_exercised("nothing was run"));
    let conclusion = Conclusion { conformant, ..whole.conclusion.clone() };
    Report { conclusion, requirements, ..whole }
}

/// The same run in another dialect, with features.
fn in_run(mut report: Report, dialect: &str, features: &[Feature]) -> Report {
    report.subject.dialect = dialect.into();
    report.subject.features = features.to_vec();
    report
}

/// The same run, cut short.
fn cut_short(mut report: Report, why: CutShort) -> Report {
    report.run.cut_short = Some(why);
    report
}

fn result(id: &str, verdict: Verdict) -> RequirementResult {
    let id = id.parse().unwrap();
    let requirement = Catalogue::standard().get(id).unwrap();
    let broken = verdict.is_violation();
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
        found_in: "answers".into(),
        confirmed: Confirmed { shown: if verdict == Verdict::Flaky { 3 } else { 5 }, of: 5 },
        ..ViolationReport::default()
    }
}
