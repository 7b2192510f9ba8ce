//! Reads what a worker writes, judges it, and gives each response to its call. The first fault ends the worker.

use pwp_proto::{FrameReader, Framing, WorkResponse};
use rustix::io::Errno;

use super::connection::{Closing, Outgoing, READ, State, Waiter, WorkerConnection};
use crate::ended::{Cause, EXCERPT, WorkerFault};
use crate::hooks::Reaction;

/// The result of one read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Read {
    /// More bytes may be there.
    More,
    /// The pipe is empty.
    Empty,
    /// The stream has ended, or the worker is to be ended.
    End,
}

impl WorkerConnection {
    /// Reads all that is there while no request is open.
    ///
    /// C-062: "A client never takes bytes that a worker wrote while no request was open as part of the response to a later request."
    /// C-087: "A worker that has ended while it was idle is replaced, and no action fails because of it."
    pub(super) fn read_while_idle(&self, state: &mut State) {
        while !state.at_end {
            match self.read(state) {
                Read::More => {}
                Read::Empty => return,
                Read::End => state.at_end = true,
            }
        }
    }

    pub(super) fn read(&self, state: &mut State) -> Read {
        let count = match rustix::io::read(&self.output, &mut state.buffer[..]) {
            Ok(0) => return Read::End,
            Ok(count) => count,
            Err(Errno::AGAIN) => return Read::Empty,
            Err(Errno::INTR) => return Read::More,
            Err(_) => return Read::End,
        };
        self.note_output();
        state.frames.push(&state.buffer[..count]);
        if !self.judge(state) {
            return Read::End;
        }
        if count == READ { Read::More } else { Read::Empty }
    }

    /// Gives every whole frame to its call. Returns whether the worker can be used on.
    fn judge(&self, state: &mut State) -> bool {
        loop {
            let open = state.exchange.open.len();
            if !(state.exchange.hooks.takes_frames)(self.framing, state.frames.pending(), open) {
                return true;
            }
            let frame = match state.frames.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) if open > 0 || state.frames.pending().is_empty() => return true,
                unreadable => {
                    let fault = unreadable.err().map_or(WorkerFault::Unasked, WorkerFault::Frame);
                    let excerpt = excerpt(state.frames.pending());
                    return self.fault(state, fault, excerpt);
                }
            };
            match state.exchange.response(&frame.body) {
                Ok(Some((waiter, response))) => self.answer(state, waiter, response),
                Ok(None) => {}
                Err(fault) => {
                    let fault = if open == 0 { WorkerFault::Unasked } else { fault };
                    // The length is what text begins with, if text was taken for a frame.
                    let mut bytes = match self.framing {
                        Framing::Proto => pwp_proto::frame::length_prefix(frame.body.len()),
                        Framing::Json => Vec::new(),
                    };
                    bytes.extend(excerpt(&frame.body));
                    bytes.extend(excerpt(state.frames.pending()));
                    if !self.fault(state, fault, excerpt(&bytes)) {
                        return false;
                    }
                }
            }
        }
    }

    fn answer(&self, state: &mut State, waiter: Waiter, response: WorkResponse) {
        let id = response.request_id;
        // C-097: "A client never begins to write a cancel request for a request whose response it has read."
        state.queue.retain(|outgoing| !(outgoing.cancel && outgoing.id == id && outgoing.done == 0));
        // Nobody may wait any more; the request has ended all the same.
        let _ = waiter.send(Ok(response));
        if let Some(message) = (state.exchange.hooks.after_response)(id).filter(|_| self.cancellation) {
            let cancel = message.cancel;
            let bytes = state.exchange.encode(message);
            self.enqueue(state, Outgoing { bytes, done: 0, id, cancel });
        }
    }

    /// The worker has broken its side of the session. Returns whether it is used on.
    ///
    /// C-063: "After a malformed response, or another worker fault, a client takes nothing more from the worker, sends it no further
    /// request, and ends it."
    fn fault(&self, state: &mut State, fault: WorkerFault, excerpt: Vec<u8>) -> bool {
        let reaction = (state.exchange.hooks.reaction)(&fault);
        let is_unreadable = matches!(fault, WorkerFault::Frame(_));
        let closing = Closing { cause: Cause::Fault(fault), excerpt };
        match reaction {
            Reaction::EndWorker => self.close_locked(state, closing),
            Reaction::FailRequests => {
                let ended = self.describe_end(closing, None, true);
                state.fail_open(&ended, u64::MAX);
                if is_unreadable {
                    state.frames = FrameReader::new(self.framing, self.limits.frame);
                }
            }
            Reaction::Ignore => {}
        }
        reaction != Reaction::EndWorker
    }
}

/// The first bytes, as many as a message shows.
fn excerpt(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(EXCERPT)].to_vec()
}
