//! What a request has to look like: spec/src/client/requests.md.

use std::collections::BTreeMap;

use pwp_proto::{Framing, Input, Note, NoteKind};

use super::observation::{InputFound, SessionEvent, StatusSeen};
use super::picture::Picture;
use super::talk::{Asked, Talk};
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for session in 0..picture.talks.len() {
        let talk = &picture.talks[session];
        form(picture, session, talk, out);
        numbers(picture, session, talk, out);
        for (place, asked) in talk.asked.iter().enumerate() {
            inputs(picture, session, place, asked, out);
            rest(picture, session, asked, out);
        }
        digests(picture, session, out);
    }
}

fn form(picture: &Picture<'_>, session: usize, talk: &Talk, out: &mut Findings) {
    if let Some((begun, inside)) = talk.torn.as_ref().filter(|_| !talk.asked.is_empty()) {
        let (begun, inside) = (begun.clone(), inside.clone());
        return out.violate_in(session, &[], ClientViolation::Torn { begun, inside });
    }
    // What no pipe takes at once was not complete when it was given up.
    let was_cut = |asked: &&Asked| size(asked) > PIPE && gave_up(picture, asked);
    talk.asked.iter().filter(was_cut).for_each(|_| out.uphold(ids::COMPLETES));
    if let Some((event, error)) = &talk.unreadable {
        out.violate_in(session, &[*event], ClientViolation::NotARequest { error: error.clone() });
    }
    if talk.left_over > 0 {
        // Whoever was killed, or ended the worker, could not go on.
        let bytes = talk.left_over;
        let ended = picture.seen.sessions[session].events.iter().any(|(_, event)| {
            matches!(event, SessionEvent::Eof | SessionEvent::Signal(_) | SessionEvent::Exiting(_))
        });
        if !ended && !picture.seen.end.killed && !picture.seen.end.forced {
            out.violate_in(session, &[], ClientViolation::Unfinished { bytes });
        }
    }
    for asked in &talk.asked {
        out.say(ids::REQUEST_WELL_FORMED, session, odd(&asked.notes));
    }
    // The line of a request that was not completed has no end.
    if talk.dialect == Framing::Json && !talk.asked.is_empty() && talk.left_over == 0 {
        let wrong = (!talk.lines.are_whole()).then_some(ClientViolation::NotOneLine);
        out.say(ids::ONE_LINE, session, wrong);
    }
}

/// What no reader likes in a request.
pub(super) fn odd(notes: &[Note]) -> Option<ClientViolation> {
    let odd = notes.iter().find(|note| {
        !matches!(
            note.kind,
            NoteKind::ExplicitDefault
                | NoteKind::Escaped
                | NoteKind::OutOfOrder
                | NoteKind::UnknownField
                | NoteKind::UnknownKey
                | NoteKind::Whitespace
        )
    })?;
    let field = odd.field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default();
    Some(ClientViolation::OddRequest { what: format!("{}{field}", odd.kind.as_str()) })
}

fn numbers(picture: &Picture<'_>, session: usize, talk: &Talk, out: &mut Findings) {
    let multiplex = |asked: &Asked| {
        picture
            .action(&asked.name)
            .is_some_and(|action| action.declared.features.contains(&pwp_spec::Feature::Multiplex))
    };
    let (mut zero, mut other) = (false, None);
    for (place, asked) in talk.asked.iter().enumerate() {
        let id = asked.request.request_id;
        match id {
            0 => zero = true,
            id => other = Some(id),
        }
        if id == 0 {
            // Every multiplex worker can be used as a singleplex one.
            out.uphold(ids::SINGLEPLEX_ID);
        } else if !multiplex(asked) && picture.action(&asked.name).is_some() {
            out.violate_in(session, &[asked.event], ClientViolation::NotZero { id });
        } else if id < 0 {
            out.violate_in(session, &[asked.event], ClientViolation::NotPositive { id });
        } else {
            out.uphold(ids::MULTIPLEX_ID);
        }
        let open: Vec<&Asked> =
            talk.asked[..place].iter().filter(|before| before.ended() > asked.at).collect();
        // What the client took for an answer may not have been one.
        let misled = talk.faults.iter().any(|fault| fault.at < asked.at);
        if let Some(before) = open.iter().find(|before| before.request.request_id == id) {
            if id != 0 {
                out.violate_in(session, &[before.event, asked.event], ClientViolation::SameId { id });
            } else if !misled {
                let (open, second) = (before.name.clone(), asked.name.clone());
                let given_up = gave_up(picture, before) && before.name != asked.name;
                let violation = if given_up {
                    ClientViolation::GivenUpReused { given_up: open, next: second }
                } else {
                    ClientViolation::SecondRequest { open, second }
                };
                out.violate_in(session, &[before.event, asked.event], violation);
            }
        } else if id == 0 {
            out.uphold(ids::ONE_AT_A_TIME);
        } else {
            out.uphold(ids::UNIQUE_ID);
        }
    }
    if let (true, Some(id)) = (zero, other) {
        out.violate_in(session, &[], ClientViolation::MixedIds { id });
    } else if zero || other.is_some() {
        out.uphold(ids::ONE_MODE);
    }
}

fn size(asked: &Asked) -> usize {
    asked.request.arguments.iter().map(String::len).sum()
}

/// Whether the client has given up this request: its build was interrupted before it was answered.
pub(super) fn gave_up(picture: &Picture<'_>, asked: &Asked) -> bool {
    let Some(action) = picture.action(&asked.name) else { return false };
    let build = picture.seen.builds.get(action.declared.build);
    asked.cancelled.is_some()
        || action.status == StatusSeen::Interrupted
        || build.and_then(|build| build.interrupted).is_some_and(|interrupted| interrupted < asked.ended())
}

/// What is named is what is declared; the ends of the paths are compared, since clients have places of their own.
fn inputs(picture: &Picture<'_>, session: usize, place: usize, asked: &Asked, out: &mut Findings) {
    let Some(action) = picture.action(&asked.name) else { return };
    let named = &asked.request.inputs;
    let is = |input: &Input, end: &str| input.path == end || input.path.ends_with(&format!("/{end}"));
    let declared = &action.declared.inputs;
    let missing = declared.iter().find(|end| !named.iter().any(|input| is(input, end)));
    let surplus = named.iter().find(|input| !declared.iter().any(|end| is(input, end)));
    if let Some(path) = missing {
        out.violate_in(session, &[asked.event], ClientViolation::InputMissing { path: path.clone() });
    } else if let Some(input) = surplus {
        out.violate_in(session, &[asked.event], ClientViolation::InputTooMuch { path: input.path.clone() });
    } else {
        out.uphold(ids::INPUTS);
    }
    if let Some(input) = named.iter().find(|input| input.path.starts_with('/')) {
        out.violate_in(session, &[asked.event], ClientViolation::AbsolutePath { path: input.path.clone() });
        return;
    }
    let looked = picture.seen.sessions[session].events.iter().find_map(|(_, event)| match event {
        SessionEvent::Looked { request, inputs, .. } if *request as usize == place + 1 => Some(inputs),
        _ => None,
    });
    let Some(looked) = looked.filter(|looked| !looked.is_empty()) else { return };
    let gone = looked.iter().find(|(_, found)| *found == InputFound::Missing);
    if looked.iter().all(|(_, found)| *found == InputFound::Missing) {
        return;
    }
    let sandboxed = picture.seen.bounds.sandboxing;
    let wrong = gone.map(|(path, _)| ClientViolation::InputPath { path: path.clone(), sandboxed });
    out.say(if sandboxed { ids::IN_PLACE } else { ids::INPUT_PATHS }, session, wrong);
}

fn rest(picture: &Picture<'_>, session: usize, asked: &Asked, out: &mut Findings) {
    let wanted = picture.seen.bounds.verbosity;
    let got = asked.request.verbosity;
    let wrong = (got != wanted && wanted == 0).then_some(ClientViolation::Verbosity { got, wanted });
    out.say(ids::VERBOSITY_ASKED, session, wrong);
    let Some(action) = picture.action(&asked.name) else { return };
    let declares = action.declared.features.contains(&pwp_spec::Feature::MultiplexSandboxing);
    if !declares {
        let sandbox_dir = asked.request.sandbox_dir.clone();
        let wrong = (!sandbox_dir.is_empty())
            .then(|| ClientViolation::SandboxDir { action: asked.name.clone(), sandbox_dir });
        out.say(ids::SANDBOX_DIR, session, wrong);
    }
}

/// One path and one digest mean one content.
fn digests(picture: &Picture<'_>, session: usize, out: &mut Findings) {
    let mut known: BTreeMap<(&str, &[u8]), &str> = BTreeMap::new();
    let mut asked_of = picture.talks[session].asked.iter();
    for (_, event) in &picture.seen.sessions[session].events {
        let SessionEvent::Looked { inputs, .. } = event else { continue };
        let Some(asked) = asked_of.next() else { return };
        for (input, (path, found)) in asked.request.inputs.iter().zip(inputs) {
            let InputFound::File(content) = found else { continue };
            if input.digest.is_empty() || input.path != *path {
                continue;
            }
            let before = known.insert((path, &input.digest), content);
            if before.is_some_and(|before| before != content) {
                out.violate_in(session, &[asked.event], ClientViolation::StaleDigest { path: path.clone() });
            } else if before.is_some() {
                out.uphold(ids::SAME_DIGEST);
            }
        }
    }
}
