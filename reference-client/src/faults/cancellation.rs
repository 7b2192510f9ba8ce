//! Faults of giving up requests.

use std::collections::HashMap;

use pwp_proto::WorkRequest;

use super::hook::{CANCELLATION, Fault, MULTIPLEX, action, exchange, strategy};
use super::overrides::{AfterResponse, Declares, GivesUp, WrongResponse};
use super::starting::and_declares;
use crate::ended::WorkerFault;
use crate::hooks::{ActionHooks as _, ExchangeHooks, GiveUp, NoHooks};
use crate::spawn::Requirements;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "cancel-undeclared",
        "sends cancel requests to workers whose action does not declare `cancellation`",
        &["C-095"],
        strategy(&Declares(|declared| {
            and_declares(declared, Requirements::SUPPORTS_WORKER_CANCELLATION, "1")
        })),
    )
    .may_also_break(&[
        ("C-098", "a worker that takes the cancel request for work answers once more"),
        ("C-107", "a worker that ends at a cancel request takes the others with it"),
    ]),
    Fault::new(
        "cancel-copies-request",
        "sends the whole request again with `cancel` set",
        &["C-096"],
        exchange(|| Box::new(CopiesRequest(HashMap::new()))),
    )
    .with(CANCELLATION),
    Fault::new(
        "late-cancel",
        "sends a cancel request for each request whose response it has read",
        &["C-097"],
        exchange(|| Box::new(AfterResponse(|request_id| Some(NoHooks.cancel_request(request_id))))),
    )
    .with(CANCELLATION),
    Fault::new(
        "forget-given-up",
        "takes a request that it gives up as ended, and its worker as idle",
        &["C-098"],
        action(&GivesUp(|_| GiveUp::Forget)),
    )
    .may_also_break(&[
        ("C-021", "the worker has more open requests than are counted"),
        ("C-029", "a worker that never answers keeps its place for ever"),
        ("C-046", "the next request is written while the first one is open"),
        ("C-060", "the response is given to the next request"),
        ("C-069", "the next action ends as the response to the first one says"),
        ("C-080", "nobody waits, so no limit is kept"),
        ("C-103", "the directory is used for the next request"),
        ("C-111", "the directory holds files of the first request"),
        ("C-122", "the loser is told nothing"),
    ]),
    Fault::new(
        "cancelled-is-fault",
        "takes an ordinary response to a cancelled request for a worker fault",
        &["C-099"],
        exchange(|| {
            Box::new(WrongResponse(|response, cancelled| {
                let is_ordinary = cancelled && !response.was_cancelled;
                let fault = || NoHooks.wrong_response(response, cancelled);
                is_ordinary.then_some(WorkerFault::UnknownId(response.request_id)).or_else(fault)
            }))
        }),
    )
    .with(CANCELLATION),
    Fault::new(
        "accept-unasked-cancel",
        "takes a response with `was_cancelled` for an ordinary one",
        &["C-100"],
        exchange(|| Box::new(WrongResponse(|_, _| None))),
    ),
    Fault::new(
        "clean-while-open",
        "removes the outputs of a request that it gives up while the worker still writes",
        &["C-103"],
        action(&GivesUp(|request| {
            for output in request.outputs {
                let _ = std::fs::remove_file(request.directory.join(output));
            }
            NoHooks.give_up(request)
        })),
    ),
    Fault::new(
        "give-up-ends-worker",
        "ends the worker of every request that it gives up",
        &["C-107"],
        action(&GivesUp(|_| GiveUp::EndWorker)),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-099", "a worker that would have answered is ended"),
        ("C-122", "the worker of the branch that has lost is ended"),
    ]),
];

/// The last request with each id.
struct CopiesRequest(HashMap<i32, WorkRequest>);

impl ExchangeHooks for CopiesRequest {
    fn message(&mut self, message: &mut WorkRequest) {
        self.0.insert(message.request_id, message.clone());
    }

    fn cancel_request(&mut self, request_id: i32) -> WorkRequest {
        let request = self.0.remove(&request_id).unwrap_or_default();
        WorkRequest { request_id, cancel: true, ..request }
    }
}
