//! What a workload holds, what it lets the suite exercise, what it leaves out: `pwp workload check`.

use std::collections::{BTreeMap, BTreeSet};

use pwp_proto::Framing;
use serde::Serialize;

use super::warnings::warnings;
use crate::script::{Missing, Script, fixed};
use crate::workload::{Content, Kind, Template, Workload};
use pwp_spec::{Catalogue, Level, Requirement, RequirementId, WorkloadNeed};

/// What is in a workload and what it is good for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// The name of the tool.
    pub name: String,
    /// The command without `--persistent_worker`, `{run}` not replaced; empty if it names none.
    pub command: Vec<String>,
    /// The wire form for which the rest holds.
    pub dialect: String,
    /// The features for which the rest holds.
    pub features: Vec<String>,
    /// How many files are there before a run.
    pub input_files: usize,
    /// How many bytes these have together.
    pub input_bytes: usize,
    /// How many files the requests write.
    pub output_files: usize,
    /// For how many of these the content is known.
    pub known_outputs: usize,
    /// The names of the requests, by kind; a kind without a request has an empty list.
    pub requests: BTreeMap<&'static str, Vec<String>>,
    /// Requirements that are exercised with this workload and would not be without one.
    pub exercises: Vec<RequirementId>,
    /// What it does not have, and what that leaves out.
    pub left_out: Vec<LeftOut>,
    /// What is allowed and probably not meant.
    pub warnings: Vec<String>,
}

/// What one thing that is missing leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The thing that the workload does not have.
    pub missing: String,
    /// The requirements that no check exercises for lack of it.
    pub requirements: Vec<Sentence>,
    /// The scripts that can't be run for lack of it.
    pub scripts: Vec<String>,
}

/// A requirement in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// The ID of the requirement.
    pub id: RequirementId,
    /// The level of the requirement.
    pub level: Level,
    /// The sentence of the requirement, as Markdown.
    pub text: String,
}

/// Looks at a workload as the suite does, for the dialect and the features that it names.
pub fn survey(workload: &Workload, standard: &Catalogue) -> Survey {
    let dialect = workload.dialect.unwrap_or(Framing::Proto);
    let scripts: Vec<&Script> =
        fixed().iter().filter(|script| script.fits(dialect, &workload.features)).collect();
    let applies: Vec<&Requirement> =
        standard.iter().filter(|requirement| requirement.applies(dialect, &workload.features)).collect();
    let missing = left_out(workload, &scripts, &applies);
    let nothing = Workload { features: workload.features.clone(), ..Workload::unknown() };
    let without = ids(&left_out(&nothing, &scripts, &applies));
    let outputs = workload.requests.iter().flat_map(|item| &item.outputs);
    let known = outputs.clone().filter(|output| output.content.is_some());
    let mut requests: BTreeMap<&'static str, Vec<String>> =
        Kind::ALL.iter().map(|kind| (kind.as_str(), Vec::new())).collect();
    for item in &workload.requests {
        requests.entry(item.kind.as_str()).or_default().push(item.name.clone());
    }
    Survey {
        name: workload.name.clone(),
        command: workload.command.iter().map(Template::shown).collect(),
        dialect: dialect.to_string(),
        features: workload.features.iter().map(ToString::to_string).collect(),
        input_files: workload.inputs.len(),
        input_bytes: workload.inputs.values().map(Content::len).sum(),
        output_files: outputs.map(|output| &output.path).collect::<BTreeSet<_>>().len(),
        known_outputs: known.map(|output| &output.path).collect::<BTreeSet<_>>().len(),
        requests,
        exercises: without.difference(&ids(&missing)).copied().collect(),
        left_out: missing
            .into_iter()
            .map(|(missing, (scripts, requirements))| LeftOut {
                missing: missing.to_string(),
                requirements: requirements.into_values().map(sentence).collect(),
                scripts: scripts.into_iter().map(|script| script.name.to_string()).collect(),
            })
            .collect(),
        warnings: warnings(workload),
    }
}

fn sentence(requirement: &Requirement) -> Sentence {
    Sentence { id: requirement.id, level: requirement.level, text: requirement.text.clone() }
}

/// For each thing that is missing: scripts that can't be run, requirements that are not exercised.
type Missed<'a> = BTreeMap<Missing, (Vec<&'a Script>, BTreeMap<RequirementId, &'a Requirement>)>;

fn left_out<'a>(workload: &Workload, scripts: &[&'a Script], applies: &[&'a Requirement]) -> Missed<'a> {
    let lacks: Vec<(&Script, BTreeSet<Missing>)> =
        scripts.iter().map(|script| (*script, script.missing_in(workload))).collect();
    let mut missed = Missed::new();
    for (script, missing) in &lacks {
        for what in missing {
            missed.entry(*what).or_default().0.push(script);
        }
    }
    for requirement in applies.iter().filter(|requirement| requirement.needs_check()) {
        let checks: Vec<&BTreeSet<Missing>> = lacks
            .iter()
            .filter(|(script, _)| script.exercises.contains(&requirement.id))
            .map(|(_, missing)| missing)
            .collect();
        let causes: BTreeSet<Missing> = match need(workload, requirement) {
            Some(missing) => [missing].into(),
            None if checks.iter().all(|missing| !missing.is_empty()) => {
                checks.into_iter().flatten().copied().collect()
            }
            None => BTreeSet::new(),
        };
        for cause in causes {
            missed.entry(cause).or_default().1.insert(requirement.id, requirement);
        }
    }
    missed
}

/// What the standard says that a requirement needs of a workload, where this one does not have it.
fn need(workload: &Workload, requirement: &Requirement) -> Option<Missing> {
    match requirement.workload.as_ref()? {
        WorkloadNeed::Any => workload.requests.is_empty().then_some(Missing::Requests(Kind::Success)),
        WorkloadNeed::Kind(name) => {
            let kind = *Kind::ALL.iter().find(|kind| kind.as_str() == name)?;
            (!workload.has(kind.work())).then_some(Missing::Requests(kind))
        }
    }
}

fn ids(missed: &Missed<'_>) -> BTreeSet<RequirementId> {
    missed.values().flat_map(|(_, requirements)| requirements.keys().copied()).collect()
}
