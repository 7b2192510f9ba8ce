//! From counts to a report: the one place that gives verdicts, for every role and every driver.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use pwp_spec::{
    Catalogue, Dialect, Feature, FeatureCondition, Features, Level, Requirement, RequirementId, Role, Status,
};

use super::outcome::{belongs, totals};
use super::{
    Conclusion, ConformanceClass, CutShort, Platform, Report, RequirementResult, RunInfo, RunOutcome,
    SCHEMA_ID, SubjectInfo, Suite, Tallies, Tally, Verdict, ViolationReport,
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
    /// Why the run is partial, as far as its driver knows: [`assemble`] sees by itself what was left out of the requirements and of the
    /// generated scripts.
    pub cut: BTreeSet<CutShort>,
    /// The error that ended the run, for people.
    pub problem: Option<String>,
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

    /// The suite failed where it would have been exercised.
    pub fn error(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Error, reason: reason.into() }
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
    let of_role = || {
        catalogue
            .iter()
            .filter(|requirement| {
                requirement.id.role() == facts.role && requirement.status != Status::Deprecated
            })
            .filter(|requirement| {
                judged_with(facts.dialect).iter().any(|dialect| requirement.is_for(*dialect))
            })
    };
    let requirements: Vec<RequirementResult> = of_role()
        .filter(|requirement| selected(requirement.id))
        .map(|requirement| result(requirement, tallies.take(requirement.id), &facts, &gap))
        .collect();
    let cut = cuts(&facts, requirements.len() < of_role().count());
    let conclusion = Conclusion {
        conformant: cut.is_empty(),
        headline: String::new(),
        partial: !cut.is_empty(),
        partial_because: cut.iter().copied().collect(),
        problem: facts.problem,
        classes: classes(facts.role, facts.dialect, facts.features, &requirements, cut.is_empty()),
    };
    let mut report = Report {
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
        run: RunInfo { cut_short: cut.iter().copied().find(|cut| cut.ends_the_run()), ..facts.run },
        conclusion,
        totals: totals(&requirements),
        requirements,
        expectations: None,
    };
    report.conclusion.conformant = report.standing() == RunOutcome::Conformant;
    report.conclusion.headline = report.conclusion_in_words();
    report
}

/// A report of a run that gave no result, which says so: the subject could not be started, for example.
pub fn no_result(facts: RunFacts<'_>, why: CutShort, problem: Option<String>) -> Report {
    let cut = facts.cut.iter().copied().chain([why]).collect();
    assemble(
        RunFacts { cut, problem, ..facts },
        Tallies::default(),
        |_| true,
        |requirement| {
            Gap::untested(requirement)
                .unwrap_or_else(|| Gap::not_exercised("left out: the run gave no result"))
        },
    )
}

/// All reasons why a run is partial.
fn cuts(facts: &RunFacts<'_>, some_left_out: bool) -> BTreeSet<CutShort> {
    let mut cut = facts.cut.clone();
    if some_left_out {
        cut.insert(CutShort::Selection);
    }
    let run = &facts.run;
    if run.generated_scripts < run.generated_wanted && !cut.iter().any(|cut| cut.ends_the_run()) {
        cut.insert(CutShort::Budget);
    }
    // A claim on a worker rests on generated scripts too.
    if facts.role == Role::Worker && run.generated_wanted == 0 && cut.is_empty() {
        cut.insert(CutShort::Selection);
    }
    cut
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
    // It may be large, and when the run is over something else may stand in its place.
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mut file = File::open(path).ok()?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hex::encode(hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
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

/// The classes of the claim: the role in its dialect, and each feature that the subject declares.
fn classes(
    role: Role,
    dialect: Dialect,
    features: &Features,
    results: &[RequirementResult],
    is_whole: bool,
) -> Vec<ConformanceClass> {
    let own = class(&format!("{role} ({dialect})"), None, results, is_whole);
    let of_features =
        features.iter().map(|feature| class(feature.as_str(), Some(*feature), results, is_whole));
    std::iter::once(own).chain(of_features).collect()
}

/// The class of all requirements that need a feature, or, without one, of those that need none.
fn class(
    name: &str,
    feature: Option<Feature>,
    results: &[RequirementResult],
    is_whole: bool,
) -> ConformanceClass {
    let applies = |result: &&RequirementResult| {
        result.level == Level::Must && !matches!(result.verdict, Verdict::Unsupported | Verdict::Untested)
    };
    let all = || results.iter().filter(|result| belongs(result.id, feature));
    let musts: Vec<&RequirementResult> = all().filter(applies).collect();
    let broken = musts.iter().filter(|result| result.verdict.is_failure()).count() as u32;
    let counts_against = all().any(RequirementResult::counts_against);
    let exercised = musts.iter().filter(|result| result.exercised > 0).count() as u32;
    let of = musts.len() as u32;
    // A class of which nothing was tried is no claim. Only a feature can be without a MUST of its own.
    let is_tried = exercised > 0 || (of == 0 && feature.is_some());
    ConformanceClass {
        name: name.to_owned(),
        conformant: is_whole && !counts_against && is_tried,
        exercised,
        of,
        broken: Some(broken),
    }
}

/// A time as a report has it, in milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A time as a report has it, in microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
