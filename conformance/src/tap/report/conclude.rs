//! Verdicts: from what taps have counted to a report.

use std::collections::BTreeMap;

use pwp_proto::Framing;

use crate::report::{Platform, Report, RequirementResult, RunInfo, SCHEMA_ID, SubjectInfo, Suite, Verdict};
use crate::suite::{conclusion, why_not_applicable};
use pwp_spec::{Catalogue, Level, Requirement, Role, Status};

use super::part::Part;

/// The report on one side.
pub(super) fn report(part: &Part, role: Role) -> Report {
    let dialect = if part.dialect == "json" { Framing::Json } else { Framing::Proto };
    let requirements: Vec<RequirementResult> = Catalogue::standard()
        .iter()
        .filter(|requirement| requirement.id.role() == role && requirement.status != Status::Deprecated)
        // The gRPC dialect can't be tapped.
        .filter(|requirement| {
            [Framing::Proto, Framing::Json].iter().any(|spoken| requirement.is_for(*spoken))
        })
        .map(|requirement| result(requirement, part, dialect))
        .collect();
    let mut totals = BTreeMap::new();
    for result in &requirements {
        *totals.entry(result.verdict.as_str().to_owned()).or_default() += 1;
    }
    let program = if role == Role::Client { &part.client } else { &part.worker };
    Report {
        schema: SCHEMA_ID.into(),
        suite: Suite { name: "pwp".into(), version: env!("CARGO_PKG_VERSION").into() },
        revision: Catalogue::standard().revision().into(),
        role: role.as_str().into(),
        subject: SubjectInfo {
            command: program.command.clone(),
            name: program.name.clone(),
            sha256: String::new(),
            dialect: part.dialect.clone(),
            features: part.features.iter().copied().collect(),
            workload: None,
        },
        platform: Platform {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, |n| n.get() as u32),
        },
        run: RunInfo {
            started_unix: part.started_unix,
            took_ms: part.took_ms,
            seed: 0,
            fixed_scripts: 0,
            generated_scripts: 0,
            generated_wanted: 0,
            generated_steps: 0,
            processes: part.processes,
            sent_sha256: part.sent_sha256.clone(),
            first_answer_us: None,
            limit_ms: 0,
            full_waits: 0,
            short_waits: 0,
            cut_short: None,
        },
        // What was not seen was not tried, so a tap makes no claim.
        conclusion: conclusion(role, dialect, &part.features, &requirements, true),
        totals,
        requirements,
        expectations: None,
    }
}

fn result(requirement: &Requirement, part: &Part, dialect: Framing) -> RequirementResult {
    let (id, tally) = (requirement.id, &part.tally);
    let upheld = tally.upheld.get(&id).copied().unwrap_or(0);
    let observed = tally.observed.get(&id).cloned().unwrap_or_default();
    let broken = tally.broken.get(&id).cloned().unwrap_or_default();
    let mut reason = None;
    let verdict = if broken.count > 0 {
        if requirement.level == Level::Must { Verdict::Fail } else { Verdict::Warn }
    } else if !requirement.applies(dialect, &part.features) {
        reason = Some(why_not_applicable(requirement, dialect));
        Verdict::Unsupported
    } else if !observed.is_empty() && !requirement.level.is_judged() {
        Verdict::Observed
    } else if upheld > 0 {
        Verdict::Pass
    } else {
        let torn = if part.torn { ", and a judge fell behind" } else { "" };
        reason = Some(format!("left out: nothing that passed shows it{torn}"));
        Verdict::NotExercised
    };
    RequirementResult {
        id,
        level: requirement.level,
        status: requirement.status,
        verdict,
        exercised: upheld + broken.count + observed.values().sum::<u64>(),
        reason,
        observed,
        violated: broken.count,
        violations: broken.shown,
    }
}
