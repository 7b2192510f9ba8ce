//! How many workers and requests there are at once, and for how long nobody needs them: spec/src/client/pools.md.

use std::time::Duration;

use crate::history::{Event, ProcessHistory, Timed};

use super::exchange::{Answer, Exchange};
use super::view::CaseView;
use crate::oracle::finding::Findings;
use crate::oracle::{ClientViolation, ids};

/// How much later than its limit says a client may act: it looks from time to time, and machines are busy.
const SLACK: Duration = Duration::from_secs(3);

/// How exactly the begin of a build is known.
const NEAR: Duration = Duration::from_millis(100);

pub(super) fn judge(view: &CaseView<'_>, out: &mut Findings) {
    if let Some(limit) = view.seen.bounds.max_instances {
        instances(view, limit, out);
    }
    if let Some(limit) = view.seen.bounds.max_multiplex_instances {
        for (session, exchange) in view.exchanges.iter().enumerate() {
            let multiplex = exchange.requests.iter().filter(|request| request.message.request_id != 0);
            let ends: Vec<_> = multiplex.map(|request| (request.at, request.ended())).collect();
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
        .filter(|at| view.exchanges[*at].requests.iter().any(|request| request.message.request_id == 0))
        .collect();
    let key = |session: usize| (&sessions[session].start.argv, &sessions[session].start.tools);
    for first in &of_workers {
        if of_workers.iter().any(|other| other < first && key(*other) == key(*first)) {
            continue;
        }
        let of_key = of_workers.iter().filter(|session| key(**session) == key(*first));
        let lives: Vec<_> =
            of_key.map(|session| (sessions[*session].started, sessions[*session].over())).collect();
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

/// Limits for workers that nobody needs at the moment.
pub(super) fn limits(view: &CaseView<'_>, out: &mut Findings) {
    if let Some(limit) = view.seen.bounds.idle_limit_ms {
        idle(view, limit, out);
    }
    if let Some(limit) = view.seen.bounds.memory_limit_mb {
        memory(view, limit.saturating_mul(1 << 20), out);
    }
}

fn idle(view: &CaseView<'_>, limit_ms: u64, out: &mut Findings) {
    let limit = Duration::from_millis(limit_ms);
    let last = view.seen.builds.last().map_or(Duration::ZERO, |build| build.began);
    let last = last.saturating_add(NEAR);
    for (session, exchange) in view.exchanges.iter().enumerate() {
        let seen = &view.seen.sessions[session];
        for request in &exchange.requests {
            let is_last = |answer: &&Answer| open_at(exchange, answer.at) == 0;
            let Some(answer) = request.answer.as_ref().filter(is_last) else { continue };
            let next = exchange.requests.iter().find(|next| next.at > answer.at);
            let until = next.map(|next| (next.at, next.event)).or_else(|| asked_to_end(seen));
            let Some((until, event)) = until else { continue };
            let idle = until.saturating_sub(answer.at);
            // C-026: "A client ends workers that have been idle for longer than a time that the user can set."
            if idle > limit.saturating_add(SLACK) {
                let violation = ClientViolation::IdleTooLong { ms: idle.as_millis() as u64, limit_ms };
                out.violate_in(session, &[answer.event, event], violation);
            } else if next.is_none() && idle >= limit && until < last {
                // It was ended while the client had more to do.
                out.uphold(ids::IDLE);
            }
        }
    }
}

/// Idle workers are ended when all together need too much, and working ones are not as long as there is another one.
fn memory(view: &CaseView<'_>, limit: u64, out: &mut Findings) {
    let sessions = &view.seen.sessions;
    let mut moments: Vec<Duration> = took(sessions).map(|(_, at, _)| at).collect();
    moments.sort_unstable();
    for moment in moments {
        let of = |session: usize| {
            let latest = took(sessions).filter(|(of, at, _)| *of == session && *at <= moment).last();
            latest.filter(|_| sessions[session].over() > moment).map_or(0, |(_, _, bytes)| bytes)
        };
        let total = (0..sessions.len()).map(of).fold(0, u64::saturating_add);
        if total <= limit {
            continue;
        }
        let idle: Vec<usize> = (0..sessions.len())
            .filter(|session| of(*session) > 0 && open_at(&view.exchanges[*session], moment) == 0)
            .collect();
        if idle.is_empty() {
            continue;
        }
        // A working one that went while an idle one was there.
        let working = (0..sessions.len()).find_map(|session| {
            let (at, event) = asked_to_end(&sessions[session])?;
            let had_time = idle.iter().any(|other| *other != session && sessions[*other].over() > at);
            let busy = at > moment && open_at(&view.exchanges[session], at) > 0;
            (busy && had_time).then_some((session, event))
        });
        let kept = idle.iter().find(|session| sessions[**session].over() > moment.saturating_add(SLACK));
        // C-027: "A client can be given a limit for the memory of all its workers together, and keeps to it by ending
        // idle workers before working ones."
        match (working, kept) {
            (Some((session, event)), _) => out.violate_in(session, &[event], ClientViolation::WorkingEnded),
            (None, Some(session)) => {
                out.violate_in(*session, &[], ClientViolation::MemoryKept { total, limit });
            }
            (None, None) => out.uphold(ids::MEMORY_LIMIT),
        }
    }
}

/// Each time that a process took memory: which, when and how much it has.
fn took(sessions: &[ProcessHistory]) -> impl Iterator<Item = (usize, Duration, u64)> {
    sessions.iter().enumerate().flat_map(|(session, seen)| {
        seen.events.iter().filter_map(move |Timed { at, event }| match event {
            Event::Took(bytes) => Some((session, *at, *bytes)),
            _ => None,
        })
    })
}

/// How many requests are open at a moment, those not counted that are answered in it.
fn open_at(exchange: &Exchange, moment: Duration) -> usize {
    exchange.requests.iter().filter(|request| request.at <= moment && request.ended() > moment).count()
}

/// When a process was asked to end, and by which event.
fn asked_to_end(seen: &ProcessHistory) -> Option<(Duration, usize)> {
    let place = seen.events.iter().position(|timed| timed.event.asks_to_end())?;
    Some((seen.events[place].at, place))
}
