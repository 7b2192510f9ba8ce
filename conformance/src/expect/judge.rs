//! A report beside its expectations.

use crate::report::{
    CutShort, EntryOutcome, Expected, ExpectedEntry, Report, RequirementResult, Unexpected, Verdict,
};
use pwp_spec::{Catalogue, Level, RequirementId, Status};

use super::model::{Entry, Expectations};

/// Whether the run of a report had everything that is made to break a requirement, and not a selection of it.
pub type Covers<'a> = &'a dyn Fn(&Report, RequirementId) -> bool;

/// Compares a report with the expectations.
pub fn judge(expectations: &Expectations, report: &Report, covers: Covers<'_>) -> Expected {
    let applicable: Vec<&Entry> =
        expectations.entries.iter().filter(|entry| entry.is_about(report)).collect();
    let entries: Vec<ExpectedEntry> = applicable
        .iter()
        .map(|entry| {
            let (mut outcome, mut note) = outcome(entry, report, covers);
            if outcome == EntryOutcome::Holds && !entry.has_reason() {
                outcome = EntryOutcome::NoReason;
                note = "has no reason: write in `reason` why it is broken, and who works on it".into();
            }
            ExpectedEntry {
                requirement: entry.requirement,
                line: entry.line as u64,
                verdict: wanted(entry).unwrap_or(Verdict::Fail),
                reason: entry.reason.clone(),
                outcome,
                note,
            }
        })
        .collect();
    let unexpected: Vec<Unexpected> = report
        .requirements
        .iter()
        .filter(|result| result.counts_against())
        .filter(|result| applicable.iter().all(|entry| entry.requirement != result.id))
        .map(|result| Unexpected { requirement: result.id, verdict: result.verdict, note: seen(result) })
        .collect();
    // A class of which nothing was tried is not conformant either, and no entry can be about it.
    let explained = report.conclusion.conformant
        || report.conclusion.partial
        || report.requirements.iter().any(RequirementResult::counts_against);
    let met = explained && unexpected.is_empty() && !entries.iter().any(ExpectedEntry::is_wrong);
    let file = expectations.name.clone();
    Expected { file, met, entries, unexpected, changes: Vec::new() }
}

/// The verdict that an entry expects; `None` for a requirement that can't be broken.
fn wanted(entry: &Entry) -> Option<Verdict> {
    entry.verdict.or_else(|| match Catalogue::standard().get(entry.requirement)?.level {
        Level::Must => Some(Verdict::Fail),
        Level::Should => Some(Verdict::Warn),
        Level::May | Level::Observed => None,
    })
}

fn stale(note: String) -> (EntryOutcome, String) {
    (EntryOutcome::Stale, note)
}

fn outcome(entry: &Entry, report: &Report, covers: Covers<'_>) -> (EntryOutcome, String) {
    let undecided = |note: &str| (EntryOutcome::Undecided, note.to_owned());
    let holds = |note: &str| (EntryOutcome::Holds, note.to_owned());
    let Some(requirement) = Catalogue::standard().get(entry.requirement) else {
        return stale(format!("is not in the standard, revision {}", report.revision));
    };
    let (role, run) = (entry.requirement.role(), &report.role);
    if role.as_str() != run {
        return stale(format!("binds a {role}, and this is a run against a {run}"));
    }
    if requirement.status == Status::Deprecated {
        return stale("was withdrawn from the standard".into());
    }
    let Some(wanted) = wanted(entry) else {
        return stale(format!("is of level {}, which is never judged", requirement.level));
    };
    let Some(result) = report.result(entry.requirement) else {
        return undecided("left out by --only or --skip");
    };
    let reason = result.reason.as_deref().unwrap_or_default();
    match result.verdict {
        Verdict::Fail | Verdict::Warn | Verdict::Flaky => violated(entry, wanted, result),
        Verdict::Error => undecided("the suite failed"),
        Verdict::Unsupported => stale(format!(
            "does not apply to this run: {reason}; if it is about other runs, say which with `dialect` and `features`"
        )),
        Verdict::Untested => stale(format!("can't be seen broken: {reason}")),
        Verdict::NotExercised if wanted == Verdict::NotExercised => holds(reason),
        Verdict::NotExercised if report.run.cut_short.is_some() || !covers(report, result.id) => {
            undecided(reason)
        }
        Verdict::NotExercised => stale(format!("was not exercised: {reason}")),
        Verdict::Pass | Verdict::Observed => match wanted {
            Verdict::Flaky => holds("it did not show in this run"),
            _ if !covers(report, result.id) => undecided("left out in part by --only or --skip"),
            _ => passed(wanted, result, report),
        },
    }
}

fn violated(entry: &Entry, wanted: Verdict, result: &RequirementResult) -> (EntryOutcome, String) {
    let what = match result.verdict {
        Verdict::Flaky => {
            let first = result.violations.first().map(|violation| violation.confirmed).unwrap_or_default();
            format!("is flaky, {} of {} runs", first.shown, first.of)
        }
        verdict => format!("is a {verdict}"),
    };
    if wanted != Verdict::Flaky && wanted != result.verdict {
        return stale(format!("{what}, and the entry says {wanted}: write verdict = \"{}\"", result.verdict));
    }
    if !entry.looks_like(result) {
        let symptom = entry.symptom.as_deref().unwrap_or_default();
        return stale(format!("is broken in another way: {symptom:?} is not in {:?}", seen(result)));
    }
    (EntryOutcome::Holds, String::new())
}

fn passed(wanted: Verdict, result: &RequirementResult, report: &Report) -> (EntryOutcome, String) {
    let times = if result.exercised == 1 { "once".to_owned() } else { format!("{} times", result.exercised) };
    let run = &report.run;
    let note = match (wanted, run.cut_short) {
        // It is a matter of time which scripts were left out, and any of them may be the one that shows the failure.
        (_, Some(cut)) if cut != CutShort::Budget => {
            return (EntryOutcome::Undecided, "the run was cut short before all scripts were run".into());
        }
        (Verdict::NotExercised, _) => format!("is exercised now: {times}, and passes"),
        (_, Some(_)) => format!(
            "passes now: exercised {times} and never broken, in {} of {} generated scripts (--budget gives more)",
            run.generated_scripts, run.generated_wanted
        ),
        (_, None) => format!("passes now: exercised {times} and never broken"),
    };
    (EntryOutcome::Stale, note)
}

/// The symptom in one sentence.
fn seen(result: &RequirementResult) -> String {
    let first = result.violations.first().map(|violation| violation.summary.clone());
    first.or_else(|| result.reason.clone()).unwrap_or_default()
}
