//! Cancel requests, and requests that were given up: spec/src/client/cancellation.md.

use super::exchange::Request;
use super::observation::StatusSeen;
use super::requests::gave_up;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for (session, exchange) in view.exchanges.iter().enumerate() {
        for cancel in &exchange.cancels {
            let (id, at) = (cancel.message.request_id, [cancel.event]);
            let of = cancel.of.map(|(place, _)| &exchange.requests[place]);
            // C-097: "A client never begins to write a cancel request for a request whose response it has read."
            // That the response has been read shows in what was written after it, or in a success that nothing could have
            // made worth cancelling.
            let answered = of.and_then(|request| request.answer.as_ref().map(|answer| (request, answer)));
            let late = answered.is_some_and(|(request, answer)| {
                exchange.requests.iter().any(|next| next.event > answer.event && next.event < cancel.event)
                    || (cancel.event > answer.event && had_its_way(view, request))
            });
            if late {
                out.violate_in(session, &at, ClientViolation::CancelLate { id });
            }
        }
        // C-098: "A client that gives up a request takes it as open until it has read the response, or else ends the
        // worker: no further request to a singleplex worker, no new use of its id or its place in the pool."
        let given_up = exchange.requests.iter().any(|request| gave_up(view, request));
        let used = |request: &Request| {
            exchange.requests.iter().any(|next| {
                next.event > request.event && next.at < request.ended() && next.message.request_id == 0
            })
        };
        if given_up && !exchange.requests.iter().any(|request| gave_up(view, request) && used(request)) {
            out.uphold(ids::GIVEN_UP);
        }
    }
}

/// Whether an action succeeded that nobody interrupted or gave up, and that ran in one place only.
fn had_its_way(view: &CaseView<'_>, request: &Request) -> bool {
    view.action(&request.name).is_some_and(|action| {
        let interrupted =
            view.seen.builds.get(action.declared.build).is_none_or(|build| build.interrupted.is_some());
        action.status == StatusSeen::Succeeded
            && !action.declared.raced
            && !action.declared.given_up
            && !interrupted
    })
}
