//! Faults of giving up requests.

use super::Kind;
use super::fault::{CANCELLATION, Fault, MULTIPLEX};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::CancelUndeclared,
        "cancel-undeclared",
        "sends cancel requests to workers whose action does not declare `cancellation`",
        &["C-095"],
    )
    .may_also_break(&[
        ("C-098", "a worker that takes the cancel request for work answers once more"),
        ("C-107", "a worker that ends at a cancel request takes the others with it"),
    ]),
    Fault::new(
        Kind::CancelCopiesRequest,
        "cancel-copies-request",
        "sends the whole request again with `cancel` set",
        &["C-096"],
    )
    .with(CANCELLATION),
    Fault::new(
        Kind::LateCancel,
        "late-cancel",
        "sends a cancel request for each request whose response it has read",
        &["C-097"],
    )
    .with(CANCELLATION),
    Fault::new(
        Kind::ForgetGivenUp,
        "forget-given-up",
        "takes a request that it gives up as ended, and its worker as idle",
        &["C-098"],
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
        Kind::CancelledIsFault,
        "cancelled-is-fault",
        "takes an ordinary response to a cancelled request for a worker fault",
        &["C-099"],
    )
    .with(CANCELLATION),
    Fault::new(
        Kind::AcceptUnaskedCancel,
        "accept-unasked-cancel",
        "takes a response with `was_cancelled` for an ordinary one",
        &["C-100"],
    ),
    Fault::new(
        Kind::CleanWhileOpen,
        "clean-while-open",
        "removes the outputs of a request that it gives up while the worker still writes",
        &["C-103"],
    ),
    Fault::new(
        Kind::GiveUpEndsWorker,
        "give-up-ends-worker",
        "ends the worker of every request that it gives up",
        &["C-107"],
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-099", "a worker that would have answered is ended"),
        ("C-122", "the worker of the branch that has lost is ended"),
    ]),
];
