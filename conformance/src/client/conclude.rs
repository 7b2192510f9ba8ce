//! Verdicts and the report of a run against a client.

use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::oracle::{Breach, Verdict as Found};
use crate::report::{
    Confirmed, Platform, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo, Suite, Verdict,
    ViolationReport,
};
use crate::suite::conclusion;
use pwp_spec::{Catalogue, FeatureCondition, Features, Level, Requirement, RequirementId, Role, Status};

use super::adapter::About;
use super::case::Need;
use super::confirm::Again;
use super::fixed::cases_for;
use super::observe::transcript;
use super::options::Options;
use super::run::Judged;

/// Violations of one requirement that are shown with their evidence.
const SHOWN: usize = 3;
/// Characters of what the client printed.
const MESSAGES: usize = 4000;

/// What else is known of a run.
pub(super) struct Facts {
    pub(super) again: Again,
    pub(super) started_unix: u64,
    pub(super) took: Duration,
    pub(super) first: Option<Duration>,
    pub(super) limit: Duration,
    pub(super) partial: bool,
}

#[derive(Default)]
struct Sum<'a> {
    upheld: u64,
    observed: BTreeMap<String, u64>,
    broken: Vec<(&'a Judged<'a>, Option<usize>, &'a Breach)>,
}

/// The report.
pub(super) fn report(about: &About, options: &Options, judged: &[Judged<'_>], facts: &Facts) -> Report {
    let mut sums: BTreeMap<RequirementId, Sum<'_>> = BTreeMap::new();
    for case in judged {
        for finding in &case.findings {
            match &finding.verdict {
                Found::Upheld(id) => sums.entry(*id).or_default().upheld += 1,
                Found::Observed(id, what) => {
                    *sums.entry(*id).or_default().observed.entry(what.clone()).or_default() += 1;
                }
                Found::Violated(breach) => {
                    let sum = sums.entry(breach.violation.requirement()).or_default();
                    sum.broken.push((case, finding.session, breach));
                }
            }
        }
    }
    let features = about.features();
    let requirements: Vec<RequirementResult> = Catalogue::standard()
        .iter()
        .filter(|requirement| {
            requirement.id.role() == Role::Client && requirement.status != Status::Deprecated
        })
        // The gRPC dialect has a suite of its own to come.
        .filter(|requirement| {
            [pwp_proto::Framing::Proto, pwp_proto::Framing::Json]
                .iter()
                .any(|spoken| requirement.is_for(*spoken))
        })
        .filter(|requirement| options.selection.takes_requirement(requirement.id))
        .map(|requirement| {
            let none = Sum::default();
            let sum = sums.get(&requirement.id).unwrap_or(&none);
            result(requirement, sum, about, &features, options, facts)
        })
        .collect();
    let mut totals = BTreeMap::new();
    for result in &requirements {
        *totals.entry(result.verdict.as_str().to_owned()).or_default() += 1;
    }
    let processes: usize = judged.iter().map(|case| case.sessions.len()).sum();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: env!("CARGO_PKG_VERSION").into() },
        revision: Catalogue::standard().revision().into(),
        role: Role::Client.as_str().into(),
        subject: subject(about, options, &features),
        platform: Platform {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        },
        run: RunInfo {
            started_unix: facts.started_unix,
            took_ms: millis(facts.took),
            seed: 0,
            fixed_scripts: judged.len() as u32,
            generated_scripts: 0,
            generated_wanted: 0,
            generated_steps: 0,
            processes: processes as u32,
            sent_sha256: cases_digest(judged),
            first_answer_us: facts.first.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            limit_ms: millis(facts.limit),
            full_waits: 0,
            short_waits: 0,
            cut_short: None,
        },
        conclusion: conclusion(Role::Client, options.dialect, &features, &requirements, facts.partial),
        totals,
        requirements,
        expectations: None,
    }
}

/// SHA-256 over the cases that were run, in hex.
fn cases_digest(judged: &[Judged<'_>]) -> String {
    let mut digest = Sha256::new();
    for case in judged {
        digest.update(serde_json::to_vec(case.case).unwrap_or_default());
    }
    hex(&digest.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn subject(about: &About, options: &Options, features: &Features) -> SubjectInfo {
    let program = about.command.first().map_or("", String::as_str);
    let sha256 = std::fs::read(program).map(|content| hex(&Sha256::digest(&content))).unwrap_or_default();
    let name = if about.version.is_empty() {
        about.name.clone()
    } else {
        format!("{} {}", about.name, about.version)
    };
    SubjectInfo {
        command: about.command.clone(),
        name,
        sha256,
        dialect: options.dialect.to_string(),
        features: features.iter().copied().collect(),
        workload: None,
    }
}

fn result(
    requirement: &Requirement,
    sum: &Sum<'_>,
    about: &About,
    features: &Features,
    options: &Options,
    facts: &Facts,
) -> RequirementResult {
    let violated = sum.broken.len() as u64;
    let evidence = evidence(requirement, sum, options, facts);
    let mut reason = None;
    let verdict = if violated > 0 {
        // It is enough that one case always shows it.
        let always = evidence.iter().any(|shown| shown.confirmed.shown == shown.confirmed.of);
        match requirement.level {
            _ if !always => Verdict::Flaky,
            Level::Must => Verdict::Fail,
            _ => Verdict::Warn,
        }
    } else if !requirement.applies(options.dialect, features) {
        reason = Some(why_not_applicable(requirement, options));
        Verdict::Unsupported
    } else if !sum.observed.is_empty() && !requirement.level.is_judged() {
        Verdict::Observed
    } else if sum.upheld > 0 {
        Verdict::Pass
    } else if let Some(untested) = &requirement.untested {
        reason = Some(untested.clone());
        Verdict::Untested
    } else if let Some(need) = lacking(requirement, about) {
        reason = Some(format!("this client has no {}", need.lacking()));
        Verdict::Unsupported
    } else {
        reason = Some(why_not_exercised(requirement, options, facts));
        Verdict::NotExercised
    };
    RequirementResult {
        id: requirement.id,
        level: requirement.level,
        status: requirement.status,
        verdict,
        exercised: sum.upheld + violated + sum.observed.values().sum::<u64>(),
        reason,
        observed: sum.observed.clone(),
        violated,
        violations: evidence,
    }
}

/// What shows that a requirement is broken; what always does comes first.
fn evidence(
    requirement: &Requirement,
    sum: &Sum<'_>,
    options: &Options,
    facts: &Facts,
) -> Vec<ViolationReport> {
    let confirmed = |case: &Judged<'_>, breach: &Breach| facts.again.confirmed(&case.case.name, breach);
    let mut all: Vec<_> = sum
        .broken
        .iter()
        .map(|(case, session, breach)| (*case, *session, *breach, confirmed(case, breach)))
        .collect();
    // One case may show at times what another always shows.
    all.sort_by_key(|(.., confirmed)| confirmed.shown < confirmed.of);
    // One case is enough for one kind of violation.
    let mut kinds = Vec::new();
    all.retain(|(_, _, breach, _)| {
        let kind = breach.violation.symptom();
        let is_new = kinds.len() < SHOWN && !kinds.contains(&kind);
        if is_new {
            kinds.push(kind);
        }
        is_new
    });
    all.into_iter()
        .map(|(case, session, breach, confirmed)| {
            violation(requirement, case, session, breach, confirmed, options)
        })
        .collect()
}

fn violation(
    requirement: &Requirement,
    case: &Judged<'_>,
    session: Option<usize>,
    breach: &Breach,
    confirmed: Confirmed,
    options: &Options,
) -> ViolationReport {
    // What no process shows alone is shown by the last one.
    let shown =
        session.or_else(|| case.sessions.len().checked_sub(1)).and_then(|place| case.sessions.get(place));
    let messages: Vec<char> = case.messages.trim_end().chars().collect();
    ViolationReport {
        summary: breach.violation.to_string(),
        hex: String::new(),
        remedy: requirement.remedy.clone().unwrap_or_default(),
        found_in: case.case.name.clone(),
        script: None,
        case: Some(case.case.clone()),
        confirmed,
        reproduce: format!("{} --only {}", options.command, case.case.name),
        events: if session.is_some() { breach.events.clone() } else { Vec::new() },
        transcript: shown.map(|session| transcript(options.dialect, session)).unwrap_or_default(),
        stderr: messages[messages.len().saturating_sub(MESSAGES)..].iter().collect(),
    }
}

fn why_not_applicable(requirement: &Requirement, options: &Options) -> String {
    if !requirement.is_for(options.dialect) {
        let names: Vec<&str> = requirement.dialects.iter().map(|dialect| dialect.as_str()).collect();
        return format!("only for dialect {}", names.join(", "));
    }
    match &requirement.condition {
        FeatureCondition::Always => "not applicable".into(),
        FeatureCondition::Without(feature) => format!("only for clients without {feature}"),
        condition => {
            let names: Vec<&str> = condition.features().iter().map(|feature| feature.as_str()).collect();
            format!("the client has no {}, or it can't be provoked", names.join(", "))
        }
    }
}

/// What a client lacks, if no case for the requirement can do without it.
fn lacking(requirement: &Requirement, about: &About) -> Option<Need> {
    let cases = cases_for(requirement.id);
    let none_fits = cases.iter().all(|case| !case.needs.is_subset(&about.can));
    let mut needs = cases.iter().flat_map(|case| &case.needs).filter(|_| none_fits);
    needs.find(|need| !about.can.contains(need)).copied()
}

fn why_not_exercised(requirement: &Requirement, options: &Options, facts: &Facts) -> String {
    let cases = cases_for(requirement.id);
    match () {
        () if facts.partial => "left out by --only or --skip".into(),
        () if cases.is_empty() => "no case is made for it yet".into(),
        () => format!("the run did not get to it, in dialect {}", options.dialect),
    }
}
