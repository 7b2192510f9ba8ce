//! How workers are started: spec/src/client/starting.md.

use crate::history::{Event, InputState};

use crate::oracle::finding::Findings;
use crate::oracle::session::{FLAG, flag_count};

use super::observation::Declared;
use super::view::CaseView;
use crate::oracle::{ClientViolation, ids};

/// Variables that a shell sets, through which the probe is started.
const OF_THE_SHELL: [&str; 4] = ["PWD", "OLDPWD", "SHLVL", "_"];

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, _, action) in view.requests() {
        // C-001: "A client starts a tool as a worker only for an action that declares that its tool is a worker."
        let wrong = (!action.declared.worker)
            .then(|| ClientViolation::NotDeclared { action: action.declared.name.clone() });
        out.say(ids::DECLARED, session, wrong);
    }
    for session in 0..view.seen.sessions.len() {
        // It was ended before it could write down how it was started.
        if view.seen.sessions[session].start.pid == 0 {
            continue;
        }
        flag(view, session, out);
        environment(view, session, out);
        directory(view, session, out);
        dialect(view, session, out);
    }
}

fn flag(view: &CaseView<'_>, session: usize, out: &mut Findings) {
    let argv = &view.seen.sessions[session].start.argv;
    let served = !view.exchanges[session].requests.is_empty();
    let named = argv.iter().any(|argument| argument.starts_with("--name="));
    // C-002: "A client adds the argument `--persistent_worker` to the command line of each process that it starts as
    // a worker, and to no other."
    if !served && (argv.iter().any(|argument| Declared::is_argfile(argument)) || named) {
        let wrong = argv.iter().any(|argument| argument == FLAG);
        let wrong = wrong.then(|| ClientViolation::FlagInOneShot { argv: argv.clone() });
        return out.say(ids::FLAG, session, wrong);
    }
    out.say(ids::FLAG, session, flag_count(argv));
    let Some(action) = view.actions_of(session).next() else { return };
    let (declared, bounds) = (&action.declared, &view.seen.bounds);
    let place_of = |flag: &str| argv.iter().position(|argument| argument == flag);
    let Some(place) = place_of(FLAG) else { return };
    // C-003: "A client puts `--persistent_worker` after all startup flags of the action, and extra flags of the user
    // after it."
    // What a client puts in front of everything else, or behind it, is its own affair as long as the order is kept.
    let late = declared.startup.iter().filter_map(|flag| place_of(flag)).any(|at| at > place);
    let extra = bounds.extra_flags.get(&declared.mnemonic).into_iter().flatten();
    let early = extra.clone().filter_map(|flag| place_of(flag)).any(|at| at < place);
    let wrong = (late || early).then(|| ClientViolation::FlagPlace { argv: argv.clone() });
    out.say(ids::FLAG_LAST, session, wrong);
    // C-004: "A client passes an extra flag to the workers of the mnemonic that it was given for, and to no others."
    if !bounds.extra_flags.is_empty() {
        let mut foreign = bounds.extra_flags.iter().filter(|(name, _)| **name != declared.mnemonic);
        let wrong = foreign.any(|(_, flags)| flags.iter().any(|flag| argv.contains(flag)))
            || extra.clone().any(|flag| !argv.contains(flag));
        let wrong = wrong
            .then(|| ClientViolation::ExtraFlag { mnemonic: declared.mnemonic.clone(), argv: argv.clone() });
        out.say(ids::EXTRA_FLAGS, session, wrong);
    }
}

fn environment(view: &CaseView<'_>, session: usize, out: &mut Findings) {
    let Some(action) = view.actions_of(session).next() else { return };
    let env = &view.seen.sessions[session].start.env;
    let known = |name: &String| {
        action.declared.env.contains_key(name)
            || view.seen.documented.contains(name)
            || OF_THE_SHELL.contains(&name.as_str())
    };
    // C-005: "The environment of a worker holds the variables that the action declares, those that the client
    // documents for workers, and nothing from the client's own environment."
    let foreign = env.keys().filter(|name| !known(name)).cloned();
    let foreign = foreign.map(|name| ClientViolation::ForeignVariable { name });
    // Another action's values are a matter of the key.
    let is_alone = view.actions_of(session).all(|other| other.declared.env == action.declared.env);
    let lacking =
        action.declared.env.iter().filter(|(name, value)| is_alone && env.get(*name) != Some(value));
    let lacking = lacking.map(|(name, _)| ClientViolation::MissingVariable { name: name.clone() });
    let wrong: Vec<_> = foreign.chain(lacking).collect();
    if wrong.is_empty() {
        out.uphold(ids::ENVIRONMENT);
    }
    wrong.into_iter().for_each(|violation| out.violate_in(session, &[], violation));
}

/// The inputs of a request are where its paths start.
fn directory(view: &CaseView<'_>, session: usize, out: &mut Findings) {
    for (at, event) in view.events(session) {
        let Event::Looked { inputs, .. } = event else { continue };
        if inputs.is_empty() {
            continue;
        }
        let missing = inputs.iter().filter(|(_, found)| *found == InputState::Missing);
        let missing: Vec<String> = missing.map(|(path, _)| path.clone()).collect();
        // C-006: "The working directory of a worker is the directory that the relative paths of its requests start at
        // or, with `sandbox_dir`, the one that `sandbox_dir` starts at."
        let cwd = view.seen.sessions[session].start.cwd.clone();
        let wrong =
            (missing.len() == inputs.len()).then_some(ClientViolation::WrongDirectory { missing, cwd });
        out.say_at(ids::DIRECTORY, session, &[at], wrong);
    }
}

fn dialect(view: &CaseView<'_>, session: usize, out: &mut Findings) {
    let spoken = view.exchanges[session].framing;
    // C-008: "A client speaks to a worker the dialect that the action declares, and `proto` if it declares none."
    let mut other = None;
    for (_, request, action) in view.requests().filter(|(of, ..)| *of == session) {
        let declared = action.declared.dialect.unwrap_or(view.seen.dialect);
        if declared == spoken {
            out.uphold(ids::DIALECT);
        } else {
            other.get_or_insert((request.event, declared));
        }
    }
    if let Some((event, declared)) = other {
        let violation = ClientViolation::OtherDialect { declared: declared.to_string() };
        out.violate_in(session, &[event], violation);
    }
}
