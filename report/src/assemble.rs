//! From counts to a report: the one place that gives verdicts, for every role and every driver.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use pwp_spec::{
    Catalogue, Dialect, Feature, FeatureCondition, Features, Level, Requirement, RequirementId, Role, Status,
};

use super::{
    Conclusion, ConformanceClass, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo,
    Suite, Tallies, Tally, Verdict, ViolationReport,
};

/// The facts about a run that hold for all requirements.
#[derive(Debug)]
pub struct RunFacts<'a> {
    /// The role of the subject.
    pub role: Role,
    /// The dialect that was spoken.
    pub dialect: Dialect,
    /// The features that the subject declares.
    pub features: &'a Features,
    /// The command and its arguments, without `--persistent_worker`.
    pub command: Vec<String>,
    /// The name of the program.
    pub name: String,
    /// The file of the program, of which the report has a digest; `None` where there is no time to read it.
    pub program: Option<PathBuf>,
    /// The name of the workload, if one was given.
    pub workload: Option<String>,
    /// The numbers of the run.
    pub run: RunInfo,
    /// Something was left out, so that the run is no claim.
    pub partial: bool,
}

/// The verdict on a requirement of which nothing was seen, with the reason.
#[derive(Debug)]
pub struct Gap {
    verdict: Verdict,
    reason: String,
}

impl Gap {
    /// The requirement could have been exercised and was not.
    pub fn not_exercised(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotExercised, reason: reason.into() }
    }

    /// The requirement needs something that the subject does not have.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unsupported, reason: reason.into() }
    }

    /// The standard says why the requirement can't be observed, if it does.
    pub fn untested(requirement: &Requirement) -> Option<Self> {
        let reason = requirement.untested.clone()?;
        Some(Self { verdict: Verdict::Untested, reason })
    }
}

/// Puts a report together: results, totals, classes, headline, and the descriptions of subject and machine.
///
/// The report has the `selected` requirements of the role. `gap` is asked about each that applies and of which nothing was seen.
pub fn assemble(
    facts: RunFacts<'_>,
    mut tallies: Tallies,
    selected: impl Fn(RequirementId) -> bool,
    gap: impl Fn(&Requirement) -> Gap,
) -> Report {
    let catalogue = Catalogue::standard();
    let requirements: Vec<RequirementResult> = catalogue
        .iter()
        .filter(|requirement| requirement.id.role() == facts.role && requirement.status != Status::Deprecated)
        .filter(|requirement| judged_with(facts.dialect).iter().any(|dialect| requirement.is_for(*dialect)))
        .filter(|requirement| selected(requirement.id))
        .map(|requirement| result(requirement, tallies.take(requirement.id), &facts, &gap))
        .collect();
    let mut totals = BTreeMap::new();
    for result in &requirements {
        *totals.entry(result.verdict.to_string()).or_default() += 1;
    }
    let conclusion = conclusion(facts.role, facts.dialect, facts.features, &requirements, facts.partial);
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: env!("CARGO_PKG_VERSION").into() },
        revision: catalogue.revision().into(),
        role: facts.role.as_str().into(),
        subject: SubjectInfo {
            sha256: facts.program.as_deref().and_then(digest).unwrap_or_default(),
            command: facts.command,
            name: facts.name,
            dialect: facts.dialect.to_string(),
            features: facts.features.iter().copied().collect(),
            workload: facts.workload,
        },
        platform: Platform {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        },
        run: facts.run,
        conclusion,
        totals,
        requirements,
        expectations: None,
    }
}

/// The dialects whose requirements are reported on together: a subject that speaks one dialect of pipes is told which sentences are
/// about the other one.
const fn judged_with(dialect: Dialect) -> &'static [Dialect] {
    match dialect {
        Dialect::Proto | Dialect::Json => &[Dialect::Proto, Dialect::Json],
        Dialect::Grpc => &[Dialect::Grpc],
        Dialect::Remote => &[Dialect::Remote],
    }
}

/// SHA-256 of a file, in hex.
fn digest(path: &Path) -> Option<String> {
    std::fs::read(path).ok().map(|content| hex::encode(Sha256::digest(content)))
}

fn result(
    requirement: &Requirement,
    mut tally: Tally,
    facts: &RunFacts<'_>,
    gap: impl Fn(&Requirement) -> Gap,
) -> RequirementResult {
    let (verdict, reason) = if tally.violated > 0 {
        (of_violation(requirement, &tally), None)
    } else if !requirement.applies(facts.dialect, facts.features) {
        (Verdict::Unsupported, Some(why_not_applicable(requirement, facts)))
    } else if !tally.observed.is_empty() && !requirement.level.is_judged() {
        (Verdict::Observed, None)
    } else if tally.upheld > 0 {
        (Verdict::Pass, None)
    } else {
        let gap = gap(requirement);
        (gap.verdict, Some(gap.reason))
    };
    for violation in tally.evidence.iter_mut().filter(|violation| violation.remedy.is_empty()) {
        violation.remedy = requirement.remedy.clone().unwrap_or_default();
    }
    RequirementResult {
        id: requirement.id,
        level: requirement.level,
        status: requirement.status,
        verdict,
        exercised: tally
            .observed
            .values()
            .copied()
            .fold(tally.upheld.saturating_add(tally.violated), u64::saturating_add),
        reason,
        observed: tally.observed,
        violated: tally.violated,
        violations: tally.evidence,
    }
}

/// The verdict on a broken requirement: it is enough that one script or case always shows it.
fn of_violation(requirement: &Requirement, tally: &Tally) -> Verdict {
    let is_steady = tally.evidence.is_empty() || tally.evidence.iter().any(ViolationReport::is_steady);
    match requirement.level {
        _ if !is_steady => Verdict::Flaky,
        Level::Must => Verdict::Fail,
        _ => Verdict::Warn,
    }
}

/// Why a requirement does not apply to a subject that speaks this dialect and declares these features.
fn why_not_applicable(requirement: &Requirement, facts: &RunFacts<'_>) -> String {
    let join = |names: Vec<&str>| names.join(", ");
    if !requirement.is_for(facts.dialect) {
        let names = requirement.dialects.iter().map(|dialect| dialect.as_str()).collect();
        return format!("only for dialect {}", join(names));
    }
    let is_client = matches!(facts.role, Role::Client | Role::RemoteClient);
    match &requirement.condition {
        FeatureCondition::Always => "not applicable".into(),
        FeatureCondition::Without(feature) if is_client => format!("only for clients without {feature}"),
        FeatureCondition::Without(feature) => format!("only where {feature} is not declared"),
        condition => {
            let names = join(condition.features().iter().map(|feature| feature.as_str()).collect());
            // A client declares nothing: what it has shows where it is provoked.
            if is_client {
                format!("the client has no {names}, or nothing here provokes it")
            } else {
                format!("{names} not declared")
            }
        }
    }
}

/// The conclusion from the results of all requirements.
///
/// The classes of the claim are the role in its dialect, and each feature that the subject declares.
fn conclusion(
    role: Role,
    dialect: Dialect,
    features: &Features,
    results: &[RequirementResult],
    partial: bool,
) -> Conclusion {
    let mut classes = vec![class(&format!("{role} ({dialect})"), None, results)];
    classes.extend(features.iter().map(|feature| class(feature.as_str(), Some(*feature), results)));
    let error = results.iter().any(|result| result.verdict == Verdict::Error);
    let left_out =
        results.iter().any(|result| result.verdict == Verdict::NotExercised && result.counts_against());
    // A requirement that was left out on purpose is no claim, but no violation either.
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

/// The class of all requirements that need a feature, or, without one, of those that need none.
fn class(name: &str, feature: Option<Feature>, results: &[RequirementResult]) -> ConformanceClass {
    let belongs = |result: &&RequirementResult| {
        let Some(requirement) = Catalogue::standard().get(result.id) else { return false };
        let features: &[Feature] = match &requirement.condition {
            FeatureCondition::Without(_) => &[],
            condition => condition.features(),
        };
        feature.map_or(features.is_empty(), |feature| features.contains(&feature))
    };
    let applies = |result: &&RequirementResult| {
        result.level == Level::Must && !matches!(result.verdict, Verdict::Unsupported | Verdict::Untested)
    };
    let musts: Vec<&RequirementResult> = results.iter().filter(belongs).filter(applies).collect();
    let broken = musts.iter().any(|result| is_broken(result.verdict));
    let exercised = musts.iter().filter(|result| result.exercised > 0).count() as u32;
    let of = musts.len() as u32;
    // A class of which nothing was tried is no claim.
    ConformanceClass {
        name: name.to_owned(),
        conformant: !broken && (exercised > 0 || of == 0),
        exercised,
        of,
    }
}

const fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Flaky | Verdict::Error)
}

/// A time as a report has it, in milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A time as a report has it, in microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
