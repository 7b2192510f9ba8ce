//! Both streams of one process.

use pwp_proto::Framing;

use crate::history::{Event, Timed};
use crate::oracle::WorkerViolation;

use crate::oracle::wire::{CallId, Lines, Message, Reading, Unfinished, Wire};

use super::names::Names;
use super::requests::Requests;
use super::responses::Responses;

#[derive(Debug)]
pub(crate) struct Stdio {
    names: Names,
    requests: Requests,
    responses: Responses,
    /// What was taken last came from the client.
    is_from_client: bool,
}

impl Stdio {
    pub(crate) fn new(framing: Framing, reading: Reading) -> Self {
        Self {
            names: Names::default(),
            requests: Requests::new(framing, reading),
            responses: Responses::new(framing, reading),
            is_from_client: true,
        }
    }
}

impl Wire for Stdio {
    fn take(&mut self, timed: &Timed) {
        match &timed.event {
            Event::Sent(bytes) => {
                self.is_from_client = true;
                self.requests.push(bytes, timed.at);
            }
            Event::Received(bytes) => {
                self.is_from_client = false;
                self.responses.push(bytes, &self.names);
            }
            _ => {}
        }
    }

    fn next_message(&mut self) -> Option<Message> {
        if self.is_from_client {
            self.requests.next_message(&mut self.names)
        } else {
            self.responses.next_message(&mut self.names)
        }
    }

    fn close(&mut self, call: CallId, id: i32) {
        self.names.close(call, id);
    }

    fn give_up(&mut self) {
        self.responses.is_desynchronised = true;
    }

    fn is_desynchronised(&self) -> bool {
        self.responses.is_desynchronised
    }

    fn unfinished(&self) -> Unfinished {
        self.requests.unfinished()
    }

    fn has_begun_response(&self) -> bool {
        self.responses.has_begun()
    }

    fn held(&self) -> usize {
        self.requests.held() + self.responses.held()
    }

    fn leave_off(&mut self) -> Option<WorkerViolation> {
        self.responses.leave_off()
    }

    fn between_responses(&self) -> Option<&'static str> {
        self.responses.between()
    }

    fn is_clean(&self) -> bool {
        self.responses.is_clean()
    }

    fn lines(&self) -> Option<Lines> {
        self.requests.lines()
    }

    fn speaks_another(&self) -> bool {
        self.requests.speaks_another()
    }
}
