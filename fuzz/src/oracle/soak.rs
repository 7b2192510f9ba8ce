//! A history over and over, as in a build that takes days.
//!
//! Input: see `history.rs`. What stays in flight for ever is left out: pieces of messages, requests without answer.

use std::time::Duration;

use pwp::history::{Event, Timed};
use pwp::oracle::Oracle;
use pwp_proto::{Framing, WorkResponse, encode};

use crate::memory::live;

use super::history::{Builder, Op};

/// Most steps of a round.
const LONGEST: usize = 12;
/// Rounds after which nothing may grow any more: more than answers and cancels are remembered.
const ROUNDS: usize = 1100;
/// The same with files, of which more are.
const ROUNDS_WITH_FILES: usize = 4200;
/// Time between two rounds.
const PAUSE: Duration = Duration::from_millis(10);

/// One round: its events, and the ids to answer at its end.
struct Round {
    events: Vec<Timed>,
    ids: Vec<i32>,
    /// The time that it takes.
    takes: Duration,
}

/// Judges a history of thousands of rounds.
///
/// # Panics
/// Where the second half of the rounds makes the judge keep more than the first.
pub fn soak(data: &[u8]) {
    let (start, mut builder) = Builder::new(data);
    let dialect = builder.dialect();
    let round = round(&mut builder);
    if round.events.is_empty() {
        return;
    }
    let files = round.events.iter().any(|timed| matches!(timed.event, Event::File { .. }));
    let rounds = if files { ROUNDS_WITH_FILES } else { ROUNDS };
    let before = live();
    let mut oracle = Oracle::new();
    oracle.observe(&start);
    let mut now = Duration::ZERO;
    let mut half = 0;
    for number in 1..=2 * rounds {
        for timed in &round.events {
            oracle.observe(&Timed { at: now + timed.at, event: timed.event.clone() });
        }
        now += round.takes + PAUSE;
        for id in &round.ids {
            if oracle.open_requests() > 0 {
                oracle.observe(&Timed { at: now, event: answer(dialect, *id) });
            }
        }
        if oracle.open_requests() > 0 {
            // These stay in flight.
            return;
        }
        if number == rounds {
            half = live() - before;
        }
    }
    let kept = live() - before;
    assert!(kept <= half + half / 8 + 2048, "{half} bytes after {rounds} rounds, {kept} after twice as many");
}

/// What happens in each round.
fn round(builder: &mut Builder<'_>) -> Round {
    let mut round = Round { events: Vec::new(), ids: Vec::new(), takes: Duration::ZERO };
    for _ in 0..LONGEST {
        let Some((op, events)) = builder.step() else { break };
        let left_out = match op {
            // An outcome waits for its request; bytes and text may be the start of a message that never ends.
            Op::Expected | Op::RawSent | Op::RawReceived | Op::Text | Op::Started => true,
            _ => false,
        };
        if left_out {
            continue;
        }
        round.ids.extend(builder.requested);
        round.takes = round.takes.max(events.iter().map(|timed| timed.at).max().unwrap_or_default());
        round.events.extend(events);
    }
    round.events.extend(builder.flush());
    round
}

fn answer(dialect: Framing, id: i32) -> Event {
    Event::Received(encode(dialect, &WorkResponse { request_id: id, ..WorkResponse::default() }))
}
