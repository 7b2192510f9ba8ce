//! What a request has to look like: spec/src/client/requests.md.

use std::collections::BTreeMap;

use pwp_proto::Input;

use crate::history::{Event, InputState};

use super::exchange::{Exchange, Request};
use super::observation::StatusSeen;
use super::view::{CaseView, is_or_ends_with};
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, exchange) in view.exchanges.iter().enumerate() {
        form(view, session, exchange, out);
        for (place, request) in exchange.requests.iter().enumerate() {
            inputs(view, session, place, request, out);
        }
        digests(view, session, out);
    }
}

fn form(view: &CaseView<'_>, session: usize, exchange: &Exchange, out: &mut Findings) {
    if let Some((begun, inside)) = exchange.torn.as_ref().filter(|_| !exchange.requests.is_empty()) {
        let (begun, inside) = (begun.clone(), inside.clone());
        return out.violate_in(session, &[], ClientViolation::Torn { begun, inside });
    }
    // What no pipe takes at once was not complete when it was given up.
    let size = |request: &Request| request.message.arguments.iter().map(String::len).sum::<usize>();
    let was_cut = |request: &&Request| size(request) > PIPE && gave_up(view, request);
    exchange.requests.iter().filter(was_cut).for_each(|_| out.uphold(ids::COMPLETES));
    // C-056: "A client that has begun to write a request completes it before it writes another one, whatever becomes
    // of the action, or ends the worker."
    if exchange.unfinished.visible > 0 {
        // Whoever was killed, or ended the worker, could not go on.
        let bytes = exchange.unfinished.visible;
        let ended = view.seen.sessions[session].end().is_some();
        if !ended && !view.seen.end.killed && !view.seen.end.forced {
            out.violate_in(session, &[], ClientViolation::Unfinished { bytes });
        }
    }
}

/// Whether the client has given up this request: its build was interrupted before it was answered.
pub(super) fn gave_up(view: &CaseView<'_>, request: &Request) -> bool {
    let Some(action) = view.action(&request.name) else { return false };
    let interrupted = view.build(action).and_then(|build| build.interrupted);
    request.cancelled.is_some()
        || action.status == StatusSeen::Interrupted
        || interrupted.is_some_and(|interrupted| interrupted < request.ended())
}

/// What is named is what is declared; the ends of the paths are compared, since clients have places of their own.
fn inputs(view: &CaseView<'_>, session: usize, place: usize, request: &Request, out: &mut Findings) {
    let Some(action) = view.action(&request.name) else { return };
    let named = &request.message.inputs;
    let is = |input: &Input, end: &str| is_or_ends_with(&input.path, end);
    let declared = &action.declared.inputs;
    let missing = declared.iter().find(|end| !named.iter().any(|input| is(input, end)));
    let surplus = named.iter().find(|input| !declared.iter().any(|end| is(input, end)));
    // C-051: "`inputs` names every file that the action declares as an input, and no other: sources, argfiles and
    // tool files."
    let missing = missing.map(|path| ClientViolation::InputMissing { path: path.clone() });
    let wrong =
        missing.or_else(|| surplus.map(|input| ClientViolation::InputTooMuch { path: input.path.clone() }));
    out.say_at(ids::INPUTS, session, &[request.event], wrong);
    // C-052: "A path in `inputs` is written as the action's arguments write it: relative to where the request's paths
    // start, without `sandbox_dir`, or absolute."
    if let Some(input) = named.iter().find(|input| input.path.starts_with('/')) {
        let path = input.path.clone();
        return out.violate_in(session, &[request.event], ClientViolation::AbsolutePath { path });
    }
    let looked = view.events(session).find_map(|(_, event)| match event {
        Event::Looked { request, inputs, .. } if *request as usize == place + 1 => Some(inputs),
        _ => None,
    });
    let Some(looked) = looked.filter(|looked| !looked.is_empty()) else { return };
    let gone = looked.iter().find(|(_, found)| *found == InputState::Missing);
    if looked.iter().all(|(_, found)| *found == InputState::Missing) {
        return;
    }
    let sandboxed = view.seen.bounds.sandboxing;
    let wrong = gone.map(|(path, _)| ClientViolation::InputPath { path: path.clone(), sandboxed });
    out.say(if sandboxed { ids::IN_PLACE } else { ids::INPUT_PATHS }, session, wrong);
}

/// One path and one digest mean one content.
fn digests(view: &CaseView<'_>, session: usize, out: &mut Findings) {
    let mut known: BTreeMap<(&str, &[u8]), &str> = BTreeMap::new();
    let mut asked_of = view.exchanges[session].requests.iter();
    for (_, event) in view.events(session) {
        let Event::Looked { inputs, .. } = event else { continue };
        let Some(request) = asked_of.next() else { return };
        for (input, (path, found)) in request.message.inputs.iter().zip(inputs) {
            let InputState::File(content) = found else { continue };
            if input.digest.is_empty() || input.path != *path {
                continue;
            }
            // C-053: "Within one worker process, the same path with the same digest that is not empty has the same
            // content."
            let Some(before) = known.insert((path, &input.digest), content) else { continue };
            let wrong = (before != content).then(|| ClientViolation::StaleDigest { path: path.clone() });
            out.say_at(ids::SAME_DIGEST, session, &[request.event], wrong);
        }
    }
}
