//! How many workers and requests there are at once: spec/src/client/pools.md.

use std::time::Duration;

use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    if let Some(limit) = view.seen.bounds.max_instances {
        instances(view, limit, out);
    }
    if let Some(limit) = view.seen.bounds.max_multiplex_instances {
        for (session, exchange) in view.exchanges.iter().enumerate() {
            let multiplex = exchange.requests.iter().filter(|request| request.message.request_id != 0);
            let ends: Vec<(Duration, Duration)> =
                multiplex.map(|request| (request.at, request.ended())).collect();
            if ends.is_empty() {
                continue;
            }
            // C-021: "A client never has more open requests at one multiplex worker than the limit that it was
            // given."
            let most = most_at_once(&ends);
            let wrong = (most > limit as usize).then_some(ClientViolation::TooManyOpen { limit, got: most });
            out.say(ids::MAX_MULTIPLEX, session, wrong);
        }
    }
}

/// Workers that had a singleplex request, by command line and environment.
fn instances(view: &CaseView<'_>, limit: u32, out: &mut Findings) {
    let sessions = &view.seen.sessions;
    let of_workers: Vec<usize> = (0..sessions.len())
        .filter(|session| {
            view.exchanges[*session].requests.iter().any(|request| request.message.request_id == 0)
        })
        .collect();
    let key = |session: usize| (&sessions[session].start.argv, &sessions[session].start.tools);
    for first in &of_workers {
        if of_workers.iter().any(|other| other < first && key(*other) == key(*first)) {
            continue;
        }
        let lives: Vec<(Duration, Duration)> = of_workers
            .iter()
            .filter(|session| key(**session) == key(*first))
            .map(|session| (sessions[*session].started, sessions[*session].over()))
            .collect();
        // C-020: "A client never has more singleplex workers of one key at once than the limit that it was given."
        let most = most_at_once(&lives);
        let wrong = (most > limit as usize).then_some(ClientViolation::TooMany { limit, got: most });
        out.say(ids::MAX_INSTANCES, *first, wrong);
    }
}

/// Of spans from a beginning to an end, how many share a moment. What ends when another begins does not.
fn most_at_once(spans: &[(Duration, Duration)]) -> usize {
    let at = |moment: Duration| spans.iter().filter(|(from, to)| *from <= moment && moment < *to).count();
    spans.iter().map(|(from, _)| at(*from)).max().unwrap_or(0)
}
