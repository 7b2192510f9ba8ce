//! Runs all cases against one client and writes the report.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::files::RunFolder;
use crate::process::interrupted;
use crate::report::{CutShort, Report, Reporter, RunInfo, SuiteEvent, micros, millis};
use crate::selection::Selection;

use super::adapter::{Adapter, ClientError};
use super::build_limits::BuildLimits;
use super::case::{Case, fixed_cases};
use super::conclude::{self, RunEnd};
use super::run::{JudgedCase, Options, Runner};

/// Runs the cases and judges the client.
///
/// # Errors
/// Where the client can't be used, or the suite fails. What the client does wrong is in the report.
pub fn check_client(
    adapter: &dyn Adapter,
    options: &Options,
    reporter: &mut dyn Reporter,
) -> Result<Report, ClientError> {
    let began = Instant::now();
    let mut run = RunInfo::begin();
    let about = adapter.about();
    check_selection(&options.selection)?;
    let all: Vec<&Case> = fixed_cases().iter().collect();
    let fits = |case: &&&Case| {
        (case.dialects.is_empty() || case.dialects.contains(&options.dialect.to_string()))
            && case.needs.iter().all(|need| about.can.contains(need))
            && options.selection.takes_case(&case.name, &case.exercises)
    };
    let cases: Vec<&Case> = all.iter().filter(fits).copied().collect();
    reporter.event(&SuiteEvent::Started {
        command: &about.command,
        made_absolute: &[],
        dialect: &options.dialect.to_string(),
        fixed: cases.len(),
        generated: 0,
        seed: 0,
    });
    let no_room = |source| ClientError::Folder { path: std::env::temp_dir(), source };
    let run_folder = RunFolder::current().map_err(no_room)?;
    let root = run_folder.make().map_err(no_room)?;
    let limits = BuildLimits::new(options.limit, &cases);
    let runner = Runner::new(adapter, options, &root, &limits);

    let mut judged: Vec<JudgedCase<'_>> = Vec::new();
    let mut lanes = runner.lanes(&cases);
    if !lanes.is_empty() {
        let began = Instant::now();
        let lane = runner.lane(lanes.remove(0))?;
        if !lane.is_empty() {
            let took = limits.slowest().unwrap_or_else(|| began.elapsed());
            run.first_answer_us = Some(micros(took));
            judged.extend(lane);
            reporter.event(&SuiteEvent::Measured { first_answer: Some(took), limit: limits.limit() });
        }
    }
    let total = cases.len();
    let failed = runner.all(lanes, None, |case| {
        let violations = case.violations().count();
        let (name, done) = (&case.case.name, judged.len() + 1);
        reporter.event(&SuiteEvent::ScriptDone { name, done, total, violations });
        judged.push(case);
    });
    judged.sort_by_key(|judged| cases.iter().position(|case| std::ptr::eq(*case, judged.case)));
    let failed = failed.and_then(|()| runner.give_full_limits(&mut judged));
    let failed = failed.and_then(|()| runner.repeat(&mut judged));
    for case in &judged {
        for breach in case.violations() {
            let (requirement, symptom) = (breach.violation.requirement(), case.symptom(breach));
            reporter.event(&SuiteEvent::Attributed { requirement, symptom: &symptom });
        }
    }
    (run.took_ms, run.limit_ms) = (millis(began.elapsed()), millis(limits.limit()));
    let mut cut = BTreeSet::new();
    cut.extend(options.selection.is_partial().then_some(CutShort::Selection));
    cut.extend(interrupted().then_some(CutShort::Interrupted));
    cut.extend(failed.is_err().then_some(CutShort::Error));
    // Without an error and an interrupt, the client has hung too often for the others to be tried.
    if judged.len() < cases.len() && !cut.iter().any(|cut| cut.ends_the_run()) {
        cut.insert(CutShort::Waiting);
    }
    let problem = failed.err().map(|error| error.to_string());
    let _ = root.remove("");
    let report = conclude::report(about, options, &judged, RunEnd { run, cut, problem });
    reporter.event(&SuiteEvent::Finished(&report));
    Ok(report)
}

/// Checks that each pattern matches something, since a typing error would look like success.
///
/// # Errors
/// Names the first pattern that matches nothing.
pub fn check_selection(selection: &Selection) -> Result<(), ClientError> {
    let names: Vec<&str> = fixed_cases().iter().map(|case| case.name.as_str()).collect();
    selection.check_names(&names).map_err(|unknown| ClientError::Selection(unknown.0))
}
