//! What a request has to look like: spec/src/client/requests.md.

use std::collections::BTreeMap;

use pwp_proto::Input;

use crate::history::{Event, InputState, Timed};

use super::exchange::{Exchange, Request};
use super::observation::StatusSeen;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for session in 0..view.exchanges.len() {
        let exchange = &view.exchanges[session];
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

fn size(request: &Request) -> usize {
    request.message.arguments.iter().map(String::len).sum()
}

/// Whether the client has given up this request: its build was interrupted before it was answered.
pub(super) fn gave_up(view: &CaseView<'_>, request: &Request) -> bool {
    let Some(action) = view.action(&request.name) else { return false };
    let build = view.seen.builds.get(action.declared.build);
    request.cancelled.is_some()
        || action.status == StatusSeen::Interrupted
        || build.and_then(|build| build.interrupted).is_some_and(|interrupted| interrupted < request.ended())
}

/// What is named is what is declared; the ends of the paths are compared, since clients have places of their own.
fn inputs(view: &CaseView<'_>, session: usize, place: usize, request: &Request, out: &mut Findings) {
    let Some(action) = view.action(&request.name) else { return };
    let named = &request.message.inputs;
    let is = |input: &Input, end: &str| input.path == end || input.path.ends_with(&format!("/{end}"));
    let declared = &action.declared.inputs;
    let missing = declared.iter().find(|end| !named.iter().any(|input| is(input, end)));
    let surplus = named.iter().find(|input| !declared.iter().any(|end| is(input, end)));
    // C-051: "`inputs` names every file that the action declares as an input, and no other: sources, argfiles and
    // tool files."
    if let Some(path) = missing {
        out.violate_in(session, &[request.event], ClientViolation::InputMissing { path: path.clone() });
    } else if let Some(input) = surplus {
        out.violate_in(session, &[request.event], ClientViolation::InputTooMuch { path: input.path.clone() });
    } else {
        out.uphold(ids::INPUTS);
    }
    // C-052: "A path in `inputs` is written as the action's arguments write it: relative to where the request's paths
    // start, without `sandbox_dir`, or absolute."
    if let Some(input) = named.iter().find(|input| input.path.starts_with('/')) {
        out.violate_in(session, &[request.event], ClientViolation::AbsolutePath { path: input.path.clone() });
        return;
    }
    let looked = view.seen.sessions[session].events.iter().find_map(|Timed { event, .. }| match event {
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
    for Timed { event, .. } in &view.seen.sessions[session].events {
        let Event::Looked { inputs, .. } = event else { continue };
        let Some(request) = asked_of.next() else { return };
        for (input, (path, found)) in request.message.inputs.iter().zip(inputs) {
            let InputState::File(content) = found else { continue };
            if input.digest.is_empty() || input.path != *path {
                continue;
            }
            // C-053: "Within one worker process, the same path with the same digest that is not empty has the same
            // content."
            let before = known.insert((path, &input.digest), content);
            if before.is_some_and(|before| before != content) {
                out.violate_in(
                    session,
                    &[request.event],
                    ClientViolation::StaleDigest { path: path.clone() },
                );
            } else if before.is_some() {
                out.uphold(ids::SAME_DIGEST);
            }
        }
    }
}
