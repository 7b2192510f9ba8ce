//! What the report on a worker is put together from.

use std::collections::BTreeSet;
use std::time::Duration;

use pwp_spec::{Features, Requirement, RequirementId, Role};

use crate::oracle::ids;
use crate::report::{
    CutShort, FileName, Gap, ReplayFile, Report, RunFacts, RunInfo, ViolationReport, assemble, command_line,
    shell_word,
};
use crate::runner::{Matter, Subject};
use crate::script::{Missing, fixed};
use crate::selection::Selection;

use super::shrink::Shrunk;
use super::state::{Check, START_LIMIT};

/// The report on a worker.
pub(super) fn report(check: &mut Check<'_>) -> Report {
    let mut counts = std::mem::take(&mut check.tally.counts);
    if !check.strays.is_empty() {
        // That nothing was found behind one process proves nothing any more.
        counts.of(ids::SURVIVORS).upheld = 0;
    }
    for (id, broken) in &check.broken {
        let tally = counts.of(*id);
        tally.violated = broken.count;
        tally.evidence =
            broken.evidence.iter().map(|(found_in, shrunk)| evidence(*id, found_in, shrunk, check)).collect();
    }
    for id in check.unconfirmed.iter().filter(|id| !check.broken.contains_key(id)) {
        // It was seen broken, so what was upheld beside it is no pass.
        let _ = counts.take(*id);
    }
    let facts = RunFacts {
        program: Some(check.subject.command.program().to_owned()),
        run: check.info.clone(),
        cut: check.cut.clone(),
        problem: check.problem.clone(),
        ..facts(&check.subject)
    };
    let selected = |id| check.options.selection.takes_requirement(id);
    assemble(facts, counts, selected, |requirement| {
        Gap::untested(requirement)
            .unwrap_or_else(|| Gap::not_exercised(why_not_exercised(requirement, check)))
    })
}

/// The facts about a run that are known before it.
pub(crate) fn facts(subject: &Subject) -> RunFacts<'_> {
    let name = subject.command.program().file_name();
    RunFacts {
        role: Role::Worker,
        dialect: subject.dialect.into(),
        features: &subject.features,
        command: subject.command.argv.clone(),
        name: name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        program: None,
        workload: (!subject.workload.requests.is_empty()).then(|| subject.workload.name.clone()),
        run: RunInfo::begin(),
        cut: BTreeSet::new(),
        problem: None,
    }
}

/// Whether a selection has all scripts that are made to break a requirement in the dialect and with the features of a report.
pub fn covers(selection: &Selection, report: &Report, id: RequirementId) -> bool {
    let features: Features = report.subject.features.iter().copied().collect();
    let Ok(dialect) = report.subject.dialect.parse() else { return false };
    let mut scripts = fixed()
        .iter()
        .filter(|script| script.exercises.contains(&id) && script.fits(dialect, &features))
        .peekable();
    let none = scripts.peek().is_none();
    selection.takes_requirement(id)
        && scripts.all(|script| selection.takes_script(script))
        && (!none || selection.takes_generated())
}

fn why_not_exercised(requirement: &Requirement, check: &Check<'_>) -> String {
    let subject = &check.subject;
    if check.blocked {
        return "the worker answered nothing, so this could not be tried".into();
    }
    let scripts: Vec<_> =
        fixed().iter().filter(|script| script.exercises.contains(&requirement.id)).collect();
    let missing: BTreeSet<Missing> =
        scripts.iter().flat_map(|script| script.missing_in(&subject.workload)).collect();
    let none_can_run = scripts.iter().all(|script| {
        !script.fits(subject.dialect, &subject.features) || !script.missing_in(&subject.workload).is_empty()
    });
    if let (true, Some(missing)) = (none_can_run, missing.first()) {
        return missing.reason();
    }
    if let Some(reason) = check.not_tried.get(&requirement.id) {
        return reason.clone();
    }
    if requirement.workload.is_some() && subject.workload.requests.is_empty() {
        return "needs a workload (--workload FILE)".into();
    }
    if requirement.id == ids::SANDBOX_ABSOLUTE {
        return "needs a workload with a request that has an absolute path in its arguments: `{run}`".into();
    }
    if requirement.id == ids::TEMPORARY && !crate::process::can_confine() {
        return "needs a kernel with Landlock, which confines a worker to its directory".into();
    }
    if requirement.id == ids::SURVIVORS && !check.strays.is_empty() {
        return format!(
            "when all was over, this lived, and of which run it is not known: {}; run again with --jobs 1",
            check.strays.join(", ")
        );
    }
    if let Some(why) = check.cut.first().filter(|cut| matches!(cut, CutShort::Error | CutShort::Interrupted))
    {
        return match why {
            CutShort::Error => "left out: the suite failed before it got to it".into(),
            _ if check.unconfirmed.contains(&requirement.id) => {
                "left out: a violation was seen, and the run was interrupted before it was confirmed".into()
            }
            _ => "left out: the run was interrupted before it got to it".into(),
        };
    }
    if check.exhausted {
        return "the worker was waited for in vain so long that this was not tried".into();
    }
    if !check.cut.is_empty() {
        return "left out by --only or --skip".into();
    }
    "the run did not get to it".into()
}

fn evidence(id: RequirementId, found_in: &str, shrunk: &Shrunk, check: &Check<'_>) -> ViolationReport {
    let violation = &shrunk.case.breach.violation;
    let mut script = (*shrunk.case.script).clone();
    let built_in = fixed().contains(&script);
    if !built_in {
        // The script was made smaller, or generated: it gets a name of its own, under which it can be saved.
        script.exercises = vec![id];
        script.name = FileName::made_of(&format!("{}-{found_in}", id.to_string().to_lowercase()));
    }
    let file = if built_in { script.name.to_string() } else { format!("{}.json", script.name) };
    ViolationReport {
        summary: format!("{violation}{}", time_limit(shrunk, check)),
        hex: violation.bytes().map(hex::encode).unwrap_or_default(),
        remedy: violation.remedy().unwrap_or_default().to_owned(),
        found_in: found_in.to_owned(),
        script: Some(ReplayFile::new(&script)),
        confirmed: shrunk.confirmed,
        expected: shrunk.expected,
        shows_at_times: shrunk.shows_at_times,
        reproduce: reproduce(check, &file),
        events: shrunk.case.breach.events.clone(),
        transcript: shrunk.case.transcript.to_vec(),
        stderr: shrunk.case.stderr.to_string(),
        ..ViolationReport::default()
    }
}

/// Which time limit a violation rests on, where it rests on one.
fn time_limit(shrunk: &Shrunk, check: &Check<'_>) -> String {
    let Some(wait) = shrunk.case.rests_on().filter(|wait| wait.what.matter() != Matter::Children) else {
        return String::new();
    };
    let which = match (check.limits.is_full(wait), wait.starting) {
        // It was recognised as expected, and not looked into.
        (false, _) => "a shortened limit",
        (true, false) => "the full limit; --limit sets another",
        (true, true) => "the full limit of a first answer; --start-limit sets another",
    };
    match shrunk.case.breach.violation.limit() {
        Some(_) => format!(" ({which})"),
        None => format!(" (waited for {:.1} s, {which})", wait.limit.as_secs_f64()),
    }
}

/// The command that shows a violation again, once its script is saved.
fn reproduce(check: &Check<'_>, file: &str) -> String {
    let (subject, options) = (&check.subject, check.options);
    let mut command = format!("pwp replay {file} --dialect {}", subject.dialect);
    if !subject.features.is_empty() {
        let names: Vec<&str> = subject.features.iter().map(|feature| feature.as_str()).collect();
        command.push_str(&format!(" --feature {}", names.join(",")));
    }
    if let Some(file) = &subject.workload.file {
        command.push_str(&format!(" --workload {}", shell_word(&file.to_string_lossy())));
    }
    command.extend(options.limit.map(|limit| format!(" --limit {}", time(limit))));
    if options.start_limit != options.limit.unwrap_or(START_LIMIT) {
        command.push_str(&format!(" --start-limit {}", time(options.start_limit)));
    }
    if !subject.command.of_workload {
        command.push_str(&format!(" -- {}", command_line(&subject.command.argv)));
    }
    command
}

/// A time as the command line takes it.
fn time(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{}s", time.as_secs()),
        _ => format!("{}ms", time.as_millis()),
    }
}
