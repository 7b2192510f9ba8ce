//! Faults of reading responses.

use pwp_proto::fault::{JSON, PROTO};
use pwp_proto::{Framing, NoteKind};

use super::hook::{Fault, MULTIPLEX, action, exchange, settings};
use super::overrides::{AnsweredId, IsMalformed, MissingOutputs, Reacts, Response, Settings, TakesFrames};
use crate::ended::{Cause, WorkerFault};
use crate::hooks::{ExchangeHooks as _, NoHooks, Reaction};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "answer-in-order",
        "gives each response to the request that has been open for the longest time",
        &["C-060"],
        exchange(|| Box::new(AnsweredId(|id, _, open| open.min().unwrap_or(id)))),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-061", "every response finds a request"),
        ("C-069", "the response of another request says that it succeeded"),
        ("C-100", "the response of a cancelled request is given to another one"),
    ]),
    Fault::new(
        "drop-unknown-id",
        "drops a response whose id is not open, and waits on",
        &["C-061"],
        exchange(|| {
            Box::new(Reacts(|fault| match fault {
                WorkerFault::UnknownId(_) => Reaction::Ignore,
                _ => Reaction::EndWorker,
            }))
        }),
    )
    .may_also_break(&[("C-063", "the worker is used on after the fault")]),
    Fault::new(
        "accept-any-id",
        "takes any response of a singleplex worker for the one that it waits for",
        &["C-061"],
        exchange(|| {
            Box::new(AnsweredId(|id, multiplex, open| open.min().filter(|_| !multiplex).unwrap_or(id)))
        }),
    ),
    Fault::new(
        "stale-bytes",
        "keeps what a worker writes while no request is open, and takes it for the next response",
        &["C-062"],
        exchange(|| Box::new(TakesFrames(|_, _, open| open > 0))),
    )
    .may_also_break(&[
        ("C-061", "a second response is taken for the next one"),
        ("C-063", "the worker is used on after the fault"),
    ]),
    Fault::new(
        "skip-malformed",
        "fails the open requests at a malformed response, and goes on with the worker",
        &["C-063"],
        exchange(|| Box::new(Reacts(|_| Reaction::FailRequests))),
    )
    .may_also_break(&[
        ("C-061", "the worker is used on after a wrong id"),
        ("C-062", "the worker is used on after bytes that nobody asked for"),
        ("C-086", "the worker that had the action has not ended when it runs again"),
        ("C-100", "the worker is used on after it"),
    ]),
    Fault::new(
        "crash-on-number",
        "crashes at a number that int32 cannot hold",
        &["C-064"],
        exchange(|| {
            Box::new(IsMalformed(|framing, note| {
                if framing == Framing::Json && note.kind == NoteKind::IntOutOfRange {
                    std::process::abort();
                }
                NoHooks.is_malformed(framing, note)
            }))
        }),
    )
    .only(JSON)
    .may_also_break(&[
        ("C-130", "a client that has crashed ends no worker"),
        ("C-118", "a client that has crashed removes no directory"),
        ("C-131", "a client that has crashed closes pipes by ending"),
        ("C-132", "a client that has crashed waits for nothing"),
    ]),
    Fault::new(
        "small-frames",
        "takes a response of more than a mebibyte for malformed",
        &["C-065"],
        settings(&Settings(|options| options.limits.frame = 1 << 20)),
    )
    .may_also_break(&[("C-091", "the large responses of requests that cross are refused")]),
    Fault::new(
        "no-frame-limit",
        "waits for the two gigabytes that a length announces",
        &["C-065"],
        settings(&Settings(|options| options.limits.frame = i32::MAX as usize)),
    )
    .only(PROTO)
    .may_also_break(&[("C-063", "a length that no honest response has is not taken as malformed")]),
    Fault::new(
        "drop-output",
        "forgets `output`",
        &["C-067"],
        action(&Response(|response, _| response.output.clear())),
    ),
    Fault::new(
        "ignore-exit-code",
        "takes every response for a success",
        &["C-069"],
        action(&Response(|response, _| response.exit_code = 0)),
    ),
    Fault::new(
        "low-byte-exit-code",
        "looks at the lowest eight bits of `exit_code` only",
        &["C-069"],
        action(&Response(|response, _| response.exit_code &= 0xff)),
    ),
    Fault::new(
        "ignore-missing-output",
        "does not look whether the declared outputs are there",
        &["C-069"],
        action(&MissingOutputs(|_, _| Vec::new())),
    ),
    Fault::new(
        "end-after-failure",
        "ends a worker whose response has another exit code than 0",
        &["C-070"],
        action(&Response(|response, worker| {
            if response.exit_code != 0 {
                worker.close(Cause::GivenUp);
            }
        })),
    )
    .may_also_break(&[("C-060", "the other requests of the worker end without their responses")]),
    Fault::new(
        "reject-unknown-field",
        "takes a response with an unknown field or name for malformed",
        &["C-072"],
        exchange(|| {
            Box::new(IsMalformed(|framing, note| {
                matches!(note.kind, NoteKind::UnknownField | NoteKind::UnknownKey)
                    || NoHooks.is_malformed(framing, note)
            }))
        }),
    ),
    Fault::new(
        "wait-for-newline",
        "waits for a newline after the closing brace of a response",
        &["C-073"],
        exchange(|| {
            Box::new(TakesFrames(|framing, pending, _| framing != Framing::Json || pending.ends_with(b"\n")))
        }),
    )
    .only(JSON),
];
