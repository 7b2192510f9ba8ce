//! Which arguments go where, and what is expanded: spec/src/client/arguments.md.

use std::collections::BTreeSet;

use pwp_spec::RequirementId;

use super::observation::Declared;
use super::view::{CaseView, is_or_ends_with};
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, request, action) in view.requests() {
        let declared = &action.declared;
        if !declared.argfile || declared.request.is_empty() {
            continue;
        }
        let wanted = &declared.request;
        // C-037: "A client passes on an argument or a line as it is if it starts with `@@`, or if it starts with `@`
        // and contains `//`."
        let violation = |requirement: RequirementId, wanted: String, got: String| {
            let action = declared.name.clone();
            ClientViolation::Arguments { action, requirement, wanted, got }
        };
        let arguments = &request.message.arguments;
        let stripped = declared.open.iter().find(|open| {
            open.starts_with("@@")
                && !arguments.contains(open)
                && arguments.iter().any(|got| *got == open[1..])
        });
        if let Some(open) = stripped {
            let violation = violation(ids::LITERAL_AT, format!("{open:?}"), format!("{:?}", &open[1..]));
            out.violate_in(session, &[request.event], violation);
            continue;
        }
        let got: Vec<&String> = arguments.iter().filter(|got| !declared.open.contains(got)).collect();
        let differs = wanted.iter().zip(&got).position(|((wanted, _), got)| !fits(wanted, got));
        let show = |text: Option<&String>| {
            let short = text.map(|text| text.chars().take(60).collect::<String>());
            short.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"))
        };
        // C-030: "An argument of the action of the form `@path`, `--flagfile=path` or `-flagfile=path` goes into
        // `WorkRequest.arguments`, and every other argument onto the worker's command line, both in their order."
        // C-032: "In the place of `@path` a client sends the lines of that file as arguments, and in the place of a
        // line `@path` the lines of that file."
        if differs.is_none() && wanted.len() == got.len() {
            let upheld: BTreeSet<_> = wanted.iter().map(|(_, requirement)| *requirement).collect();
            upheld.into_iter().for_each(|requirement| out.uphold(requirement));
            out.uphold(ids::ARGUMENT_SPLIT);
            continue;
        }
        let place = differs.unwrap_or_else(|| wanted.len().min(got.len()));
        let (wanted, got) = (wanted.get(place), got.get(place).copied());
        // A flag of the command line in the request, or an argfile that was not read, tells its cause by itself.
        let requirement = match (wanted, got) {
            (_, Some(got)) if declared.startup.contains(got) => ids::ARGUMENT_SPLIT,
            (None, _) => ids::ARGUMENT_SPLIT,
            (Some((wanted, requirement)), got) => {
                let literal = Declared::is_argfile(wanted) || wanted.starts_with('@');
                if !literal && got.is_some_and(|got| got.starts_with('@')) {
                    ids::EXPAND
                } else {
                    *requirement
                }
            }
        };
        let violation = violation(requirement, show(wanted.map(|(wanted, _)| wanted)), show(got));
        out.violate_in(session, &[request.event], violation);
    }
    for (session, seen) in view.seen.sessions.iter().enumerate() {
        let open = |argument: &String| argument.starts_with("@@") || argument.contains("//");
        let argfile =
            seen.start.argv.iter().find(|argument| Declared::is_argfile(argument) && !open(argument));
        if let Some(argument) =
            argfile.filter(|_| seen.is_worker() && !view.exchanges[session].requests.is_empty())
        {
            out.violate_in(session, &[], ClientViolation::ArgfileAtStart { argument: argument.clone() });
        }
    }
    for (session, request, action) in view.requests() {
        for argument in &action.declared.open {
            let what = if request.message.arguments.contains(argument) {
                "in the request"
            } else if view.seen.sessions[session].start.argv.contains(argument) {
                "on the command line"
            } else {
                "nowhere"
            };
            let kind = if argument.starts_with("@@") { "@@…" } else { "a label" };
            out.observe(ids::AT_ARGUMENT, format!("{kind} is {what}"));
        }
    }
    // C-040: "A client does not send an action without an argfile argument to a worker. It runs it in one-shot mode
    // or fails it with a message."
    // A request that says nothing belongs to an action that has nothing to say.
    for action in view.seen.actions.iter().filter(|action| !action.declared.argfile) {
        let name = &action.declared.name;
        let started = format!("--name={name}");
        let request = view.exchanges.iter().enumerate().find_map(|(session, exchange)| {
            let started = view.seen.sessions[session].start.argv.contains(&started);
            exchange.requests.first().filter(|_| started).map(|request| (session, request.event))
        });
        match request {
            Some((session, event)) => {
                out.violate_in(session, &[event], ClientViolation::NoArgfile { action: name.clone() });
            }
            None => out.uphold(ids::NO_ARGFILE),
        }
    }
}

/// Whether an argument is as it has to be. U+0000 stands for the folders that a client puts in front of a path.
fn fits(wanted: &str, got: &str) -> bool {
    match wanted.split_once('\0') {
        None => wanted == got,
        Some((before, after)) => got.strip_prefix(before).is_some_and(|rest| is_or_ends_with(rest, after)),
    }
}
