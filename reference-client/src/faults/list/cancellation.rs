//! Faults of giving up requests.

use std::collections::HashMap;

use pwp_proto::WorkRequest;

use super::hook::Area::{Action, Exchange, Strategy};
use super::hook::{CANCELLATION, Fault, MULTIPLEX, fault};
use super::starting::and_declares;
use crate::ended::WorkerFault;
use crate::hooks::{GiveUp, cancel_request, give_up, wrong_response};
use crate::spawn::Requirements;

pub(super) const FAULTS: &[Fault] = &[
    fault("cancel-undeclared", &["C-095"])
        .about("sends cancel requests to workers whose action does not declare `cancellation`")
        .hook(Strategy(|hooks| {
            hooks.requirements =
                |declared| and_declares(declared, Requirements::SUPPORTS_WORKER_CANCELLATION, "1");
        }))
        .may_also_break(&[
            ("C-098", "a worker that takes the cancel request for work answers once more"),
            ("C-107", "a worker that ends at a cancel request takes the others with it"),
        ]),
    fault("cancel-copies-request", &["C-096"])
        .about("sends the whole request again with `cancel` set")
        .hook(Exchange(|hooks| {
            let mut requests = HashMap::<i32, WorkRequest>::new();
            hooks.message = Box::new(move |message| {
                let request_id = message.request_id;
                if message.cancel {
                    let request = requests.remove(&request_id).unwrap_or_default();
                    *message = WorkRequest { request_id, cancel: true, ..request };
                } else {
                    requests.insert(request_id, message.clone());
                }
            });
        }))
        .with(CANCELLATION),
    fault("late-cancel", &["C-097"])
        .about("sends a cancel request for each request whose response it has read")
        .hook(Exchange(|hooks| hooks.after_response = |request_id| Some(cancel_request(request_id))))
        .with(CANCELLATION),
    fault("forget-given-up", &["C-098"])
        .about("takes a request that it gives up as ended, and its worker as idle")
        .hook(Action(|hooks| hooks.give_up = |_| GiveUp::Forget))
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
    fault("cancelled-is-fault", &["C-099"])
        .about("takes an ordinary response to a cancelled request for a worker fault")
        .hook(Exchange(|hooks| {
            hooks.wrong_response = |response, cancelled| {
                let is_ordinary = cancelled && !response.was_cancelled;
                let otherwise = || wrong_response(response, cancelled);
                is_ordinary.then_some(WorkerFault::UnknownId(response.request_id)).or_else(otherwise)
            };
        }))
        .with(CANCELLATION),
    fault("accept-unasked-cancel", &["C-100"])
        .about("takes a response with `was_cancelled` for an ordinary one")
        .hook(Exchange(|hooks| hooks.wrong_response = |_, _| None)),
    fault("clean-while-open", &["C-103"])
        .about("removes the outputs of a request that it gives up while the worker still writes")
        .hook(Action(|hooks| {
            hooks.give_up = |request| {
                for output in request.outputs {
                    let _ = std::fs::remove_file(request.directory.join(output));
                }
                give_up(request)
            };
        })),
    fault("give-up-ends-worker", &["C-107"])
        .about("ends the worker of every request that it gives up")
        .hook(Action(|hooks| hooks.give_up = |_| GiveUp::EndWorker))
        .with(MULTIPLEX)
        .may_also_break(&[
            ("C-099", "a worker that would have answered is ended"),
            ("C-122", "the worker of the branch that has lost is ended"),
        ]),
];
