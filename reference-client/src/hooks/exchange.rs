//! What is written to one worker, and what its bytes mean.

use pwp_proto::{Framing, Note, NoteKind, WorkRequest, WorkResponse, encode};

use crate::ended::WorkerFault;

/// What a worker fault leads to.
#[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only faults do anything but end the worker"))]
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reaction {
    /// The worker is ended, and all that is open with it.
    EndWorker,
    /// The open requests fail, and the worker is used on.
    FailRequests,
    /// The client goes on as if nothing had happened.
    Ignore,
}

/// What a client decides about the messages of one worker process. There is one value for each process.
pub(crate) trait ExchangeHooks: Send + Sync {
    /// The id of a new request (C-045, C-047, C-048, C-050). `open`: how many requests are open.
    fn request_id(&mut self, id: i32, _open: usize) -> i32 {
        id
    }

    /// A message is about to be encoded.
    fn message(&mut self, _message: &mut WorkRequest) {}

    /// The bytes of a message (C-046, C-057, C-058).
    fn encode(&mut self, framing: Framing, message: &WorkRequest) -> Vec<u8> {
        encode(framing, message)
    }

    /// The cancel request for an open request.
    fn cancel_request(&mut self, request_id: i32) -> WorkRequest {
        // C-096: "A cancel request has `cancel` true, the `request_id` of the request that it is meant for, and neither arguments nor inputs."
        WorkRequest { request_id, cancel: true, ..WorkRequest::default() }
    }

    /// A message to send after a response: none (C-097).
    fn after_response(&mut self, _request_id: i32) -> Option<WorkRequest> {
        None
    }

    /// Whether the rest of a request that was begun is written, whatever becomes of its action (C-056).
    fn completes_requests(&self) -> bool {
        true
    }

    /// Whether what was read is looked at now. `pending`: the bytes that are no frame yet; `open`: how many requests are open (C-062, C-073).
    fn takes_frames(&self, _framing: Framing, _pending: &[u8], _open: usize) -> bool {
        true
    }

    /// Whether a response is taken, and not dropped.
    fn takes_response(&mut self, _response: &WorkResponse) -> bool {
        true
    }

    /// Whether a response with this peculiarity is malformed (C-063, C-064, C-072).
    fn is_malformed(&self, framing: Framing, note: &Note) -> bool {
        match note.kind {
            NoteKind::WrongWireType | NoteKind::WrongType | NoteKind::InvalidUtf8 => true,
            NoteKind::IntOutOfRange => framing == Framing::Json,
            // C-072: "A client ignores fields and names of a response that it does not know."
            _ => false,
        }
    }

    /// The id of the request that a response with `id` answers, among the ids that are open (C-060, C-061).
    fn answered_id(&self, id: i32, _multiplex: bool, _open: &mut dyn Iterator<Item = i32>) -> i32 {
        id
    }

    /// What is wrong with a response to an open request. `cancelled`: the client has cancelled the request (C-099).
    fn wrong_response(&self, response: &WorkResponse, cancelled: bool) -> Option<WorkerFault> {
        // C-100: "A response with `was_cancelled` true to a request that the client has not cancelled is a worker fault, whatever else the response
        // says."
        (response.was_cancelled && !cancelled).then_some(WorkerFault::NotCancelled(response.request_id))
    }

    /// What a worker fault leads to (C-063).
    fn reaction(&self, _fault: &WorkerFault) -> Reaction {
        Reaction::EndWorker
    }
}
