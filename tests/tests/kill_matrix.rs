//! The kill matrix: every fault of the reference worker against the whole suite.
//!
//! Everything that a fault breaks is reported as violated, nothing outside what it declares is, and the
//! clean worker violates nothing. One test for each fault and dialect.
//!
//! An undeclared violation that shows only at times fails its trial, too.
//!
//! `cargo test --release -p pwp-tests --features kill-matrix --test kill_matrix`, with `PWP_ALL_CASES=1` with all generated scripts

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use pwp::process::become_subreaper;
use pwp::report::{Report, Silent, Verdict};
use pwp::runner::{Command, References, Subject};
use pwp::suite::{Options, check_worker};
use pwp::workload::{Workload, parse};
use pwp_proto::Framing;
use pwp_spec::{Catalogue, Feature, FeatureCondition, Features, RequirementId};
use pwp_worker::faults::{ALL, Fault};

/// Where this is set, each fault meets as many generated scripts as a user's run has, and not a tenth of them.
const ALL_CASES: &str = "PWP_ALL_CASES";

/// The full time limit: the reference worker answers in a fraction of a millisecond, and a fault that hangs costs this several times.
const LIMIT: Duration = Duration::from_secs(4);

/// The kinds of waiting: for an answer, for a read, for the end at the end of stdin and for that on SIGTERM. A full limit may pass once for each, and
/// once more for each requirement that is broken.
const KINDS: usize = 4;

fn main() {
    become_subreaper();
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for dialect in [Framing::Proto, Framing::Json] {
        trials.push(Trial::test(format!("clean::{dialect}"), move || clean(dialect)));
    }
    for fault in ALL {
        let waits = fault.breaks.iter().all(|id| requirement(id).is_some_and(is_untested));
        for dialect in fault.framings {
            let trial = Trial::test(format!("{}::{dialect}", fault.name), move || kill(fault, *dialect));
            // Its requirement has a written reason why it is not tested yet. Shown as ignored, never as passed.
            trials.push(trial.with_ignored_flag(waits));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn clean(dialect: Framing) -> Result<(), Failed> {
    for features in feature_sets(None) {
        let report = run(None, dialect, &features)?;
        let found = violated(&report);
        if report.run.full_waits > 0 {
            return Err(format!("the clean worker was waited for in vain, declaring {features:?}").into());
        }
        if !found.is_empty() {
            return Err(
                format!("the clean worker, declaring {features:?}, is said to break {found:#?}").into()
            );
        }
    }
    Ok(())
}

fn kill(fault: &Fault, dialect: Framing) -> Result<(), Failed> {
    let (mut found, mut reports) = (BTreeMap::new(), Vec::new());
    for features in feature_sets(Some(fault)) {
        let report = run(Some(fault), dialect, &features)?;
        let broken = violated(&report);
        let (waits, most) = (report.run.full_waits, KINDS + broken.len());
        if waits as usize > most {
            return Err(format!("{}: {waits} full time limits passed, {most} are enough", fault.name).into());
        }
        found.extend(broken);
        reports.push(report);
    }
    let breaks: BTreeSet<RequirementId> = fault
        .breaks
        .iter()
        .filter_map(|id| requirement(id))
        .filter(|id| !is_untested(*id) && Catalogue::standard().get(*id).is_some_and(|r| r.is_for(dialect)))
        .collect();
    let may: BTreeSet<RequirementId> =
        fault.may_also_break.iter().filter_map(|(id, _)| requirement(id)).collect();
    let missed: Vec<RequirementId> = breaks.iter().filter(|id| !found.contains_key(id)).copied().collect();
    let outside: Vec<_> = found.iter().filter(|(id, _)| !breaks.contains(id) && !may.contains(id)).collect();
    if missed.is_empty() && outside.is_empty() {
        return Ok(());
    }
    let missed: Vec<String> = missed.iter().map(|id| unseen(*id, &reports)).collect();
    Err(format!("{}: breaks {missed:#?} unseen; reported outside what it declares: {outside:#?}", fault.name)
        .into())
}

/// What the reports say of a requirement that was not seen broken, and of the runs.
fn unseen(id: RequirementId, reports: &[Report]) -> String {
    let each = reports.iter().map(|report| {
        let (run, result) = (&report.run, report.requirements.iter().find(|result| result.id == id));
        format!(
            "{:?} exercised {:?} times, {:?}, cut short {:?}, {} processes, {} full and {} short waits in vain, {} ms",
            result.map(|result| result.verdict),
            result.map(|result| result.exercised),
            result.and_then(|result| result.reason.clone()),
            run.cut_short,
            run.processes,
            run.full_waits,
            run.short_waits,
            run.took_ms
        )
    });
    format!("{id}: {}", each.collect::<Vec<_>>().join("; "))
}

/// Features without which the reference worker can be started, and the flag for it.
const OPTIONAL: &[(Feature, &str)] = &[
    (Feature::Cancellation, "--no-cancellation"),
    (Feature::MultiplexSandboxing, "--no-multiplex-sandboxing"),
];

/// The features to declare: all, and all without one where the fault is about its absence.
fn feature_sets(fault: Option<&Fault>) -> Vec<Features> {
    let all = workload().features;
    let absent = |id: &str, feature: Feature| {
        let condition =
            requirement(id).and_then(|id| Catalogue::standard().get(id)).map(|r| r.condition.clone());
        condition == Some(FeatureCondition::Without(feature))
    };
    let mut sets = vec![all.clone()];
    for (feature, _) in OPTIONAL {
        if fault.is_none_or(|fault| fault.breaks.iter().any(|id| absent(id, *feature))) {
            sets.push(all.iter().copied().filter(|other| other != feature).collect());
        }
    }
    sets
}

fn run(fault: Option<&Fault>, dialect: Framing, features: &Features) -> Result<Report, Failed> {
    let mut argv = vec![
        env!("CARGO_BIN_EXE_pwp-under-test").to_owned(),
        "worker".into(),
        format!("--protocol={dialect}"),
    ];
    let missing = OPTIONAL.iter().filter(|(feature, _)| !features.contains(feature));
    argv.extend(missing.map(|(_, flag)| (*flag).to_owned()));
    argv.extend(fault.map(|fault| format!("--fault={}", fault.name)));
    let folder = std::env::current_dir()?;
    let subject = Subject {
        command: Command::resolve(&argv, &folder)?,
        dialect,
        features: features.clone(),
        workload: Workload { features: features.clone(), ..workload() },
        references: References::new(),
    };
    // Most of a run is waiting, so three at once do not slow each other down.
    let options = Options { jobs: 3, limit: Some(LIMIT), start_limit: LIMIT, ..Options::default() };
    let options = match std::env::var_os(ALL_CASES) {
        Some(_) => options,
        None => Options { cases: 12, budget: Duration::from_secs(5), ..options },
    };
    Ok(check_worker(&subject, &options, &mut Silent)?)
}

/// What is reported as broken, and how it looked.
fn violated(report: &Report) -> BTreeMap<RequirementId, String> {
    report
        .violated()
        .filter(|result| result.verdict != Verdict::Pass)
        .map(|result| {
            let evidence = result.violations.first();
            let summary = evidence.map(|violation| {
                let confirmed = violation.confirmed;
                format!(
                    "{} ({}/{}, {})",
                    violation.summary, confirmed.shown, confirmed.of, violation.found_in
                )
            });
            (result.id, format!("{:?}: {}", result.verdict, summary.unwrap_or_default()))
        })
        .collect()
}

fn requirement(id: &str) -> Option<RequirementId> {
    id.parse().ok()
}

fn is_untested(id: RequirementId) -> bool {
    Catalogue::standard().get(id).is_some_and(|requirement| requirement.untested.is_some())
}

fn workload() -> Workload {
    parse("the reference worker's workload", pwp_worker::reference::REFERENCE_WORKLOAD)
        .expect("the workload is valid")
}
