//! Limits for workers that nobody needs at the moment: spec/src/client/pools.md.

use super::observation::{Session, SessionEvent};
use super::picture::Picture;
use super::talk::Talk;
use super::{ClientViolation, ids};
use crate::oracle::finding::Findings;

/// How much later than its limit says a client may act, in microseconds: it looks from time to time, and machines are busy.
const SLACK: u64 = 3_000_000;

/// How exactly the begin of a build is known, in microseconds.
const NEAR: u64 = 100_000;

pub(super) fn judge(picture: &Picture<'_>, out: &mut Findings) {
    if let Some(limit) = picture.seen.bounds.idle_limit_ms {
        idle(picture, limit, out);
    }
    if let Some(limit) = picture.seen.bounds.memory_limit {
        memory(picture, limit, out);
    }
}

/// No worker is idle for longer than the limit.
fn idle(picture: &Picture<'_>, limit_ms: u64, out: &mut Findings) {
    let last = picture.seen.builds.last().map_or(0, |build| build.began) + NEAR;
    for (session, talk) in picture.talks.iter().enumerate() {
        let seen = &picture.seen.sessions[session];
        for asked in &talk.asked {
            let Some(answer) = asked.answer.as_ref().filter(|answer| open_at(talk, answer.at) == 0) else {
                continue;
            };
            let next = talk.asked.iter().find(|next| next.at > answer.at).map(|next| (next.at, next.event));
            let asked_to_end = asked_to_end(seen);
            let (until, event) = match (next, asked_to_end) {
                (Some(next), _) => next,
                (None, Some(end)) => end,
                (None, None) => continue,
            };
            let idle = until.saturating_sub(answer.at);
            if idle > limit_ms * 1000 + SLACK {
                let violation = ClientViolation::IdleTooLong { ms: idle / 1000, limit_ms };
                out.violate_in(session, &[answer.event, event], violation);
            } else if next.is_none() && idle >= limit_ms * 1000 && until < last {
                // It was ended while the client had more to do.
                out.uphold(ids::IDLE);
            }
        }
    }
}

/// Idle workers are ended when all together need too much, and working ones are not as long as there is another one.
fn memory(picture: &Picture<'_>, limit: u64, out: &mut Findings) {
    let sessions = &picture.seen.sessions;
    let mut moments: Vec<u64> = took(sessions).map(|(_, at, _)| at).collect();
    moments.sort_unstable();
    for moment in moments {
        let of = |session: usize| {
            let latest = took(sessions).filter(|(of, at, _)| *of == session && *at <= moment).last();
            latest.filter(|_| sessions[session].over() > moment).map_or(0, |(_, _, bytes)| bytes)
        };
        let total: u64 = (0..sessions.len()).map(of).sum();
        if total <= limit {
            continue;
        }
        let idle: Vec<usize> = (0..sessions.len())
            .filter(|session| of(*session) > 0 && open_at(&picture.talks[*session], moment) == 0)
            .collect();
        if idle.is_empty() {
            continue;
        }
        // A working one that went while an idle one was there.
        let working = (0..sessions.len()).find_map(|session| {
            let (at, event) = asked_to_end(&sessions[session])?;
            let had_time = idle.iter().any(|other| *other != session && sessions[*other].over() > at);
            let busy = at > moment && open_at(&picture.talks[session], at) > 0;
            (busy && had_time).then_some((session, event))
        });
        let kept = idle.iter().find(|session| sessions[**session].over() > moment + SLACK);
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
fn took(sessions: &[Session]) -> impl Iterator<Item = (usize, u64, u64)> {
    sessions.iter().enumerate().flat_map(|(session, seen)| {
        seen.events.iter().filter_map(move |(at, event)| match event {
            SessionEvent::Took(bytes) => Some((session, *at, *bytes)),
            _ => None,
        })
    })
}

/// How many requests are open at a moment, those not counted that are answered in it.
fn open_at(talk: &Talk, moment: u64) -> usize {
    talk.asked.iter().filter(|asked| asked.at <= moment && asked.ended() > moment).count()
}

/// When a process was asked to end, and by which event.
fn asked_to_end(seen: &Session) -> Option<(u64, usize)> {
    let end = |(_, event): &(u64, SessionEvent)| matches!(event, SessionEvent::Eof | SessionEvent::Signal(_));
    let place = seen.events.iter().position(end)?;
    Some((seen.events[place].0, place))
}
