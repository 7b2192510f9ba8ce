//! Cancel requests, and requests that were given up: spec/src/client/cancellation.md.

use pwp_proto::WorkRequest;

use pwp_spec::Feature;

use super::observation::StatusSeen;
use super::picture::Picture;
use super::requests::gave_up;
use super::talk::Asked;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    for (session, talk) in picture.talks.iter().enumerate() {
        for cancel in &talk.cancels {
            let (id, at) = (cancel.request.request_id, [cancel.event]);
            let latest = |asked: &&Asked| asked.request.request_id == id && asked.event <= cancel.event;
            let of = cancel.of.map(|place| &talk.asked[place]).or_else(|| talk.asked.iter().rfind(latest));
            if let Some(action) = of.and_then(|asked| picture.action(&asked.name)) {
                let declares = action.declared.features.contains(&Feature::Cancellation);
                let wrong = (!declares)
                    .then(|| ClientViolation::CancelUndeclared { action: action.declared.name.clone() });
                out.say(ids::CANCEL_DECLARED, session, wrong);
            }
            let what = form(&cancel.request, of.is_some());
            out.say(ids::CANCEL_FORM, session, what.map(|what| ClientViolation::CancelForm { what }));
            // That the response has been read shows in what was written after it, or in a success that nothing could have
            // made worth cancelling.
            let answered = of.and_then(|asked| asked.answer.as_ref().map(|answer| (asked, answer)));
            let late = answered.is_some_and(|(asked, answer)| {
                talk.asked.iter().any(|next| next.event > answer.event && next.event < cancel.event)
                    || (cancel.event > answer.event && had_its_way(picture, asked))
            });
            if late {
                out.violate_in(session, &at, ClientViolation::CancelLate { id });
            } else if cancel.of.is_some() {
                out.uphold(ids::CANCEL_IN_TIME);
            }
        }
        let given_up = talk.asked.iter().any(|asked| gave_up(picture, asked));
        let used = |asked: &Asked| {
            talk.asked.iter().any(|next| {
                next.event > asked.event && next.at < asked.ended() && next.request.request_id == 0
            })
        };
        if given_up && !talk.asked.iter().any(|asked| gave_up(picture, asked) && used(asked)) {
            out.uphold(ids::GIVEN_UP);
        }
    }
}

/// Whether an action succeeded that nobody interrupted or gave up, and that ran in one place only.
fn had_its_way(picture: &Picture<'_>, asked: &Asked) -> bool {
    picture.action(&asked.name).is_some_and(|action| {
        let interrupted =
            picture.seen.builds.get(action.declared.build).is_none_or(|build| build.interrupted.is_some());
        action.status == StatusSeen::Succeeded
            && !action.declared.raced
            && !action.declared.given_up
            && !interrupted
    })
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
