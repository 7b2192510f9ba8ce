//! Cancel requests, and requests that were given up: spec/src/client/cancellation.md.

use pwp_proto::WorkRequest;

use crate::requirement::Feature;

use super::finding::Findings;
use super::judge::Picture;
use super::requests::gave_up;
use super::{ClientViolation, ids};

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for (session, talk) in picture.talks.iter().enumerate() {
        for cancel in &talk.cancels {
            let (id, at) = (cancel.request.request_id, [cancel.event]);
            let latest =
                |asked: &&super::talk::Asked| asked.request.request_id == id && asked.event <= cancel.event;
            let of = cancel.of.map(|place| &talk.asked[place]).or_else(|| talk.asked.iter().rfind(latest));
            if let Some(action) = of.and_then(|asked| picture.action(&asked.name)) {
                let declares = action.declared.features.contains(&Feature::Cancellation);
                let wrong = (!declares)
                    .then(|| ClientViolation::CancelUndeclared { action: action.declared.name.clone() });
                out.say(ids::CANCEL_DECLARED, session, wrong);
            }
            let what = form(&cancel.request, of.is_some());
            out.say(ids::CANCEL_FORM, session, what.map(|what| ClientViolation::CancelForm { what }));
            // That the response has been read shows only in what was written after it.
            let answered = of.and_then(|asked| asked.answer.as_ref());
            let late = answered.is_some_and(|answer| {
                talk.asked.iter().any(|next| next.event > answer.event && next.event < cancel.event)
            });
            if late {
                out.violate_in(session, &at, ClientViolation::CancelLate { id });
            } else if cancel.of.is_some() {
                out.uphold(ids::CANCEL_LATE);
            }
        }
        let given_up = talk.asked.iter().any(|asked| gave_up(picture, asked));
        let used = |asked: &super::talk::Asked| {
            talk.asked.iter().any(|next| {
                next.event > asked.event && next.at < asked.ended() && next.request.request_id == 0
            })
        };
        if given_up && !talk.asked.iter().any(|asked| gave_up(picture, asked) && used(asked)) {
            out.uphold(ids::GIVEN_UP);
        }
    }
}

/// What is wrong with a cancel request. `known`: a request had this id.
pub(super) fn form(cancel: &WorkRequest, known: bool) -> Option<&'static str> {
    if !cancel.arguments.is_empty() {
        Some("arguments")
    } else if !cancel.inputs.is_empty() {
        Some("inputs")
    } else {
        (!known).then_some("an id that no request had")
    }
}
