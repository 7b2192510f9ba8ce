//! The queue of events between the two directions and the judge: in order, with times. A direction never waits for the judge.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use crate::history::{Event, Timed};

/// Bytes that may wait for the judge.
const BYTES: usize = 32 << 20;
/// Events that may wait for the judge.
const EVENTS: usize = 16 * 1024;

/// The end into which the directions put what happened.
#[derive(Debug)]
pub(super) struct EventSender {
    events: SyncSender<Message>,
    waiting: Arc<AtomicUsize>,
    /// The judge fell behind and an event was lost, so what comes now would have no beginning.
    broken: Arc<AtomicBool>,
    /// Held while an event gets its time and its place, so that both directions are in one order.
    started: Mutex<Instant>,
}

/// The end that the judge reads.
#[derive(Debug)]
pub(super) struct EventReceiver {
    /// When the times of events begin.
    pub(super) began: SystemTime,
    events: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    broken: Arc<AtomicBool>,
}

#[derive(Debug)]
enum Message {
    Event(Timed),
    End,
}

/// Both ends of a new queue.
pub(super) fn queue() -> (EventSender, EventReceiver) {
    let began = SystemTime::now();
    let (sender, receiver) = sync_channel(EVENTS);
    let (waiting, broken) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
    let to_judge = EventSender {
        events: sender,
        waiting: Arc::clone(&waiting),
        broken: Arc::clone(&broken),
        started: Mutex::new(Instant::now()),
    };
    (to_judge, EventReceiver { began, events: receiver, waiting, broken })
}

impl EventSender {
    /// Tells what happened. An event that does not fit is lost, and so is everything behind it.
    pub(super) fn tell(&self, event: Event) {
        let size = size(&event);
        let started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if self.broken.load(Ordering::Relaxed) {
            return;
        }
        let fits = self.waiting.fetch_add(size, Ordering::Relaxed) + size <= BYTES;
        let timed = Timed { at: started.elapsed(), event };
        if !fits || self.events.try_send(Message::Event(timed)).is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Tells that nothing more happens. Waits until the queue has room for that.
    pub(super) fn end(&self) {
        // A judge that has ended needs not be told.
        let _ = self.events.send(Message::End);
    }
}

impl EventReceiver {
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
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
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
        let (sender, receiver) = queue();
        sender.tell(Event::Sent(vec![0; BYTES]));
        sender.tell(Event::Received(vec![1]));
        sender.tell(Event::StdoutClosed);
        assert!(receiver.is_broken());
        assert!(matches!(receiver.next().unwrap().event, Event::Sent(bytes) if bytes.len() == BYTES));
        sender.tell(Event::StdinClosed);
        sender.end();
        assert!(receiver.next().is_none(), "the end is told all the same");
    }

    #[test]
    fn times_and_order_agree() {
        let (sender, receiver) = queue();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..500).for_each(|_| sender.tell(Event::Sent(vec![0]))));
            }
        });
        sender.end();
        let times: Vec<_> = std::iter::from_fn(|| receiver.next()).map(|timed| timed.at).collect();
        assert_eq!(times.len(), 1000);
        assert!(times.is_sorted());
    }

    #[test]
    fn nobody_waits_for_a_judge_that_is_gone() {
        let (sender, receiver) = queue();
        drop(receiver);
        sender.tell(Event::StdinClosed);
        sender.end();
    }
}
