//! Writing requests: whole frames, at once where the pipe takes them, and otherwise by the driver.

use pwp_proto::{EncodeOptions, Framing, WorkRequest, encode, encode_with};

use super::session::Session;
use super::state::{Flushed, Outgoing, State};
use crate::faults::Kind;

impl Session {
    pub(super) fn encode(&self, request: &WorkRequest) -> Vec<u8> {
        if self.faults.has(Kind::NoNewline) {
            return encode_with(
                self.dialect,
                request,
                &EncodeOptions { newline: false, ..Default::default() },
            );
        }
        let mut bytes = encode(self.dialect, request);
        if self.faults.has(Kind::MalformedRequest) {
            match self.dialect {
                Framing::Json => bytes.splice(bytes.len() - 2.., *b",}\n").for_each(drop),
                _ => {
                    let prefix = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
                    let body = [&bytes[prefix..], b"\x1a\x01x"].concat();
                    bytes.clear();
                    pwp_proto::frame::write_proto(&body, &mut bytes);
                }
            }
        }
        bytes
    }

    /// Writes at once what the pipe takes, and leaves the rest to the driver, so that nothing that becomes of the action can cut a
    /// frame short (C-056).
    pub(super) fn enqueue(&self, state: &mut State, outgoing: Outgoing) {
        let was_idle = state.queue.is_empty();
        state.queue.push_back(outgoing);
        if was_idle && self.flush(state) != Flushed::All {
            self.to_write.notify_one();
        }
    }

    /// Writes from the queue until it is empty or the pipe is full.
    pub(super) fn flush(&self, state: &mut State) -> Flushed {
        while let Some(first) = state.queue.front_mut() {
            let Some(input) = state.input.as_deref() else { return Flushed::All };
            if first.done == 0 && !first.cancel {
                state.exchange.started(first.id, state.written);
            }
            match rustix::io::write(input, &first.bytes[first.done..]) {
                Ok(count) => {
                    first.done += count;
                    state.written += count as u64;
                    if first.done == first.bytes.len() {
                        state.queue.pop_front();
                    }
                }
                Err(rustix::io::Errno::AGAIN) => return Flushed::Blocked,
                Err(rustix::io::Errno::INTR) => {}
                // The worker has closed its end. If it has ended, too, the driver says so instead.
                Err(_) => return Flushed::Refused,
            }
        }
        Flushed::All
    }

    /// Writes a cancel request for an open request, once.
    pub(super) fn cancel(&self, id: i32, copied: Option<&WorkRequest>) {
        let mut state = self.lock();
        if state.closing.is_none() && state.exchange.cancel(id) {
            let fresh = WorkRequest { request_id: id, ..WorkRequest::default() };
            let cancel = WorkRequest { cancel: true, ..copied.cloned().unwrap_or(fresh) };
            let bytes = self.encode(&cancel);
            self.enqueue(&mut state, Outgoing { bytes, done: 0, id, cancel: true });
        }
    }

    /// Takes a request back of which nothing was written yet. Whether that was so; it is not open then.
    pub(super) fn withdraw(&self, id: i32) -> bool {
        let mut state = self.lock();
        let unwritten = state.queue.iter().position(|outgoing| outgoing.id == id && outgoing.done == 0);
        if self.faults.has(Kind::CutRequest) && unwritten.is_none() {
            state.queue.retain(|outgoing| outgoing.id != id);
        }
        match unwritten {
            Some(place) => {
                state.queue.remove(place);
                state.exchange.forget(id);
                true
            }
            None => false,
        }
    }
}
