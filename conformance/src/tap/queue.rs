//! The queue of events between the two directions and the judge: in order, with times. A direction never waits for the judge.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use crate::history::{Event, Timed};

/// Bytes that may wait for the judge.
const BYTES: usize = 24 << 20;
/// Events that may wait for the judge.
const EVENTS: usize = 16 * 1024;

/// What happened and the judge has not read yet.
#[derive(Debug)]
pub(super) struct EventQueue {
    /// When the times of events begin.
    pub(super) began: SystemTime,
    started: Instant,
    waiting: Mutex<Waiting>,
    /// Something was added to what waits.
    added: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Timed>,
    bytes: usize,
    /// The judge fell behind and an event was lost, so what comes now would have no beginning.
    broken: bool,
    ended: bool,
}

impl EventQueue {
    pub(super) fn new() -> Self {
        let (waiting, added) = (Mutex::default(), Condvar::new());
        Self { began: SystemTime::now(), started: Instant::now(), waiting, added }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what happened. An event that does not fit is lost, and so is everything behind it.
    pub(super) fn tell(&self, event: Event) {
        let mut waiting = self.waiting();
        let bytes = waiting.bytes + size(&event);
        waiting.broken |= bytes > BYTES || waiting.events.len() == EVENTS;
        if !waiting.broken {
            waiting.bytes = bytes;
            // An event gets its time and its place at once, so that both directions are in one order.
            waiting.events.push_back(Timed { at: self.started.elapsed(), event });
            self.added.notify_one();
        }
    }

    /// Tells that nothing more happens.
    pub(super) fn end(&self) {
        self.waiting().ended = true;
        self.added.notify_one();
    }

    /// Waits for the next event; [`None`] behind the last one.
    pub(super) fn next(&self) -> Option<Timed> {
        let is_idle = |waiting: &mut Waiting| waiting.events.is_empty() && !waiting.ended;
        let waiting = self.added.wait_while(self.waiting(), is_idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let timed = waiting.events.pop_front()?;
        waiting.bytes -= size(&timed.event);
        Some(timed)
    }

    /// Whether events were lost behind the last one.
    pub(super) fn is_broken(&self) -> bool {
        self.waiting().broken
    }
}

/// Bytes that an event carries.
pub(super) fn size(event: &Event) -> usize {
    match event {
        Event::Sent(bytes) | Event::Received(bytes) => bytes.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_lost_with_all_behind_it() {
        let queue = EventQueue::new();
        queue.tell(Event::Sent(vec![0; BYTES]));
        queue.tell(Event::Received(vec![1]));
        queue.tell(Event::StdoutClosed);
        assert!(queue.is_broken());
        assert!(matches!(queue.next().unwrap().event, Event::Sent(bytes) if bytes.len() == BYTES));
        queue.tell(Event::StdinClosed);
        queue.end();
        assert!(queue.next().is_none(), "the end is told all the same");
    }

    #[test]
    fn times_and_order_agree() {
        let queue = EventQueue::new();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..500).for_each(|_| queue.tell(Event::Sent(vec![0]))));
            }
        });
        queue.end();
        let times: Vec<_> = std::iter::from_fn(|| queue.next()).map(|timed| timed.at).collect();
        assert_eq!(times.len(), 1000);
        assert!(times.is_sorted());
    }

    #[test]
    fn nobody_waits_for_a_judge_that_is_gone() {
        let queue = EventQueue::new();
        (0..=EVENTS).for_each(|_| queue.tell(Event::StdinClosed));
        queue.end();
        assert!(queue.is_broken());
        assert_eq!(std::iter::from_fn(|| queue.next()).count(), EVENTS);
    }
}
