//! Faults of requests.

use std::collections::HashMap;

use pwp_proto::fault::JSON;
use pwp_proto::{EncodeOptions, Framing, WorkRequest, WorkResponse, encode, encode_with};

use super::hook::{Fault, MULTIPLEX, action, exchange, settings};
use super::overrides::{CompletesRequests, Encode, Request, RequestId, Settings};
use crate::hooks::ExchangeHooks;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "number-singleplex",
        "counts the requests of a singleplex worker",
        &["C-045"],
        exchange(|| Box::new(NumbersSingleplex(0))),
    )
    .may_also_break(&[("C-116", "a number other than 0 is what a multiplex worker is known by")]),
    Fault::new(
        "send-twice",
        "writes each request with the id 0 a second time, before the first one is answered",
        &["C-046"],
        exchange(|| Box::new(SendsTwice { awaits_first: false })),
    )
    .may_also_break(&[
        ("C-048", "the second one has the id of the first"),
        ("C-060", "two responses with one id can't be told apart"),
        ("C-062", "the second response is left over when the next request is written"),
        ("C-084", "a worker that answers once and ends has not answered the second one"),
        ("C-099", "a cancel request stops one of the two, and the other keeps the worker busy"),
        ("C-111", "the work of the second one writes outputs when those of the first were taken out"),
        ("C-122", "the answer to the first one comes before the race is lost"),
    ]),
    Fault::new(
        "negative-ids",
        "counts the requests of a multiplex worker downwards from -1",
        &["C-047"],
        exchange(|| Box::new(RequestId(|id, _| -id))),
    )
    .with(MULTIPLEX),
    Fault::new(
        "reuse-ids",
        "gives all requests of a multiplex worker the id 1",
        &["C-048"],
        exchange(|| Box::new(ReusesIds)),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-060", "two responses with one id can't be told apart"),
        ("C-091", "of two open requests one never gets its response"),
        ("C-107", "the worker is ended for a response that seems to be for nobody"),
    ]),
    Fault::new(
        "mix-ids",
        "gives a request of a multiplex worker the id 0 when no other is open, every second time",
        &["C-050"],
        exchange(|| Box::new(RequestId(|id, open| if open == 0 && id % 2 == 0 { 0 } else { id }))),
    )
    .with(MULTIPLEX)
    .may_also_break(&[
        ("C-046", "other requests come while the one with the id 0 is open"),
        ("C-047", "0 is not positive"),
    ]),
    Fault::new(
        "no-inputs",
        "sends an empty list of inputs",
        &["C-051"],
        action(&Request(|request, _, _| request.inputs.clear())),
    ),
    Fault::new(
        "inputs-without-tools",
        "leaves the tool files out of the list of inputs",
        &["C-051"],
        action(&Request(|request, spawn, _| {
            let is_tool = |path: &str| spawn.inputs.iter().any(|input| input.tool && input.path == path);
            request.inputs.retain(|input| !is_tool(&input.path));
        })),
    ),
    Fault::new(
        "absolute-inputs",
        "sends absolute paths of inputs that the arguments name by relative ones",
        &["C-052"],
        action(&Request(|request, _, directory| {
            for input in &mut request.inputs {
                input.path = directory.join(&input.path).to_string_lossy().into_owned();
            }
        })),
    )
    .may_also_break(&[("C-051", "the declared paths are not in the list")]),
    Fault::new(
        "stale-digest",
        "sends the digest that a path had when it was first sent",
        &["C-053"],
        exchange(|| Box::new(StaleDigest(HashMap::new()))),
    ),
    Fault::new(
        "always-verbose",
        "sends verbosity 10 unasked",
        &["C-054"],
        settings(&Settings(|options| options.verbosity = 10)),
    ),
    Fault::new(
        "sandbox-dir-always",
        "sets sandbox_dir for actions that do not declare multiplex-sandboxing",
        &["C-055"],
        action(&Request(|request, _, _| {
            if request.sandbox_dir.is_empty() {
                ".".clone_into(&mut request.sandbox_dir);
            }
        })),
    ),
    Fault::new(
        "cut-request",
        "drops the rest of a half-written request that is given up, and writes the next one",
        &["C-056"],
        exchange(|| Box::new(CompletesRequests(|| false))),
    )
    .may_also_break(&[("C-057", "the bytes after the cut are no frame")]),
    Fault::new(
        "malformed-request",
        "writes a length where request_id belongs, or a comma before the closing brace",
        &["C-057"],
        exchange(|| Box::new(Encode(malformed))),
    ),
    Fault::new(
        "no-newline",
        "writes no newline after a request",
        &["C-058"],
        exchange(|| {
            Box::new(Encode(|framing, message| {
                encode_with(framing, message, &EncodeOptions { newline: false, ..EncodeOptions::default() })
            }))
        }),
    )
    .only(JSON),
];

/// The last id that a request of the singleplex worker has got.
struct NumbersSingleplex(i32);

impl ExchangeHooks for NumbersSingleplex {
    fn request_id(&mut self, id: i32, _open: usize) -> i32 {
        if id != 0 {
            return id;
        }
        self.0 += 1;
        self.0
    }
}

/// On the wire all requests of a multiplex worker have the id 1; inside of the client they can be told apart.
struct ReusesIds;

impl ExchangeHooks for ReusesIds {
    fn message(&mut self, message: &mut WorkRequest) {
        message.request_id = message.request_id.min(1);
    }

    fn answered_id(&self, id: i32, _multiplex: bool, open: &mut dyn Iterator<Item = i32>) -> i32 {
        if id == 1 { open.min().unwrap_or(id) } else { id }
    }
}

struct SendsTwice {
    /// The first of two responses has still to come; the action gets the second one.
    awaits_first: bool,
}

impl ExchangeHooks for SendsTwice {
    fn encode(&mut self, framing: Framing, message: &WorkRequest) -> Vec<u8> {
        let bytes = encode(framing, message);
        self.awaits_first = message.request_id == 0 && !message.cancel;
        if self.awaits_first { bytes.repeat(2) } else { bytes }
    }

    fn takes_response(&mut self, response: &WorkResponse) -> bool {
        response.request_id != 0 || !std::mem::take(&mut self.awaits_first)
    }
}

/// The digest with which each path was first sent to the worker.
struct StaleDigest(HashMap<String, Vec<u8>>);

impl ExchangeHooks for StaleDigest {
    fn message(&mut self, message: &mut WorkRequest) {
        for input in &mut message.inputs {
            let first = self.0.entry(input.path.clone()).or_insert_with(|| input.digest.clone());
            input.digest.clone_from(first);
        }
    }
}

/// A message with a length where `request_id` belongs, or with a comma before the closing brace.
fn malformed(framing: Framing, message: &WorkRequest) -> Vec<u8> {
    let mut bytes = encode(framing, message);
    match framing {
        Framing::Json => bytes.splice(bytes.len() - 2.., *b",}\n").for_each(drop),
        Framing::Proto => {
            let prefix = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
            let body = [&bytes[prefix..], b"\x1a\x01x"].concat();
            bytes.clear();
            pwp_proto::frame::write_proto(&body, &mut bytes);
        }
    }
    bytes
}
