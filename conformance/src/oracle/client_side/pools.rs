//! How many workers and requests there are at once: spec/src/client/pools.md.

use super::picture::Picture;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    if let Some(limit) = picture.seen.bounds.max_instances {
        instances(picture, limit, out);
    }
    if let Some(limit) = picture.seen.bounds.max_multiplex_instances {
        for (session, talk) in picture.talks.iter().enumerate() {
            let multiplex = talk.asked.iter().filter(|asked| asked.request.request_id != 0);
            let ends: Vec<(u64, u64)> = multiplex.map(|asked| (asked.at, asked.ended())).collect();
            if ends.is_empty() {
                continue;
            }
            let most = most_at_once(&ends);
            let wrong = (most > limit as usize).then_some(ClientViolation::TooManyOpen { limit, got: most });
            out.say(ids::MAX_MULTIPLEX, session, wrong);
        }
    }
}

/// Workers that had a singleplex request, by command line and environment.
fn instances(picture: &Picture<'_>, limit: u32, out: &mut Findings) {
    let sessions = &picture.seen.sessions;
    let of_workers: Vec<usize> = (0..sessions.len())
        .filter(|session| picture.talks[*session].asked.iter().any(|asked| asked.request.request_id == 0))
        .collect();
    let key = |session: usize| (&sessions[session].start.argv, &sessions[session].start.tools);
    for first in &of_workers {
        if of_workers.iter().any(|other| other < first && key(*other) == key(*first)) {
            continue;
        }
        let lives: Vec<(u64, u64)> = of_workers
            .iter()
            .filter(|session| key(**session) == key(*first))
            .map(|session| (sessions[*session].start.at, sessions[*session].over()))
            .collect();
        let most = most_at_once(&lives);
        let wrong = (most > limit as usize).then_some(ClientViolation::TooMany { limit, got: most });
        out.say(ids::MAX_INSTANCES, *first, wrong);
    }
}

/// Of spans from a beginning to an end, how many share a moment. What ends when another begins does not.
fn most_at_once(spans: &[(u64, u64)]) -> usize {
    let at = |moment: u64| spans.iter().filter(|(from, to)| *from <= moment && moment < *to).count();
    spans.iter().map(|(from, _)| at(*from)).max().unwrap_or(0)
}
