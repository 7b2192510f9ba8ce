//! Workers that fail, hang or end: spec/src/client/failures.md.

use crate::history::{Event, Timed};
use pwp_spec::RequirementId;

use super::observation::{ActionSeen, StatusSeen};
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::session::FaultKind;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    let faulty = view.exchanges.iter().any(|exchange| !exchange.faults.is_empty());
    let spoke =
        view.seen.sessions.iter().any(|session| {
            session.events.iter().any(|Timed { event, .. }| matches!(event, Event::Received(_)))
        });
    for (number, build) in view.seen.builds.iter().enumerate() {
        if let Some(how) = &build.crashed {
            // C-064: "Nothing that a worker writes ends the client."
            // Where no worker has written anything, it is what the case is about that ends the client.
            let requirement = view.seen.hang.filter(|_| !spoke).unwrap_or(ids::SURVIVES);
            out.violate(ClientViolation::Crashed { how: how.clone(), requirement });
        } else if faulty {
            out.uphold(ids::SURVIVES);
        }
        let actions = || view.seen.actions.iter().filter(move |action| action.declared.build == number);
        if let Some(seconds) = build.hung {
            if build.interrupted.is_some() {
                let requirement = build.interrupted_for.unwrap_or(ids::INTERRUPT);
                out.violate(ClientViolation::NotInterrupted { seconds, requirement });
            } else {
                let is_hung = |action: &&ActionSeen| {
                    action.status == StatusSeen::Hung && !view.spoilt.contains(&action.declared.name)
                };
                for action in actions().filter(is_hung) {
                    let action = action.declared.name.clone();
                    let requirement = view.seen.hang.unwrap_or_else(|| cause(view, &action));
                    out.violate(ClientViolation::Hung { action, seconds, requirement });
                }
            }
        } else if build.interrupted.is_some() {
            out.uphold(build.interrupted_for.unwrap_or(ids::INTERRUPT));
        } else if let Some(requirement) = view.seen.hang {
            out.uphold(requirement);
        }
        match build.freed {
            Some(true) => out.uphold(ids::INTERRUPT),
            Some(false) => {
                let seconds = (build.ended - build.began).as_secs();
                let requirement = ids::INTERRUPT;
                out.violate(ClientViolation::NotInterrupted { seconds, requirement });
            }
            None => {}
        }
        // A process that ended with a request open, and an action that came to an end.
        for action in actions().filter(|action| action.status != StatusSeen::Hung) {
            let ended = view.exchanges.iter().enumerate().any(|(session, exchange)| {
                let open = exchange
                    .requests
                    .iter()
                    .any(|request| request.name == action.declared.name && request.answer.is_none());
                open && view.seen.sessions[session].exits()
            });
            // C-082: "When a worker process ends, or cannot be started, each of its open requests ends at once: with
            // a failure or in a new run of the action."
            if ended {
                out.uphold(ids::PROCESS_ENDS);
            }
        }
    }
}

/// What keeps an action from ending, if the case does not say.
fn cause(view: &CaseView<'_>, action: &str) -> RequirementId {
    for (session, exchange) in view.exchanges.iter().enumerate() {
        let Some(request) = exchange.requests.iter().rfind(|request| request.name == action) else {
            continue;
        };
        if view.seen.sessions[session].exits() {
            return ids::PROCESS_ENDS;
        }
        if let Some(fault) = exchange.faults.iter().find(|fault| fault.at <= request.ended()) {
            return match fault.kind {
                FaultKind::UnknownId => ids::UNKNOWN_ID,
                FaultKind::Unasked => ids::UNASKED,
                FaultKind::WasCancelled => ids::UNASKED_WAS_CANCELLED,
                FaultKind::Malformed => ids::AFTER_FAULT,
            };
        }
    }
    ids::TIME_LIMIT
}
