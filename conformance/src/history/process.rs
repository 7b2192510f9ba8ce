//! What a process of the probe writes down of itself: how it was started, and what happened then.

use std::time::Duration;

use pwp_proto::Framing;

use super::event::{Event, ProcessStart, Timed};
use super::sniff::Sniffer;

/// The whole history of one process of the probe.
///
/// All times are on the monotonic clock that the processes of a machine share, so histories can be compared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessHistory {
    /// When the process was started.
    pub started: Duration,
    /// How it was started. The process ID is 0 if the process was ended before it could write that down.
    pub start: ProcessStart,
    /// What happened then, in order.
    pub events: Vec<Timed>,
}

impl From<Vec<Timed>> for ProcessHistory {
    fn from(record: Vec<Timed>) -> Self {
        let mut process = Self::default();
        for timed in record {
            match timed.event {
                Event::ProcessStarted(start) => (process.started, process.start) = (timed.at, start),
                _ => process.events.push(timed),
            }
        }
        process
    }
}

impl ProcessHistory {
    /// Whether the process was started to be a worker.
    pub fn is_worker(&self) -> bool {
        self.start.argv.iter().any(|argument| argument == "--persistent_worker")
    }

    /// The framing in which the client speaks to the process, if its first bytes tell.
    pub fn framing(&self) -> Option<Framing> {
        let mut sniffer = Sniffer::new(None);
        self.events.iter().find_map(|timed| match &timed.event {
            Event::Sent(bytes) => sniffer.push(bytes).map(|sniffed| sniffed.framing),
            _ => None,
        })
    }

    /// Whether the process says that it ends by itself.
    pub fn exits(&self) -> bool {
        self.events.iter().any(|timed| timed.event.exits())
    }

    /// The event that says that the process is at its end: the end of its input, a signal, or that it ends by itself.
    pub fn end(&self) -> Option<&Timed> {
        let is_end = |timed: &&Timed| timed.event.asks_to_end() || timed.event.exits();
        self.events.iter().find(is_end)
    }

    /// When the process came to its [end](Self::end), or was heard of for the last time.
    pub fn over(&self) -> Duration {
        self.end().or_else(|| self.events.last()).map_or(self.started, |timed| timed.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{InputState, Signal};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let start =
            ProcessStart { pid: 7, argv: vec!["--persistent_worker".into()], ..ProcessStart::default() };
        let inputs = vec![("a.src".to_owned(), InputState::File("00ff".into()))];
        let events = [
            Event::ProcessStarted(start.clone()),
            Event::Sent(vec![0, 0xff]),
            Event::Looked { request: 1, inputs, files: None },
            Event::Signalled(Signal::Hup),
            Event::StdinClosed,
            Event::Exiting { status: None, why: "the scenario says so".into() },
        ];
        let timed = |(place, event)| Timed { at: Duration::from_micros(place as u64), event };
        let written: Vec<Timed> = events.into_iter().enumerate().map(timed).collect();
        let line = |timed| serde_json::to_string(timed).unwrap();
        assert_eq!(line(&written[1]), r#"{"at_us":1,"event":{"sent":"00ff"}}"#);
        let read = written.iter().map(|timed| serde_json::from_str(&line(timed)).unwrap());
        let process = ProcessHistory::from(read.collect::<Vec<_>>());
        assert_eq!((&process.start, process.started), (&start, Duration::ZERO));
        assert_eq!(process.events, written[1..]);
        assert_eq!(process.end(), Some(&written[3]));
        assert_eq!(process.over(), Duration::from_micros(3));
    }
}
