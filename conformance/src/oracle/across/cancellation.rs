//! Cancel requests, requests that were given up, and files that have to stay: spec/src/client/cancellation.md,
//! spec/src/client/sandboxing.md.

use crate::history::{Event, Timed};

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
        let mut given_up = exchange.requests.iter().filter(|request| gave_up(view, request)).peekable();
        let is_used = |request: &Request| {
            exchange.requests.iter().any(|next| {
                next.event > request.event && next.at < request.ended() && next.message.request_id == 0
            })
        };
        if given_up.peek().is_some() && !given_up.any(is_used) {
            out.uphold(ids::GIVEN_UP);
        }
    }
}

/// Whether an action succeeded that nobody interrupted or gave up, and that ran in one place only.
fn had_its_way(view: &CaseView<'_>, request: &Request) -> bool {
    view.action(&request.name).is_some_and(|action| {
        let interrupted = view.build(action).is_none_or(|build| build.interrupted.is_some());
        action.status == StatusSeen::Succeeded
            && !action.declared.raced
            && !action.declared.given_up
            && !interrupted
    })
}

/// Files that have to stay while a process uses them.
pub(super) fn kept_files(view: &CaseView<'_>, out: &mut Findings) {
    for (session, seen) in view.seen.sessions.iter().enumerate() {
        for (place, Timed { at, event }) in seen.events.iter().enumerate() {
            match event {
                // C-115: "The worker's own tool files stay where they were at its start for as long as the process
                // lives."
                Event::Opened { path, there } => {
                    let wrong = (!there).then(|| ClientViolation::ToolGone { path: path.clone() });
                    out.say_at(ids::TOOL_FILES, session, &[place], wrong);
                }
                Event::Kept { request, path, kept } => {
                    let request = view.exchanges[session].numbered(*request);
                    let is_open = |request: &&Request| gave_up(view, request) && request.ended() > *at;
                    let Some(request) = request.filter(is_open) else { continue };
                    let (action, path) = (request.name.clone(), path.clone());
                    let wrong = (!kept).then_some(ClientViolation::TakenWhileOpen { action, path });
                    // C-103: "After giving up a request a client neither reads, moves, deletes nor replaces a file in
                    // the request's directory before the response was read or the process has ended."
                    out.say_at(ids::STILL_OPEN, session, &[place], wrong);
                }
                _ => {}
            }
        }
    }
}
