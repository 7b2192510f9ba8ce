//! Which actions share a process: spec/src/client/key.md.

use std::collections::{BTreeMap, BTreeSet};

use pwp_spec::Feature;

use super::observation::ActionSeen;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, request, action) in view.requests() {
        let (start, declared) = (&view.seen.sessions[session].start, &action.declared);
        // C-010: "A client uses a worker for an action only if these are the same as when the worker was started: -
        // the program and all startup flags, in their order, with the extra flags - the environment - the working
        // directory - the dialect - which of `multiplex`, `cancellation` and sandboxing are in use"
        // Flags of the action alone: the client may add others.
        let known: BTreeSet<&String> =
            view.seen.actions.iter().flat_map(|action| &action.declared.startup).collect();
        let flags: Vec<&String> = start.argv.iter().filter(|argument| known.contains(argument)).collect();
        let (wanted, got) = (format!("{:?}", declared.startup), format!("{flags:?}"));
        let wrong = (wanted != got).then(|| other_key(&declared.name, "list of startup flags", wanted, got));
        // A flag that went into the request is on the wrong side of the split, and no part of the key.
        if !declared.startup.iter().any(|flag| request.message.arguments.contains(flag)) {
            out.say(ids::KEY, session, wrong);
        }
        let names: BTreeSet<&String> =
            view.seen.actions.iter().flat_map(|action| action.declared.env.keys()).collect();
        let of = |env: &BTreeMap<String, String>| -> Vec<String> {
            names.iter().filter_map(|name| Some(format!("{name}={}", env.get(*name)?))).collect()
        };
        let (wanted, got) = (of(&declared.env), of(&start.env));
        // A variable that is missing in all processes was lost at the start, not by the key.
        let is_lost =
            || got.is_empty() && view.seen.sessions.iter().all(|seen| of(&seen.start.env) != wanted);
        if wanted != got && !is_lost() {
            let violation = other_key(&declared.name, "environment", wanted.join(" "), got.join(" "));
            out.violate_in(session, &[request.event], violation);
        }
        // C-012: "A client sends a request only to a worker that was started with the tool files that the action has
        // now: the same paths with the same contents, for every tool file."
        // One that is started for a second try may have newer ones.
        let is_older = |(got, wanted): (&String, &String)| (got.len(), got) < (wanted.len(), wanted);
        let is_old = start.tools.iter().zip(&declared.tools).any(is_older);
        let wrong = is_old.then(|| ClientViolation::OldTools {
            action: declared.name.clone(),
            wanted: format!("{:?}", declared.tools),
            got: format!("{:?}", start.tools),
        });
        // A request that came before the change in the same build is judged there.
        out.say(ids::TOOLS, session, wrong);
    }
    for (session, exchange) in view.exchanges.iter().enumerate() {
        let mut mnemonics: Vec<&str> =
            view.actions_of(session).map(|action| action.declared.mnemonic.as_str()).collect();
        mnemonics.dedup();
        let is_multiplex = |action: &ActionSeen| action.declared.features.contains(&Feature::Multiplex);
        let multiplex: BTreeSet<bool> = view.actions_of(session).map(is_multiplex).collect();
        let dialect = |action: &ActionSeen| action.declared.dialect.unwrap_or(view.seen.dialect);
        let mut dialects = view.actions_of(session).map(|action| (dialect(action), action));
        if let Some((first, _)) = dialects.next()
            && let Some((other, action)) = dialects.find(|(dialect, _)| *dialect != first)
        {
            let violation = other_key(&action.declared.name, "dialect", other.to_string(), first.to_string());
            out.violate_in(session, &[], violation);
        }
        // C-011: "Actions of different mnemonics share a worker only if they declare a common mnemonic for their
        // key."
        if let [one, other, ..] = mnemonics[..] {
            let violation = ClientViolation::SharedMnemonic { one: one.into(), other: other.into() };
            out.violate_in(session, &[], violation);
        } else if !exchange.requests.is_empty() {
            out.uphold(ids::MNEMONIC);
        }
        if multiplex.len() > 1 && !view.seen.bounds.sandboxing {
            let action = exchange.requests.last().map_or("", |request| request.name.as_str());
            let (wanted, got) = ("a mode of its own", "singleplex and multiplex in one");
            out.violate_in(session, &[], other_key(action, "mode", wanted.into(), got.into()));
        }
    }
}

fn other_key(action: &str, part: &'static str, wanted: String, got: String) -> ClientViolation {
    ClientViolation::OtherKey { action: action.to_owned(), part, wanted, got }
}
