//! Actions that run again because their worker has failed: spec/src/client/failures.md.

use std::time::Duration;

use crate::history::{Event, Timed};

use super::exchange::Request;
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    for action in &view.seen.actions {
        let name = &action.declared.name;
        // The first request of each process for this action: a second one to the same process is another matter.
        let mut had: Vec<(usize, &Request)> = view
            .exchanges
            .iter()
            .enumerate()
            .filter_map(|(session, exchange)| {
                exchange
                    .requests
                    .iter()
                    .find(|request| request.name == *name)
                    .map(|request| (session, request))
            })
            .collect();
        had.sort_by_key(|(_, request)| request.at);
        for pair in had.windows(2) {
            let [(before, first), (session, second)] = pair else { continue };
            let lives = lives_at(view, *before, second.at);
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

/// Whether a process is heard of after this moment.
fn lives_at(view: &CaseView<'_>, session: usize, moment: Duration) -> bool {
    view.seen.sessions[session].events.last().is_some_and(|timed| timed.at > moment)
}

/// The outputs that were there when a process got this request.
fn left_for(view: &CaseView<'_>, session: usize, request: &Request) -> Option<(usize, Vec<String>)> {
    let number = view.exchanges[session].requests.iter().position(|other| other.event == request.event)? + 1;
    view.seen.sessions[session].events.iter().enumerate().find_map(|(place, Timed { event, .. })| match event
    {
        Event::Found { request, outputs } if *request as usize == number => Some((place, outputs.clone())),
        _ => None,
    })
}
