//! Puts together what the oracle takes of a case, and makes transcripts.

use std::collections::BTreeMap;
use std::time::Duration;

use pwp_proto::Framing;

use crate::history::{self, ProcessHistory, Timed, Transcript};
use crate::oracle::across::{
    ActionSeen, Bounds, BuildSeen, Declared, EndSeen, Expectation, Observation, ProcessRule, StatusSeen,
    StatusWanted,
};
use crate::oracle::ids::{EXPAND, FLAGFILE, LINES, LITERAL_AT};
use crate::probe::files::digest;
use pwp_spec::RequirementId;

use super::adapter::{About, RanBuild, RanCase};
use super::case::{Action, Before, Case, Status};
use super::place::shared_input;

/// All that is known of a case.
pub(super) fn observation(
    case: &Case,
    dialect: Framing,
    about: &About,
    ran: &RanCase,
    sessions: Vec<ProcessHistory>,
    end: EndSeen,
) -> Observation {
    let mut tools = (1, 1);
    let mut actions = Vec::new();
    for (number, build) in case.builds.iter().enumerate() {
        for step in &build.before {
            match step {
                Before::ChangeProgram => tools.0 += 1,
                Before::ChangeToolData => tools.1 += 1,
                _ => {}
            }
        }
        for action in &build.actions {
            let mut declared = declared(case, action, number);
            declared.outputs_in.clone_from(&ran.outputs_in);
            for step in &action.before {
                match step {
                    Before::ChangeProgram => tools.0 += 1,
                    Before::ChangeToolData => tools.1 += 1,
                    _ => {}
                }
            }
            declared.tools = [tools.0.to_string(), tools.1.to_string()];
            let said = ran.builds.get(number).and_then(|build| {
                build.actions.iter().find(|said| said.name == action.name).map(|said| said.status)
            });
            let expected = action.expect.iter().map(|expected| Expectation {
                requirement: expected.requirement,
                status: expected.status.map(|status| match status {
                    Status::Succeeded => StatusWanted::Succeeded,
                    Status::Failed => StatusWanted::Failed,
                    Status::Ended => StatusWanted::Ended,
                }),
                says: expected.says.clone(),
                silent_about: expected.silent_about.clone(),
            });
            actions.push(ActionSeen {
                declared,
                status: said.unwrap_or(StatusSeen::Unknown),
                expected: expected.collect(),
            });
        }
    }
    let settings = &case.settings;
    Observation {
        dialect,
        actions,
        sessions,
        builds: case
            .builds
            .iter()
            .zip(&ran.builds)
            .map(|(build, ran)| seen(ran, build.interrupted))
            .collect(),
        end,
        documented: about.documented.clone(),
        foreign: BTreeMap::new(),
        bounds: Bounds {
            max_instances: settings.max_instances,
            max_multiplex_instances: settings.max_multiplex_instances,
            extra_flags: settings.extra_flags.clone(),
            sandboxing: settings.sandboxing,
            idle_limit_ms: settings.idle_limit_ms,
            memory_limit: settings.memory_limit_mb.map(|limit| limit << 20),
            verbosity: settings.verbosity.unwrap_or(0),
        },
        processes: rules(case),
        hang: case.hang,
    }
}

fn rules(case: &Case) -> Vec<ProcessRule> {
    let mut rules = Vec::new();
    for rule in &case.processes {
        let id = rule.requirement;
        if !rule.together.is_empty() {
            rules.push(ProcessRule::Together(id, rule.together.clone()));
        }
        if !rule.apart.is_empty() {
            rules.push(ProcessRule::Apart(id, rule.apart.clone()));
        }
        rules.extend(rule.no_worker.clone().map(|name| ProcessRule::NoWorker(id, name)));
        rules.extend(rule.mark.clone().map(|mark| ProcessRule::Mark(id, mark)));
        rules.extend(rule.singleplex.clone().map(|name| ProcessRule::Singleplex(id, name)));
        rules.extend(rule.answered.clone().map(|name| ProcessRule::Answered(id, name)));
    }
    rules
}

fn seen(ran: &RanBuild, interrupted_for: Option<RequirementId>) -> BuildSeen {
    BuildSeen {
        began: Duration::from_micros(ran.began),
        ended: Duration::from_micros(ran.ended),
        interrupted: ran.interrupted.map(Duration::from_micros),
        interrupted_for,
        hung: ran.hung.map(|limit| limit.as_secs()),
        freed: ran.freed,
        crashed: ran.crashed.clone(),
        messages: ran.messages.clone(),
    }
}

/// What an action declares, in words that fit every client.
fn declared(case: &Case, action: &Action, build: usize) -> Declared {
    let is_argfile = |argument: &&String| {
        argument.starts_with('@') || argument.starts_with("--flagfile=") || argument.starts_with("-flagfile=")
    };
    let name = &action.name;
    let uses = |what: &str| {
        action.arguments.iter().chain(&action.lines).chain(&action.more).any(|text| text.contains(what))
    };
    let mut inputs: Vec<String> = vec![format!("{name}.src"), "tool/probe.sh".into(), "tool/data.txt".into()];
    inputs.extend(action.reads.iter().map(|shared| format!("{shared}.shared")));
    if uses("{params}") {
        inputs.push(format!("{name}.params"));
    }
    if !action.more.is_empty() {
        inputs.push(format!("{name}.more"));
    }
    let mut request = Vec::new();
    let is_open = |argument: &&String| {
        argument.starts_with("@@") || argument.starts_with('@') && argument.contains("//")
    };
    for argument in action.arguments.iter().filter(is_argfile).filter(|argument| !is_open(argument)) {
        expand(action, argument, EXPAND, &mut request, 0);
    }
    // What can't be expanded is no request.
    if uses("{undeclared}") || action.lines.iter().any(|line| line.contains("@{params}")) {
        request.clear();
    }
    let contents = action.reads.iter().map(|shared| {
        let content = shared_input(shared, case.changes(shared, build));
        (format!("{shared}.shared"), digest(content.as_bytes()))
    });
    Declared {
        name: name.clone(),
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
        inputs,
        contents: contents.collect(),
        raced: action.race_at.is_some(),
        given_up: action.give_up_at.is_some(),
        outputs_in: String::new(),
        tools: Default::default(),
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
            request.push((format!("--name={name}"), EXPAND));
            request.push((format!("--out={}", file("out")), EXPAND));
            if action.directory {
                request.push((format!("--dir={}", file("dir")), EXPAND));
            }
            for line in &action.lines {
                expand(action, line, LINES, request, depth + 1);
            }
            let filling = (0..action.filling).map(|number| (format!("{number:-<99}"), EXPAND));
            request.extend(filling);
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

/// The transcript of a process, seen from the side of the client as all transcripts are. Its times begin with the process.
pub(super) fn transcript(dialect: Framing, process: &ProcessHistory) -> Vec<history::Entry> {
    let mut transcript = Transcript::new(process.framing().unwrap_or(dialect));
    for timed in &process.events {
        let at = timed.at.saturating_sub(process.started);
        transcript.record(&Timed { at, event: timed.event.clone() });
    }
    transcript.entries()
}
