//! What the actions of a case declare: computed once, for the plan, the adapters and the judge.

use crate::oracle::across::Declared;
use crate::oracle::ids::{EXPAND, FLAGFILE, LINES, LITERAL_AT};
use crate::probe::files::digest;
use pwp_spec::RequirementId;

use super::case::{Action, Before, Case};
use super::case_files::shared_input;

/// The versions of the tool's files. Each begins with 1, and each change counts one up.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToolVersions {
    /// The version of the program.
    pub(super) program: u32,
    /// The version of the file beside it.
    pub(super) data: u32,
}

impl ToolVersions {
    /// The versions before the first step of a case.
    pub(super) const FIRST: Self = Self { program: 1, data: 1 };

    /// Counts the change that a step makes, if it changes the tool.
    pub(super) fn take(&mut self, step: &Before) {
        match step {
            Before::ChangeProgram => self.program += 1,
            Before::ChangeToolData => self.data += 1,
            _ => {}
        }
    }
}

/// The declarations of all actions of a case, in the order of its builds.
pub(super) fn declarations(case: &Case) -> Vec<Declared> {
    let mut tools = ToolVersions::FIRST;
    let mut all = Vec::new();
    for (number, build) in case.builds.iter().enumerate() {
        build.before.iter().for_each(|step| tools.take(step));
        for action in &build.actions {
            action.before.iter().for_each(|step| tools.take(step));
            all.push(declared(case, action, number, tools));
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
