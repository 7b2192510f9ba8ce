//! Faults of reading responses.

use pwp_proto::fault::{JSON, PROTO};
use pwp_proto::{Framing, NoteKind};

use super::hook::Area::{Action, Exchange, Settings};
use super::hook::{Fault, MULTIPLEX, fault};
use crate::ended::{Cause, WorkerFault};
use crate::hooks::{Reaction, is_malformed};

pub(super) const FAULTS: &[Fault] = &[
    fault("answer-in-order", &["C-060"])
        .about("gives each response to the request that has been open for the longest time")
        .hook(Exchange(|hooks| hooks.answered_id = |id, _, open| open.min().unwrap_or(id)))
        .with(MULTIPLEX)
        .may_also_break(&[
            ("C-061", "every response finds a request"),
            ("C-069", "the response of another request says that it succeeded"),
            ("C-100", "the response of a cancelled request is given to another one"),
        ]),
    fault("drop-unknown-id", &["C-061"])
        .about("drops a response whose id is not open, and waits on")
        .hook(Exchange(|hooks| {
            hooks.reaction = |fault| match fault {
                WorkerFault::UnknownId(_) => Reaction::Ignore,
                _ => Reaction::EndWorker,
            };
        }))
        .may_also_break(&[("C-063", "the worker is used on after the fault")]),
    fault("accept-any-id", &["C-061"])
        .about("takes any response of a singleplex worker for the one that it waits for")
        .hook(Exchange(|hooks| {
            hooks.answered_id = |id, multiplex, open| open.min().filter(|_| !multiplex).unwrap_or(id);
        })),
    fault("stale-bytes", &["C-062"])
        .about("keeps what a worker writes while no request is open, and takes it for the next response")
        .hook(Exchange(|hooks| hooks.takes_frames = |_, _, open| open > 0))
        .may_also_break(&[
            ("C-061", "a second response is taken for the next one"),
            ("C-063", "the worker is used on after the fault"),
        ]),
    fault("skip-malformed", &["C-063"])
        .about("fails the open requests at a malformed response, and goes on with the worker")
        .hook(Exchange(|hooks| hooks.reaction = |_| Reaction::FailRequests))
        .may_also_break(&[
            ("C-061", "the worker is used on after a wrong id"),
            ("C-062", "the worker is used on after bytes that nobody asked for"),
            ("C-086", "the worker that had the action has not ended when it runs again"),
            ("C-100", "the worker is used on after it"),
        ]),
    fault("crash-on-number", &["C-064"])
        .about("crashes at a number that int32 cannot hold")
        .hook(Exchange(|hooks| {
            hooks.is_malformed = |framing, note| {
                if framing == Framing::Json && note.kind == NoteKind::IntOutOfRange {
                    std::process::abort();
                }
                is_malformed(framing, note)
            };
        }))
        .only(JSON)
        .may_also_break(&[
            ("C-130", "a client that has crashed ends no worker"),
            ("C-118", "a client that has crashed removes no directory"),
            ("C-131", "a client that has crashed closes pipes by ending"),
            ("C-132", "a client that has crashed waits for nothing"),
        ]),
    fault("small-frames", &["C-065"])
        .about("takes a response of more than a mebibyte for malformed")
        .hook(Settings(|options| options.limits.frame = 1 << 20))
        .may_also_break(&[("C-091", "the large responses of requests that cross are refused")]),
    fault("no-frame-limit", &["C-065"])
        .about("waits for the two gigabytes that a length announces")
        .hook(Settings(|options| options.limits.frame = i32::MAX as usize))
        .only(PROTO)
        .may_also_break(&[("C-063", "a length that no honest response has is not taken as malformed")]),
    fault("drop-output", &["C-067"])
        .about("forgets `output`")
        .hook(Action(|hooks| hooks.response = |response, _| response.output.clear())),
    fault("ignore-exit-code", &["C-069"])
        .about("takes every response for a success")
        .hook(Action(|hooks| hooks.response = |response, _| response.exit_code = 0)),
    fault("low-byte-exit-code", &["C-069"])
        .about("looks at the lowest eight bits of `exit_code` only")
        .hook(Action(|hooks| hooks.response = |response, _| response.exit_code &= 0xff)),
    fault("ignore-missing-output", &["C-069"])
        .about("does not look whether the declared outputs are there")
        .hook(Action(|hooks| hooks.missing_outputs = |_, _| Vec::new())),
    fault("end-after-failure", &["C-070"])
        .about("ends a worker whose response has another exit code than 0")
        .hook(Action(|hooks| {
            hooks.response = |response, worker| {
                if response.exit_code != 0 {
                    worker.close(Cause::GivenUp);
                }
            };
        }))
        .may_also_break(&[("C-060", "the other requests of the worker end without their responses")]),
    fault("reject-unknown-field", &["C-072"])
        .about("takes a response with an unknown field or name for malformed")
        .hook(Exchange(|hooks| {
            hooks.is_malformed = |framing, note| {
                matches!(note.kind, NoteKind::UnknownField | NoteKind::UnknownKey)
                    || is_malformed(framing, note)
            };
        })),
    fault("wait-for-newline", &["C-073"])
        .about("waits for a newline after the closing brace of a response")
        .hook(Exchange(|hooks| {
            hooks.takes_frames = |framing, pending, _| framing != Framing::Json || pending.ends_with(b"\n");
        }))
        .only(JSON),
];
