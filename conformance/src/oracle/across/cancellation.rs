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
            // That the response has been read shows in what was written after it, or in a success that nothing could have
            // made worth cancelling.
            let answered = of.and_then(|asked| asked.answer.as_ref().map(|answer| (asked, answer)));
            let late = answered.is_some_and(|(asked, answer)| {
                exchange.requests.iter().any(|next| next.event > answer.event && next.event < cancel.event)
                    || (cancel.event > answer.event && had_its_way(view, asked))
            });
            if late {
                out.violate_in(session, &at, ClientViolation::CancelLate { id });
            }
        }
        let given_up = exchange.requests.iter().any(|asked| gave_up(view, asked));
        let used = |asked: &Request| {
            exchange.requests.iter().any(|next| {
                next.event > asked.event && next.at < asked.ended() && next.message.request_id == 0
            })
        };
        if given_up && !exchange.requests.iter().any(|asked| gave_up(view, asked) && used(asked)) {
            out.uphold(ids::GIVEN_UP);
        }
    }
}

/// Whether an action succeeded that nobody interrupted or gave up, and that ran in one place only.
fn had_its_way(view: &CaseView<'_>, asked: &Request) -> bool {
    view.action(&asked.name).is_some_and(|action| {
        let interrupted =
            view.seen.builds.get(action.declared.build).is_none_or(|build| build.interrupted.is_some());
        action.status == StatusSeen::Succeeded
            && !action.declared.raced
            && !action.declared.given_up
            && !interrupted
    })
}
