//! What the two directions tell the judge: in order, with times, and never waiting for it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use crate::history::{Event, Timed};

/// Bytes that may wait for the judge.
const BYTES: usize = 32 << 20;
/// Events that may wait for the judge.
const EVENTS: usize = 16 * 1024;

/// The end that tells.
#[derive(Debug)]
pub(super) struct Tape {
    events: SyncSender<Message>,
    waiting: Arc<AtomicUsize>,
    /// The judge fell behind, so what comes now would have no beginning.
    torn: Arc<AtomicBool>,
    /// Held while an event gets its time and its place, so that both directions are in one order.
    started: Mutex<Instant>,
}

/// The end that the judge reads.
#[derive(Debug)]
pub(super) struct Listener {
    /// When the times of events begin.
    pub(super) began: SystemTime,
    events: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    torn: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Message {
    Event(Timed),
    End,
}

/// Both ends of a new tape.
pub(super) fn tape() -> (Tape, Listener) {
    let began = SystemTime::now();
    let (sender, receiver) = sync_channel(EVENTS);
    let (waiting, torn) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let tape = Tape {
        events: sender,
        waiting: Arc::clone(&waiting),
        torn: Arc::clone(&torn),
        started: Mutex::new(Instant::now()),
    };
    (tape, Listener { began, events: receiver, waiting, torn })
}

impl Tape {
    /// Tells what happened. What does not fit is lost, and everything behind it.
    pub(super) fn tell(&self, event: Event) {
        let size = size(&event);
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if self.torn.load(Ordering::Relaxed) {
            return;
        }
        let fits = self.waiting.fetch_add(size, Ordering::Relaxed) + size <= BYTES;
        let timed = Timed { at: started.elapsed(), event };
        if !fits || self.events.try_send(Message::Event(timed)).is_err() {
            self.torn.store(true, Ordering::Relaxed);
        }
    }

    /// Nothing more happens. Waits until the judge has room to hear it.
    pub(super) fn end(&self) {
        // A judge that is gone needs not be told.
        let _ = self.events.send(Message::End);
    }
}

impl Listener {
    /// The next event; [`None`] behind the last one.
    pub(super) fn next(&self) -> Option<Timed> {
        match self.events.recv() {
            Ok(Message::Event(timed)) => {
                self.waiting.fetch_sub(size(&timed.event), Ordering::Relaxed);
                Some(timed)
            }
            Ok(Message::End) | Err(_) => None,
        }
    }

    /// Whether events were lost behind the last one.
    pub(super) fn is_torn(&self) -> bool {
        self.torn.load(Ordering::Relaxed)
    }
}

/// Bytes that an event carries.
fn size(event: &Event) -> usize {
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
        let (tape, listener) = tape();
        tape.tell(Event::Sent(vec![0; BYTES]));
        tape.tell(Event::Received(vec![1]));
        tape.tell(Event::StdoutClosed);
        assert!(listener.is_torn());
        assert!(matches!(listener.next().unwrap().event, Event::Sent(bytes) if bytes.len() == BYTES));
        tape.tell(Event::StdinClosed);
        tape.end();
        assert!(listener.next().is_none(), "the end is told all the same");
    }

    #[test]
    fn times_and_order_agree() {
        let (tape, listener) = tape();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..500).for_each(|_| tape.tell(Event::Sent(vec![0]))));
            }
        });
        tape.end();
        let times: Vec<_> = std::iter::from_fn(|| listener.next()).map(|timed| timed.at).collect();
        assert_eq!(times.len(), 1000);
        assert!(times.is_sorted());
    }

    #[test]
    fn nobody_waits_for_a_judge_that_is_gone() {
        let (tape, listener) = tape();
        drop(listener);
        tape.tell(Event::StdinClosed);
        tape.end();
    }
}
