//! Puts together what the judge takes of a case, with what its actions declare.

use std::collections::BTreeSet;

use pwp_proto::Framing;
use pwp_spec::RequirementId;

use crate::history::ProcessHistory;
use crate::oracle::across::{ActionSeen, Declared, Observation, StatusSeen};
use crate::oracle::ids::{EXPAND, FLAGFILE, LINES, LITERAL_AT};
use crate::probe::files::digest;

use super::adapter::CaseOutcome;
use super::case::{Action, Case};
use super::case_files::{ToolVersions, lines, shared_input};

/// The observation of a case that a client has run. `sessions` are the histories of the probe's processes.
pub(super) fn observation(
    case: &Case,
    dialect: Framing,
    outcome: CaseOutcome,
    sessions: Vec<ProcessHistory>,
) -> Observation {
    Observation {
        dialect,
        actions: actions(case, &outcome),
        sessions,
        builds: outcome.builds,
        end: outcome.end,
        // What build tools that we know document for workers.
        documented: BTreeSet::from(["TMPDIR".to_owned()]),
        bounds: case.settings.clone(),
        processes: case.processes.clone(),
        hang: case.hang,
    }
}

/// All actions of a case and what came of them, in the order of the builds.
fn actions(case: &Case, outcome: &CaseOutcome) -> Vec<ActionSeen> {
    let mut tools = ToolVersions::FIRST;
    let mut all = Vec::new();
    for (number, build) in case.builds.iter().enumerate() {
        build.before.iter().for_each(|step| tools.take(step));
        for action in &build.actions {
            action.before.iter().for_each(|step| tools.take(step));
            let outputs_in = outcome.outputs_in.clone();
            all.push(ActionSeen {
                declared: Declared { outputs_in, ..declared(case, action, number, tools) },
                status: outcome.actions.get(&action.name).copied().unwrap_or(StatusSeen::Unknown),
                expected: action.expect.clone(),
            });
        }
    }
    all
}

/// The declaration of one action, in words that fit every client.
fn declared(case: &Case, action: &Action, build: usize, tools: ToolVersions) -> Declared {
    let is_argfile = |argument: &&String| Declared::is_argfile(argument);
    let mut request = Vec::new();
    let is_open = |argument: &&String| {
        argument.starts_with("@@") || argument.starts_with('@') && argument.contains("//")
    };
    for argument in action.arguments.iter().filter(is_argfile).filter(|argument| !is_open(argument)) {
        expand(action, argument, EXPAND, &mut request, 0);
    }
    // What can't be expanded is no request.
    if action.uses("{undeclared}") || action.lines.iter().any(|line| line.contains("@{params}")) {
        request.clear();
    }
    let contents = action.reads.iter().map(|shared| {
        let content = shared_input(shared, case.changes(shared, build));
        (format!("{shared}.shared"), digest(content.as_bytes()))
    });
    Declared {
        name: action.name.clone(),
        build,
        mnemonic: action.mnemonic.clone(),
        dialect: action.dialect.as_deref().and_then(|name| name.parse().ok()),
        startup: action.arguments.iter().filter(|argument| !is_argfile(argument)).cloned().collect(),
        request,
        open: action.arguments.iter().filter(is_open).cloned().collect(),
        env: action.env.clone(),
        features: action.features.clone(),
        worker: action.worker,
        argfile: action.arguments.iter().any(|argument| is_argfile(&argument)),
        inputs: action.inputs(),
        contents: contents.collect(),
        raced: action.race_at.is_some(),
        given_up: action.give_up_at.is_some(),
        outputs_in: String::new(),
        tools: [tools.program.to_string(), tools.data.to_string()],
    }
}

fn expand(
    action: &Action,
    text: &str,
    of: RequirementId,
    request: &mut Vec<(String, RequirementId)>,
    depth: usize,
) {
    let name = &action.name;
    let file = |suffix: &str| format!("\0{name}.{suffix}");
    match text {
        _ if depth > 3 => {}
        "@{params}" => {
            for line in lines(action, &file("out"), &file("dir")) {
                let of = if action.lines.contains(&line) { LINES } else { EXPAND };
                expand(action, &line, of, request, depth + 1);
            }
        }
        "@{more}" => {
            for line in &action.more {
                expand(action, line, of, request, depth + 1);
            }
        }
        _ => {
            let filled = text.replace("{more}", &file("more")).replace("{params}", &file("params"));
            let of = match text {
                _ if text.contains("flagfile=") => FLAGFILE,
                _ if text.starts_with('@') => LITERAL_AT,
                _ => of,
            };
            request.push((filled, of));
        }
    }
}
