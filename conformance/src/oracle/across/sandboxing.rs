//! What is in a sandbox: spec/src/client/sandboxing.md.

use crate::history::{Event, InputState, Timed};
use pwp_spec::Feature;

use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    if !view.seen.bounds.sandboxing {
        return;
    }
    for (session, request, action) in view.requests() {
        let features = &action.declared.features;
        let multiplex = request.message.request_id != 0;
        if features.contains(&Feature::Multiplex) && !features.contains(&Feature::MultiplexSandboxing) {
            // C-116: "A client that is to run an action in a sandbox uses multiplex for it only if the action
            // declares `multiplex-sandboxing`."
            let wrong =
                multiplex.then(|| ClientViolation::MultiplexInSandbox { action: request.name.clone() });
            out.say(ids::SANDBOX_MULTIPLEX, session, wrong);
        }
    }
    for (session, exchange) in view.exchanges.iter().enumerate() {
        for (place, Timed { event, .. }) in view.seen.sessions[session].events.iter().enumerate() {
            let Event::Looked { request, inputs, files } = event else { continue };
            let Some(request) = exchange.requests.get((*request as usize).wrapping_sub(1)) else { continue };
            let Some(action) = view.action(&request.name) else { continue };
            if view.spoilt.contains(&request.name) {
                continue;
            }
            for (end, digest) in &action.declared.contents {
                let is = |path: &str| path == end || path.ends_with(&format!("/{end}"));
                let Some((path, InputState::File(found))) = inputs.iter().find(|(path, _)| is(path)) else {
                    continue;
                };
                // C-110: "In a sandbox each declared input of a request is in its place, with its present content,
                // before the request is written."
                let wrong = (found != digest).then(|| ClientViolation::OldInput { path: path.clone() });
                out.say(ids::IN_PLACE, session, wrong);
            }
            let Some(files) = files else { continue };
            let declared = |file: &&String| {
                action.declared.inputs.iter().any(|end| **file == *end || file.ends_with(&format!("/{end}")))
            };
            // C-111: "In a sandbox there is, when a request is written, no file below the request's directory but its
            // inputs, the worker's own files and what the directories of the outputs need."
            let foreign: Vec<String> = files.iter().filter(|file| !declared(file)).cloned().collect();
            if foreign.is_empty() {
                out.uphold(ids::NOTHING_ELSE);
            } else {
                out.violate_in(session, &[place], ClientViolation::NotCleared { files: foreign });
            }
        }
    }
    if !view.seen.end.forced && !view.seen.end.killed {
        // C-113: "After the response of a successful request a client takes the declared outputs out of the sandbox,
        // and no other file."
        let files = &view.seen.end.moved;
        if !files.is_empty() {
            out.violate(ClientViolation::TakenOut { files: files.clone() });
        }
        // C-118: "When a worker has ended, its sandbox directories are removed."
        let paths = &view.seen.end.sandboxes_left;
        if paths.is_empty() {
            out.uphold(ids::SANDBOX_LEFT);
        } else {
            out.violate(ClientViolation::SandboxesLeft { paths: paths.clone() });
        }
    }
}
