//! What is in a sandbox: spec/src/client/sandboxing.md.

use crate::history::{Event, InputState};
use pwp_spec::Feature;

use super::view::{CaseView, is_or_ends_with};
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
        for (place, event) in view.events(session) {
            let Event::Looked { request, inputs, files } = event else { continue };
            let Some(request) = exchange.numbered(*request) else { continue };
            let Some(action) = view.action(&request.name) else { continue };
            if view.spoilt.contains(&request.name) {
                continue;
            }
            for (end, digest) in &action.declared.contents {
                let input = inputs.iter().find(|(path, _)| is_or_ends_with(path, end));
                let Some((path, InputState::File(found))) = input else { continue };
                // C-110: "In a sandbox each declared input of a request is in its place, with its present content,
                // before the request is written."
                let wrong = (found != digest).then(|| ClientViolation::OldInput { path: path.clone() });
                out.say(ids::IN_PLACE, session, wrong);
            }
            let Some(files) = files else { continue };
            let declared =
                |file: &&String| action.declared.inputs.iter().any(|end| is_or_ends_with(file, end));
            // C-111: "In a sandbox there is, when a request is written, no file below the request's directory but its
            // inputs, the worker's own files and what the directories of the outputs need."
            let foreign: Vec<String> = files.iter().filter(|file| !declared(file)).cloned().collect();
            let wrong = (!foreign.is_empty()).then_some(ClientViolation::NotCleared { files: foreign });
            out.say_at(ids::NOTHING_ELSE, session, &[place], wrong);
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
        let paths = view.seen.end.sandboxes_left.clone();
        let wrong = (!paths.is_empty()).then_some(ClientViolation::SandboxesLeft { paths });
        out.hold(ids::SANDBOX_LEFT, wrong);
    }
}
