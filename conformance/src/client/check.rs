//! Runs all cases against one client and writes the report.

use std::time::Instant;

use crate::files::remove;
use crate::report::{CutShort, Report, Reporter, RunInfo, SuiteEvent, micros, millis};

use super::adapter::{Adapter, ClientError};
use super::build_limits::BuildLimits;
use super::case::{Case, fixed_cases};
use super::conclude;
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
    let all: Vec<&Case> = fixed_cases().iter().collect();
    // Each pattern has to match something, or a typing error would look like success.
    let names: Vec<&str> = all.iter().map(|case| case.name.as_str()).collect();
    options.selection.check_names(&names).map_err(|unknown| ClientError::Selection(unknown.0))?;
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
    let folder = tempfile::Builder::new()
        .prefix("pwp-")
        .tempdir()
        .map_err(|source| ClientError::Folder { path: std::env::temp_dir(), source })?;
    // What a shell has started may see other names of the same folder.
    let root = folder.path().canonicalize().unwrap_or_else(|_| folder.path().to_owned());
    let limits = BuildLimits::new(options.limit, &cases);
    let runner = Runner::new(adapter, options, &root, &limits);

    let mut judged: Vec<JudgedCase<'_>> = Vec::new();
    let mut lanes = runner.lanes(&cases);
    if !lanes.is_empty() {
        let began = Instant::now();
        judged.extend(runner.lane(lanes.remove(0))?);
        let took = limits.slowest().unwrap_or_else(|| began.elapsed());
        run.first_answer_us = Some(micros(took));
        reporter.event(&SuiteEvent::Measured { first_answer: Some(took), limit: limits.limit() });
    }
    let total = cases.len();
    runner.all(lanes, None, |case| {
        let violations = case.violations().count();
        let (name, done) = (&case.case.name, judged.len() + 1);
        reporter.event(&SuiteEvent::ScriptDone { name, done, total, violations });
        judged.push(case);
    })?;
    if judged.is_empty() && crate::process::interrupted() {
        return Err(ClientError::Interrupted);
    }
    judged.sort_by_key(|judged| cases.iter().position(|case| std::ptr::eq(*case, judged.case)));
    runner.give_full_limits(&mut judged)?;
    runner.repeat(&mut judged)?;
    for case in &judged {
        for breach in case.violations() {
            let (requirement, symptom) = (breach.violation.requirement(), case.symptom(breach));
            reporter.event(&SuiteEvent::Attributed { requirement, symptom: &symptom });
        }
    }
    (run.took_ms, run.limit_ms) = (millis(began.elapsed()), millis(limits.limit()));
    if judged.len() < cases.len() && !crate::process::interrupted() {
        run.cut_short = Some(CutShort::Waiting);
    }
    let partial = options.selection.is_partial() || crate::process::interrupted();
    let _ = remove(&root);
    let report = conclude::report(about, options, &judged, run, partial);
    reporter.event(&SuiteEvent::Finished(&report));
    Ok(report)
}
