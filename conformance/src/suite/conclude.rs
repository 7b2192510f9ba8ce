//! Verdicts, classes, the headline: from the tally to the report.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pwp_proto::Framing;
use sha2::{Digest as _, Sha256};

use crate::report::{
    Class, Conclusion, CutShort, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo, Suite,
    Verdict, ViolationReport,
};
use crate::runner::Subject;
use crate::script::fixed;
use crate::workload::Missing;
use pwp_spec::{
    Catalogue, Feature, FeatureCondition, Features, Level, Requirement, RequirementId, Role, Status,
};

use super::blame::Broken;
use super::options::Options;
use super::shrink::Shrunk;
use super::tally::Tally;

/// What else is known of a run.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) started_unix: u64,
    pub(super) took: Duration,
    pub(super) fixed_scripts: u32,
    pub(super) generated_scripts: u32,
    pub(super) generated_wanted: u32,
    pub(super) generated_steps: u64,
    pub(super) processes: u32,
    pub(super) sent_sha256: String,
    pub(super) first_answer: Option<Duration>,
    pub(super) limit: Duration,
    pub(super) full_waits: u32,
    pub(super) short_waits: u32,
    /// The subject answered nothing, so nothing else was tried.
    pub(super) blocked: bool,
    pub(super) partial: bool,
    /// It was waited for in vain so long that the other scripts were left out.
    pub(super) exhausted: bool,
}

/// The report.
pub(super) fn report(
    subject: &Subject,
    options: &Options,
    tally: &Tally,
    broken: &BTreeMap<RequirementId, Broken>,
    facts: &Facts,
) -> Report {
    let requirements: Vec<RequirementResult> = Catalogue::standard()
        .iter()
        .filter(|requirement| {
            requirement.id.role() == Role::Worker && requirement.status != Status::Deprecated
        })
        // The gRPC dialects have a suite of their own to come.
        .filter(|requirement| {
            [Framing::Proto, Framing::Json].iter().any(|spoken| requirement.is_for(*spoken))
        })
        .filter(|requirement| options.selection.takes_requirement(requirement.id))
        .map(|requirement| judge(requirement, subject, tally, broken, facts))
        .collect();
    let mut totals = BTreeMap::new();
    for result in &requirements {
        *totals.entry(result.verdict.as_str().to_owned()).or_default() += 1;
    }
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: env!("CARGO_PKG_VERSION").into() },
        revision: Catalogue::standard().revision().into(),
        role: Role::Worker.as_str().into(),
        subject: about(subject),
        platform: Platform {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        },
        run: RunInfo {
            started_unix: facts.started_unix,
            took_ms: millis(facts.took),
            seed: options.seed,
            fixed_scripts: facts.fixed_scripts,
            generated_scripts: facts.generated_scripts,
            generated_wanted: facts.generated_wanted,
            generated_steps: facts.generated_steps,
            processes: facts.processes,
            sent_sha256: facts.sent_sha256.clone(),
            first_answer_us: facts
                .first_answer
                .map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            limit_ms: millis(facts.limit),
            full_waits: facts.full_waits,
            short_waits: facts.short_waits,
            cut_short: cut_short(facts),
        },
        conclusion: conclusion(
            Role::Worker,
            subject.dialect,
            &subject.features,
            &requirements,
            facts.partial,
        ),
        totals,
        requirements,
        expectations: None,
    }
}

fn cut_short(facts: &Facts) -> Option<CutShort> {
    if facts.blocked {
        Some(CutShort::NoAnswer)
    } else if facts.exhausted {
        Some(CutShort::Waiting)
    } else {
        (facts.generated_scripts < facts.generated_wanted).then_some(CutShort::Budget)
    }
}

fn judge(
    requirement: &Requirement,
    subject: &Subject,
    tally: &Tally,
    broken: &BTreeMap<RequirementId, Broken>,
    facts: &Facts,
) -> RequirementResult {
    let id = requirement.id;
    let upheld = tally.upheld.get(&id).copied().unwrap_or(0);
    let observed = tally.observed.get(&id).cloned().unwrap_or_default();
    let violated = broken.get(&id).map_or(0, |broken| broken.count);
    let exercised = upheld + violated + observed.values().sum::<u64>();
    let mut reason = None;
    let verdict = if let (true, Some(broken)) = (violated > 0, broken.get(&id)) {
        of_violation(requirement, broken)
    } else if !requirement.applies(subject.dialect, &subject.features) {
        reason = Some(why_not_applicable(requirement, subject.dialect));
        Verdict::Unsupported
    } else if !observed.is_empty() && !requirement.level.is_judged() {
        Verdict::Observed
    } else if upheld > 0 {
        Verdict::Pass
    } else if let Some(untested) = &requirement.untested {
        reason = Some(untested.clone());
        Verdict::Untested
    } else {
        reason = Some(why_not_exercised(requirement, subject, facts));
        Verdict::NotExercised
    };
    let violations = broken
        .get(&id)
        .map(|broken| {
            broken
                .evidence
                .iter()
                .map(|(found_in, shrunk)| evidence(requirement, found_in, shrunk, subject))
                .collect()
        })
        .unwrap_or_default();
    RequirementResult {
        id,
        level: requirement.level,
        status: requirement.status,
        verdict,
        exercised,
        reason,
        observed,
        violated,
        violations,
    }
}

fn of_violation(requirement: &Requirement, broken: &Broken) -> Verdict {
    let always = broken.evidence.iter().all(|(_, shrunk)| shrunk.shows_always());
    match requirement.level {
        _ if !always => Verdict::Flaky,
        Level::Must => Verdict::Fail,
        _ => Verdict::Warn,
    }
}

/// Why a requirement does not apply to what speaks this dialect and declares what it declares.
pub(crate) fn why_not_applicable(requirement: &Requirement, dialect: Framing) -> String {
    if !requirement.is_for(dialect) {
        let names: Vec<&str> = requirement.dialects.iter().map(|dialect| dialect.as_str()).collect();
        return format!("only for dialect {}", names.join(", "));
    }
    match &requirement.condition {
        FeatureCondition::Always => "not applicable".into(),
        FeatureCondition::Without(feature) => format!("only where {feature} is not declared"),
        condition => {
            let names: Vec<&str> = condition.features().iter().map(|feature| feature.as_str()).collect();
            format!("{} not declared", names.join(", "))
        }
    }
}

fn why_not_exercised(requirement: &Requirement, subject: &Subject, facts: &Facts) -> String {
    if facts.blocked {
        return "the worker answered nothing, so this could not be tried".into();
    }
    let scripts: Vec<_> =
        fixed().iter().filter(|script| script.exercises.contains(&requirement.id)).collect();
    let missing: BTreeSet<Missing> =
        scripts.iter().flat_map(|script| subject.workload.lacks(script)).collect();
    let none_can_run = scripts.iter().all(|script| {
        !script.fits(subject.dialect, &subject.features) || !subject.workload.lacks(script).is_empty()
    });
    if let (true, Some(missing)) = (none_can_run, missing.first()) {
        return missing.reason();
    }
    if requirement.workload.is_some() && subject.workload.requests.is_empty() {
        return "needs a workload (--workload FILE)".into();
    }
    if requirement.id == crate::oracle::ids::SANDBOX_ABSOLUTE {
        return "needs a workload with a request that has an absolute path in its arguments: `{run}`".into();
    }
    if requirement.id == crate::oracle::ids::TEMPORARY && !crate::runner::can_confine() {
        return "needs a kernel with Landlock, which confines a worker to its directory".into();
    }
    if facts.exhausted {
        return "the worker was waited for in vain so long that this was not tried".into();
    }
    if facts.partial {
        return "left out by --only or --skip".into();
    }
    "the run did not get to it".into()
}

fn evidence(
    requirement: &Requirement,
    found_in: &str,
    shrunk: &Shrunk,
    subject: &Subject,
) -> ViolationReport {
    let violation = &shrunk.case.breach.violation;
    let remedy =
        violation.remedy().map(str::to_owned).or_else(|| requirement.remedy.clone()).unwrap_or_default();
    let mut script = (*shrunk.case.script).clone();
    let built_in = fixed().contains(&script);
    if !built_in {
        // It was made smaller, or generated: it gets a name of its own, under which it can be saved.
        script.exercises = vec![requirement.id];
        script.name = format!("{}-{found_in}", requirement.id.to_string().to_lowercase());
    }
    let file = if built_in { script.name.clone() } else { format!("{}.json", script.name) };
    ViolationReport {
        summary: violation.to_string(),
        hex: violation.bytes().unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect(),
        remedy,
        found_in: found_in.to_owned(),
        script: Some(script),
        case: None,
        confirmed: shrunk.confirmed,
        expected: shrunk.expected.is_some(),
        reproduce: reproduce(subject, &file),
        events: shrunk.case.breach.events.clone(),
        transcript: shrunk.case.transcript.clone(),
        stderr: shrunk.case.stderr.clone(),
    }
}

/// The command that shows a violation again, once its script is saved.
fn reproduce(subject: &Subject, file: &str) -> String {
    let mut command = format!("pwp replay {file} --dialect {}", subject.dialect);
    if !subject.features.is_empty() {
        let names: Vec<&str> = subject.features.iter().map(|feature| feature.as_str()).collect();
        command.push_str(&format!(" --feature {}", names.join(",")));
    }
    if let Some(file) = &subject.workload.file {
        command.push_str(&format!(" --workload {}", quoted(&file.to_string_lossy())));
    }
    if !subject.command.is_of_workload() {
        let words: Vec<String> = subject.command.argv.iter().map(|word| quoted(word)).collect();
        command.push_str(&format!(" -- {}", words.join(" ")));
    }
    command
}

fn quoted(word: &str) -> String {
    let plain =
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

fn about(subject: &Subject) -> SubjectInfo {
    let program = subject.command.program();
    let sha256 = std::fs::read(program)
        .map(|content| Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect())
        .unwrap_or_default();
    SubjectInfo {
        command: subject.command.argv.clone(),
        name: program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        sha256,
        dialect: subject.dialect.to_string(),
        features: subject.features.iter().copied().collect(),
        workload: (!subject.workload.requests.is_empty()).then(|| subject.workload.name.clone()),
    }
}

/// The classes of a claim: the worker or client in its dialect, and each feature that it declares.
pub(crate) fn conclusion(
    role: Role,
    dialect: Framing,
    features: &Features,
    results: &[RequirementResult],
    partial: bool,
) -> Conclusion {
    let mut classes = vec![class(&format!("{role} ({dialect})"), None, results)];
    for feature in features {
        classes.push(class(feature.as_str(), Some(*feature), results));
    }
    let error = results.iter().any(|result| result.verdict == Verdict::Error);
    let left_out =
        results.iter().any(|result| result.verdict == Verdict::NotExercised && result.counts_against());
    // What was left out on purpose is no claim, but no violation either.
    let broken = if partial {
        results.iter().any(|result| result.level == Level::Must && is_broken(result.verdict))
    } else {
        classes.iter().any(|class| !class.conformant)
    };
    let conformant = !broken && !error && !left_out;
    let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
    let revision = Catalogue::standard().revision();
    let verdict = match (conformant, partial, left_out && !broken) {
        (true, false, _) => "conformant",
        (true, true, _) => "no violation in what was selected, which is no claim",
        (false, _, true) => "incomplete",
        (false, ..) => "not conformant",
    };
    let headline = format!("{verdict}: {}, revision {revision}", names.join(", "));
    Conclusion { conformant, headline, partial, classes }
}

fn class(name: &str, feature: Option<Feature>, results: &[RequirementResult]) -> Class {
    let catalogue = Catalogue::standard();
    let belongs = |result: &&RequirementResult| {
        let Some(requirement) = catalogue.get(result.id) else { return false };
        let features = match &requirement.condition {
            FeatureCondition::Without(_) => Vec::new(),
            condition => condition.features().to_vec(),
        };
        match feature {
            None => features.is_empty(),
            Some(feature) => features.contains(&feature),
        }
    };
    let musts: Vec<&RequirementResult> = results
        .iter()
        .filter(belongs)
        .filter(|result| {
            result.level == Level::Must && !matches!(result.verdict, Verdict::Unsupported | Verdict::Untested)
        })
        .collect();
    let broken = musts.iter().any(|result| is_broken(result.verdict));
    let exercised = musts.iter().filter(|result| result.exercised > 0).count() as u32;
    let of = musts.len() as u32;
    // What was never tried is no claim.
    Class { name: name.to_owned(), conformant: !broken && (exercised > 0 || of == 0), exercised, of }
}

fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
