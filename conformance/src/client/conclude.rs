//! The facts of a run against a client, from which its report is put together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use pwp_proto::Framing;
use pwp_spec::{Features, Requirement, RequirementId, Role};

use crate::oracle::{Breach, ClientViolation, Verdict as Found, Violation};
use crate::report::{
    CutShort, Gap, ReplayFile, Report, RunFacts, RunInfo, Tallies, ViolationReport, assemble,
};
use crate::selection::Selection;

use super::adapter::About;
use super::case::{Need, cases_for};
use super::run::{JudgedCase, Options, shown_by};

/// The number of violations of one requirement that are shown with their evidence.
const SHOWN: usize = 3;

/// A violation in one session of a case, or in the case as a whole.
type Broken<'a> = (&'a JudgedCase<'a>, Option<usize>, &'a Breach);

/// How a run ended.
pub(super) struct RunEnd {
    /// The numbers of the run.
    pub(super) run: RunInfo,
    /// Why the run is partial.
    pub(super) cut: BTreeSet<CutShort>,
    /// The error that ended the run.
    pub(super) problem: Option<String>,
}

/// The report on a client.
pub(super) fn report(about: &About, options: &Options, judged: &[JudgedCase<'_>], end: RunEnd) -> Report {
    let mut counts = Tallies::default();
    let mut broken: BTreeMap<RequirementId, Vec<Broken<'_>>> = BTreeMap::new();
    for case in judged {
        for finding in &case.findings {
            match &finding.verdict {
                Found::Upheld(id) => counts.uphold(*id),
                Found::Observed(id, what) => counts.observe(*id, what),
                Found::Violated(breach) => {
                    let id = breach.violation.requirement();
                    counts.violate(id);
                    broken.entry(id).or_default().push((case, finding.session, breach));
                }
            }
        }
    }
    for (id, broken) in broken {
        counts.of(id).evidence = evidence(broken, options);
    }
    let RunEnd { run, cut, problem } = end;
    let features = about.features();
    let run_facts = RunFacts {
        program: about.command.first().map(PathBuf::from),
        run: RunInfo {
            fixed_scripts: judged.len() as u32,
            processes: judged.iter().map(|case| case.processes as u32).sum(),
            sent_sha256: cases_digest(judged),
            ..run
        },
        cut: cut.clone(),
        problem,
        ..facts(about, options.dialect, &features)
    };
    let selected = |id| options.selection.takes_requirement(id);
    assemble(run_facts, counts, selected, |requirement| gap(requirement, about, options, &cut))
}

/// The facts about a run that are known before it.
pub(crate) fn facts<'a>(about: &About, dialect: Framing, features: &'a Features) -> RunFacts<'a> {
    let version = &about.version;
    RunFacts {
        role: Role::Client,
        dialect: dialect.into(),
        features,
        command: about.command.clone(),
        name: if version.is_empty() { about.name.clone() } else { format!("{} {version}", about.name) },
        program: None,
        workload: None,
        run: RunInfo::begin(),
        cut: BTreeSet::new(),
        problem: None,
    }
}

/// Whether a selection has all cases that are made to break a requirement.
pub fn covers(selection: &Selection, id: RequirementId) -> bool {
    selection.takes_requirement(id)
        && cases_for(id).iter().all(|case| selection.takes_case(&case.name, &case.exercises))
}

/// SHA-256 over the cases that were run, in hex.
fn cases_digest(judged: &[JudgedCase<'_>]) -> String {
    let mut digest = Sha256::new();
    for case in judged {
        digest.update(serde_json::to_vec(case.case).unwrap_or_default());
    }
    hex::encode(digest.finalize())
}

/// The evidence that a requirement is broken. A violation that always shows comes first.
fn evidence(mut broken: Vec<Broken<'_>>, options: &Options) -> Vec<ViolationReport> {
    // One case may show at times what another always shows.
    broken.sort_by_key(|(case, _, breach)| !case.confirmed(breach).is_steady());
    // One case is enough for one kind of violation.
    let mut kinds = BTreeSet::new();
    broken.retain(|(_, _, breach)| kinds.insert(breach.violation.symptom()));
    broken
        .into_iter()
        .take(SHOWN)
        .map(|(case, session, breach)| violation(case, session, breach, options))
        .collect()
}

fn violation(
    case: &JudgedCase<'_>,
    session: Option<usize>,
    breach: &Breach,
    options: &Options,
) -> ViolationReport {
    let confirmed = case.confirmed(breach);
    let expected = case.expected(breach, options);
    // A violation that was repeated after all, beside an unexpected failure of its case, is known from this run.
    let expected = expected.filter(|_| confirmed.of == 1);
    let shown = shown_by(session, case.processes).and_then(|place| case.transcripts.get(&place));
    ViolationReport {
        summary: format!("{}{}", breach.violation, time_limit(breach)),
        found_in: case.case.name.to_string(),
        case: Some(ReplayFile::new(case.case)),
        confirmed,
        expected: expected.is_some(),
        shows_at_times: expected.is_some_and(|known| known.flaky),
        reproduce: format!("{} --only {}{}", options.command, case.case.name, options.last_words),
        events: if session.is_some() { breach.events.clone() } else { Vec::new() },
        transcript: shown.cloned().unwrap_or_default(),
        stderr: case.messages.clone(),
        ..ViolationReport::default()
    }
}

/// Which time limit a violation rests on, where it rests on one.
fn time_limit(breach: &Breach) -> &'static str {
    match &breach.violation {
        Violation::Client(ClientViolation::Hung { .. } | ClientViolation::NotInterrupted { .. }) => {
            " (a full limit; --limit sets another)"
        }
        _ => "",
    }
}

/// Why nothing was seen of a requirement.
fn gap(requirement: &Requirement, about: &About, options: &Options, cut: &BTreeSet<CutShort>) -> Gap {
    if let Some(untested) = Gap::untested(requirement) {
        return untested;
    }
    if let Some(need) = lacking(requirement, about) {
        return Gap::unsupported(format!("this client has no {need}"));
    }
    Gap::not_exercised(match () {
        () if cut.contains(&CutShort::Error) => "left out: the suite failed before it got to it".into(),
        () if cut.contains(&CutShort::Interrupted) => {
            "left out: the run was interrupted before it got to it".into()
        }
        () if cut.contains(&CutShort::Waiting) => "left out: the client has hung too often".into(),
        () if cut.contains(&CutShort::Selection) => "left out by --only or --skip".into(),
        () if cases_for(requirement.id).is_empty() => "no case is made for it yet".into(),
        () => format!("the run did not get to it, in dialect {}", options.dialect),
    })
}

/// The ability that a client lacks, if no case for the requirement can do without it.
fn lacking(requirement: &Requirement, about: &About) -> Option<Need> {
    let cases = cases_for(requirement.id);
    let none_fits = cases.iter().all(|case| !case.needs.is_subset(&about.can));
    let mut needs = cases.iter().flat_map(|case| &case.needs).filter(|_| none_fits);
    needs.find(|need| !about.can.contains(need)).copied()
}
