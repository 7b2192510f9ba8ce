//! What a client makes of answers: spec/src/client/responses.md.

use std::time::Duration;

use crate::history::Event;
use pwp_spec::RequirementId;

use super::exchange::{Exchange, Fault, Request};
use super::observation::{ActionSeen, StatusSeen};
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::session::FaultKind;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    view.sound_actions().for_each(|action| success(view, action, out));
    for (session, exchange) in view.exchanges.iter().enumerate() {
        after_fault(view, session, exchange, out);
    }
}

/// A client that says "succeeded" has a reason for it.
fn success(view: &CaseView<'_>, action: &ActionSeen, out: &mut Findings) {
    let name = &action.declared.name;
    let of_action = view.requests().filter(|(_, request, _)| request.name == *name);
    let requests: Vec<(&Exchange, &Request)> =
        of_action.map(|(session, request, _)| (&view.exchanges[session], request)).collect();
    let done = requests.iter().any(|(_, request)| request.succeeded()) || done_in_one_shot(view, name);
    let Some((exchange, request)) = requests.last() else { return };
    let began = view.build(action).map_or(Duration::ZERO, |build| build.began);
    let crosses =
        |fault: &Fault| fault.kind == FaultKind::Unasked && fault.at > began && fault.at < request.at;
    // The request may have been in the pipe when the worker wrote this: for the client it was an answer.
    if exchange.faults.iter().any(crosses) {
        return;
    }
    // C-069: "An action succeeds only if its response has the `exit_code` 0 and each declared output is there."
    let cause = cause(exchange, request);
    match action.status {
        StatusSeen::Succeeded if !done => {
            let (requirement, why) = cause.unwrap_or((ids::SUCCESS, "no response says so"));
            let action = name.clone();
            out.violate(ClientViolation::SuccessFromNothing { action, why, requirement });
        }
        StatusSeen::Succeeded | StatusSeen::Failed => {
            out.uphold(ids::SUCCESS);
            let causes = requests.iter().filter_map(|(exchange, request)| self::cause(exchange, request));
            causes.for_each(|(requirement, _)| out.uphold(requirement));
        }
        _ => {}
    }
}

/// What could make a client believe that a request succeeded which did not.
fn cause(exchange: &Exchange, request: &Request) -> Option<(RequirementId, &'static str)> {
    let fault = |kind: FaultKind, from: Duration| {
        let is = |fault: &Fault| fault.kind == kind && (from..=request.ended()).contains(&fault.at);
        exchange.faults.iter().any(is)
    };
    let answer = request.answer.as_ref();
    if fault(FaultKind::Unasked, Duration::ZERO) {
        Some((ids::UNASKED, "only bytes that the worker wrote before it was asked say so"))
    } else if fault(FaultKind::UnknownId, request.at) {
        Some((ids::UNKNOWN_ID, "only a response with the id of no open request says so"))
    } else if fault(FaultKind::Malformed, Duration::ZERO) {
        Some((ids::AFTER_FAULT, "what the worker wrote can't be read"))
    } else if answer.is_some_and(|answer| answer.message.was_cancelled && request.cancelled.is_none()) {
        let why = "its response says that it was cancelled, and nobody has done that";
        Some((ids::UNASKED_WAS_CANCELLED, why))
    } else if answer.is_some_and(|answer| answer.message.exit_code != 0) {
        Some((ids::SUCCESS, "its response has another exit_code than 0"))
    } else {
        None
    }
}

fn done_in_one_shot(view: &CaseView<'_>, name: &str) -> bool {
    let file = format!("{name}.out");
    let wrote = |event: &Event| match event {
        Event::Wrote { path, error, .. } => path.ends_with(&file) && error.is_empty(),
        _ => false,
    };
    let mut one_shot = view.exchanges.iter().enumerate().filter(|(_, exchange)| exchange.requests.is_empty());
    one_shot.any(|(session, _)| view.saw(session, wrote))
}

/// Whoever wrote what can't be believed is not asked again. Only later builds count: an earlier request may have been
/// on its way.
fn after_fault(view: &CaseView<'_>, session: usize, exchange: &Exchange, out: &mut Findings) {
    for fault in exchange.faults.iter().filter(|fault| fault.kind != FaultKind::Unasked) {
        let later = exchange.requests.iter().find(|request| {
            let build = view.action(&request.name).and_then(|action| view.build(action));
            build.is_some_and(|build| build.began > fault.at)
        });
        match later {
            Some(request) => {
                let (kind, action) = (fault.kind.into(), request.name.clone());
                let violation = ClientViolation::UsedAfterFault { fault: kind, action };
                out.violate_in(session, &[fault.event, request.event], violation);
            }
            None if view.seen.builds.last().is_some_and(|build| build.began > fault.at) => {
                out.uphold(ids::AFTER_FAULT);
            }
            None => {}
        }
    }
}
