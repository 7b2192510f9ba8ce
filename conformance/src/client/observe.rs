//! From records and outcomes to what the oracle takes, and to transcripts.

use std::collections::BTreeMap;
use std::time::Duration;

use pwp_proto::Framing;

use crate::history::{self, Event, Timed, Transcript};
use crate::oracle::client_side::ids::{EXPAND, FLAGFILE, LINES, LITERAL_AT};
use crate::oracle::client_side::{
    ActionSeen, Bounds, BuildSeen, Declared, EndSeen, Expectation, InputFound, Observation, ProcessRule,
    Session, SessionEvent, Start, StatusSeen, StatusWanted,
};
use crate::probe::files::digest;
use crate::probe::{Entry, InputState, What};
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
    sessions: Vec<Session>,
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
        began: ran.began,
        ended: ran.ended,
        interrupted: ran.interrupted,
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

/// What a process wrote down, as the oracle takes it. `killed`: the case itself killed it.
pub(super) fn session(record: &[Entry]) -> Session {
    let mut session = Session::default();
    for entry in record {
        let at = entry.at_us;
        let event = match &entry.what {
            What::Started { pid, group, argv, env, cwd, tools, .. } => {
                session.start = Start {
                    at,
                    pid: *pid,
                    group: *group,
                    argv: argv.clone(),
                    env: env.iter().cloned().collect(),
                    cwd: cwd.clone(),
                    tools: tools.clone(),
                };
                continue;
            }
            What::Sent { hex, .. } => SessionEvent::Sent(bytes(hex)),
            What::Received { hex, .. } => SessionEvent::Received(bytes(hex)),
            What::Refused => SessionEvent::Refused,
            What::Speaks { dialect } => {
                session.dialect = dialect.parse().ok();
                continue;
            }
            What::Homeless => SessionEvent::Homeless,
            What::Eof => SessionEvent::Eof,
            What::Signal { name } => SessionEvent::Signal(name.clone()),
            What::Looked { request, inputs, files } => SessionEvent::Looked {
                request: *request,
                inputs: inputs.iter().map(|input| (input.path.clone(), found(&input.state))).collect(),
                files: files.clone(),
            },
            What::Found { request, outputs } => {
                SessionEvent::Found { request: *request, outputs: outputs.clone() }
            }
            What::Kept { request, path, kept } => {
                SessionEvent::Kept { request: *request, path: path.clone(), kept: *kept }
            }
            What::Logged { text } => SessionEvent::Logged(text.clone()),
            What::Printed { text } => SessionEvent::Printed(text.clone()),
            What::Took { bytes } => SessionEvent::Took(*bytes),
            What::Opened { path, there } => SessionEvent::Opened { path: path.clone(), there: *there },
            What::Wrote { request, path, error } => {
                SessionEvent::Wrote { request: *request, path: path.clone(), error: error.clone() }
            }
            What::Child { .. } => SessionEvent::Child,
            What::Mark { name } => SessionEvent::Mark(name.clone()),
            What::Exiting { status, .. } => SessionEvent::Exiting(*status),
        };
        session.events.push((at, event));
    }
    session
}

fn found(state: &InputState) -> InputFound {
    match state {
        InputState::Missing => InputFound::Missing,
        InputState::File(digest) => InputFound::File(digest.clone()),
        InputState::Other => InputFound::Other,
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The transcript of a session, seen from the side of the client as all transcripts are. Positions are those of the session's
/// events.
pub(super) fn transcript(dialect: Framing, session: &Session) -> Vec<history::Entry> {
    let mut wire = Transcript::new(session.dialect.unwrap_or(dialect));
    let (mut places, mut others) = (Vec::new(), Vec::new());
    for (place, (at, event)) in session.events.iter().enumerate() {
        let at = Duration::from_micros(at.saturating_sub(session.start.at));
        match as_event(event) {
            Some(event) => {
                wire.record(&Timed { at, event });
                places.push(place);
            }
            None => {
                let (kind, note) = in_words(event);
                let at_us = at.as_micros() as u64;
                others.push(history::Entry {
                    event: place,
                    at_us,
                    kind: kind.into(),
                    hex: String::new(),
                    bytes: None,
                    note,
                });
            }
        }
    }
    let mut entries = wire.entries();
    for entry in &mut entries {
        entry.event = places[entry.event];
    }
    entries.extend(others);
    entries.sort_by_key(|entry| entry.event);
    entries
}

fn as_event(event: &SessionEvent) -> Option<Event> {
    Some(match event {
        SessionEvent::Sent(bytes) => Event::Sent(bytes.clone()),
        SessionEvent::Received(bytes) => Event::Received(bytes.clone()),
        SessionEvent::Eof => Event::StdinClosed,
        SessionEvent::Signal(name) if name == "TERM" => Event::Signalled(history::Signal::Term),
        SessionEvent::Signal(name) if name == "INT" => Event::Signalled(history::Signal::Int),
        SessionEvent::Exiting(Some(status)) => Event::Exited(history::ExitStatus::Code(*status)),
        SessionEvent::Exiting(None) => Event::Exited(history::ExitStatus::Signal(9)),
        _ => return None,
    })
}

fn in_words(event: &SessionEvent) -> (&'static str, String) {
    let short = |names: Vec<&str>| {
        let shown = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
        if names.len() > 8 { format!("{shown}, and {} more", names.len() - 8) } else { shown }
    };
    match event {
        SessionEvent::Looked { inputs, files, .. } => {
            let missing = inputs.iter().filter(|(_, found)| *found == InputFound::Missing);
            let missing: Vec<&str> = missing.map(|(path, _)| path.as_str()).collect();
            let mut note = format!("{} inputs", inputs.len());
            if !missing.is_empty() {
                note.push_str(&format!(", not there: {}", short(missing)));
            }
            if let Some(files) = files {
                note.push_str(&format!("; files: {}", short(files.iter().map(String::as_str).collect())));
            }
            ("looked", note)
        }
        SessionEvent::Opened { path, there } => {
            ("opened", format!("{path} is {}there", if *there { "" } else { "not " }))
        }
        SessionEvent::Wrote { path, error, .. } if error.is_empty() => ("wrote", path.clone()),
        SessionEvent::Wrote { path, error, .. } => ("wrote", format!("{path} could not be written: {error}")),
        SessionEvent::Found { outputs, .. } => {
            ("found", format!("{} is there already", short(outputs.iter().map(String::as_str).collect())))
        }
        SessionEvent::Kept { path, kept, .. } => {
            ("kept", format!("{path} is {}as it was written", if *kept { "" } else { "not " }))
        }
        SessionEvent::Logged(text) => ("stderr", text.trim_end().to_owned()),
        SessionEvent::Printed(text) => ("printed", text.trim_end().to_owned()),
        SessionEvent::Took(bytes) => ("memory", format!("{bytes} bytes taken")),
        SessionEvent::Mark(name) => ("mark", name.clone()),
        SessionEvent::Child => ("child", "a child that ignores SIGTERM was started".into()),
        SessionEvent::Signal(name) => ("signal", format!("SIG{name}")),
        SessionEvent::Refused => ("refused", "the client reads no more".into()),
        SessionEvent::Homeless => ("homeless", "the working directory is gone".into()),
        _ => ("other", String::new()),
    }
}
