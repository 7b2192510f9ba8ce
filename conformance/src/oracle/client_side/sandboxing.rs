//! What is in a sandbox: spec/src/client/sandboxing.md.

use pwp_spec::Feature;

use super::observation::{InputFound, SessionEvent};
use super::picture::Picture;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    if !picture.seen.bounds.sandboxing {
        return;
    }
    for (session, asked, action) in picture.requests() {
        let features = &action.declared.features;
        let multiplex = asked.request.request_id != 0;
        if features.contains(&Feature::Multiplex) && !features.contains(&Feature::MultiplexSandboxing) {
            let wrong = multiplex.then(|| ClientViolation::MultiplexInSandbox { action: asked.name.clone() });
            out.say(ids::SANDBOX_MULTIPLEX, session, wrong);
        }
        if multiplex && features.contains(&Feature::MultiplexSandboxing) {
            let directory = &asked.request.sandbox_dir;
            // Two requests may come in one piece, so it is their order that counts.
            let before = picture.talks[session].asked.iter().take_while(|other| !std::ptr::eq(*other, asked));
            let mut open = before.filter(|other| other.ended() > asked.at);
            let shared = open.any(|other| other.request.sandbox_dir == *directory);
            let wrong = (shared || directory.is_empty() || directory.starts_with('/'))
                .then(|| ClientViolation::SharedSandbox { sandbox_dir: directory.clone() });
            out.say(ids::OWN_SANDBOX, session, wrong);
        }
    }
    for (session, talk) in picture.talks.iter().enumerate() {
        for (place, (_, event)) in picture.seen.sessions[session].events.iter().enumerate() {
            let SessionEvent::Looked { request, inputs, files } = event else { continue };
            let Some(asked) = talk.asked.get((*request as usize).wrapping_sub(1)) else { continue };
            let Some(action) = picture.action(&asked.name) else { continue };
            if picture.spoilt.contains(&asked.name) {
                continue;
            }
            for (end, digest) in &action.declared.contents {
                let is = |path: &str| path == end || path.ends_with(&format!("/{end}"));
                let Some((path, InputFound::File(found))) = inputs.iter().find(|(path, _)| is(path)) else {
                    continue;
                };
                let wrong = (found != digest).then(|| ClientViolation::OldInput { path: path.clone() });
                out.say(ids::IN_PLACE, session, wrong);
            }
            let Some(files) = files else { continue };
            let declared = |file: &&String| {
                action.declared.inputs.iter().any(|end| **file == *end || file.ends_with(&format!("/{end}")))
            };
            let foreign: Vec<String> = files.iter().filter(|file| !declared(file)).cloned().collect();
            if foreign.is_empty() {
                out.uphold(ids::NOTHING_ELSE);
            } else {
                out.violate_in(session, &[place], ClientViolation::NotCleared { files: foreign });
            }
        }
    }
    if !picture.seen.end.forced && !picture.seen.end.killed {
        let files = &picture.seen.end.moved;
        if !files.is_empty() {
            out.violate(ClientViolation::TakenOut { files: files.clone() });
        }
        let paths = &picture.seen.end.sandboxes_left;
        if paths.is_empty() {
            out.uphold(ids::SANDBOX_LEFT);
        } else {
            out.violate(ClientViolation::SandboxesLeft { paths: paths.clone() });
        }
    }
}
