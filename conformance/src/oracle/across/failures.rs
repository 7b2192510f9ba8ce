//! Workers that fail, hang or end, and actions that run again because of that: spec/src/client/failures.md.

use crate::history::Event;
use pwp_spec::RequirementId;

use super::exchange::Request;
use super::observation::StatusSeen;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::session::FaultKind;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    let faulty = view.exchanges.iter().any(|exchange| !exchange.faults.is_empty());
    let spoke = (0..view.exchanges.len())
        .any(|session| view.saw(session, |event| matches!(event, Event::Received(_))));
    for (number, build) in view.seen.builds.iter().enumerate() {
        if let Some(how) = &build.crashed {
            // C-064: "Nothing that a worker writes ends the client."
            // Where no worker has written anything, it is what the case is about that ends the client.
            let requirement = view.seen.hang.filter(|_| !spoke).unwrap_or(ids::SURVIVES);
            out.violate(ClientViolation::Crashed { how: how.clone(), requirement });
        } else if faulty {
            out.uphold(ids::SURVIVES);
        }
        if let Some(seconds) = build.hung {
            if build.interrupted.is_some() {
                let requirement = build.interrupted_for.unwrap_or(ids::INTERRUPT);
                out.violate(ClientViolation::NotInterrupted { seconds, requirement });
            } else {
                let hung = view.sound_actions().filter(|action| action.status == StatusSeen::Hung);
                for action in hung.filter(|action| action.declared.build == number) {
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
        if let Some(is_freed) = build.freed {
            let (seconds, requirement) = (build.ended.saturating_sub(build.began).as_secs(), ids::INTERRUPT);
            let wrong = ClientViolation::NotInterrupted { seconds, requirement };
            out.hold(requirement, (!is_freed).then_some(wrong));
        }
        // A process that ended with a request open, and an action that came to an end.
        let actions = view.seen.actions.iter().filter(|action| action.declared.build == number);
        for action in actions.filter(|action| action.status != StatusSeen::Hung) {
            let ended = view.exchanges.iter().enumerate().any(|(session, exchange)| {
                let is_open =
                    |request: &Request| request.answer.is_none() && request.name == action.declared.name;
                exchange.requests.iter().any(is_open) && view.seen.sessions[session].exits()
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

/// Actions that run again, in a second process.
pub(super) fn retries(view: &CaseView<'_>, out: &mut Findings) {
    for action in &view.seen.actions {
        let name = &action.declared.name;
        // The first request of each process for this action: a second one to the same process is another matter.
        let mut had: Vec<(usize, &Request)> = view.first_requests(name).collect();
        had.sort_by_key(|(_, request)| request.at);
        for pair in had.windows(2) {
            let [(before, first), (session, second)] = pair else { continue };
            // A process that is heard of later lives.
            let lives = view.seen.sessions[*before].events.last().is_some_and(|timed| timed.at > second.at);
            let found = left_for(view, *session, second);
            // C-086: "Before an action runs again, on another worker or in one-shot mode, the worker that had it has
            // ended or has answered, and the outputs that it left are removed."
            if lives && first.ended() > second.at {
                let violation = ClientViolation::AgainTooEarly { action: name.clone() };
                out.violate_in(*session, &[second.event], violation);
            } else if let Some((event, outputs)) = found {
                let violation = ClientViolation::OutputsKept { action: name.clone(), outputs };
                out.violate_in(*session, &[event], violation);
            } else {
                out.uphold(ids::RETRIES);
            }
        }
    }
}

/// The outputs that were there when a process got this request.
fn left_for(view: &CaseView<'_>, session: usize, request: &Request) -> Option<(usize, Vec<String>)> {
    let number = view.exchanges[session].requests.iter().position(|other| other.event == request.event)? + 1;
    view.events(session).find_map(|(place, event)| match event {
        Event::Found { request, outputs } if *request as usize == number => Some((place, outputs.clone())),
        _ => None,
    })
}
