//! Faults of requests.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pwp_proto::fault::JSON;
use pwp_proto::{EncodeOptions, Framing, WorkRequest, encode, encode_with};

use super::hook::Area::{Action, Exchange, Settings};
use super::hook::{Fault, MULTIPLEX, fault};

pub(super) const FAULTS: &[Fault] = &[
    fault("number-singleplex", &["C-045"])
        .about("counts the requests of a singleplex worker")
        .hook(Exchange(|hooks| {
            let mut last = 0;
            hooks.request_id = Box::new(move |id, _| {
                last += i32::from(id == 0);
                if id == 0 { last } else { id }
            });
        }))
        .may_also_break(&[("C-116", "a number other than 0 is what a multiplex worker is known by")]),
    fault("send-twice", &["C-046"])
        .about("writes each request with the id 0 a second time, before the first one is answered")
        .hook(Exchange(|hooks| {
            // Whether the first of two responses has still to come; the action gets the second one.
            let sent_twice = Arc::new(AtomicBool::new(false));
            let awaits_first = Arc::clone(&sent_twice);
            hooks.message = Box::new(move |message| sent_twice.store(is_sent_twice(message), Relaxed));
            hooks.encode = |framing, message| {
                encode(framing, message).repeat(if is_sent_twice(message) { 2 } else { 1 })
            };
            hooks.takes_response =
                Box::new(move |response| response.request_id != 0 || !awaits_first.swap(false, Relaxed));
        }))
        .may_also_break(&[
            ("C-048", "the second one has the id of the first"),
            ("C-060", "two responses with one id can't be told apart"),
            ("C-062", "the second response is left over when the next request is written"),
            ("C-084", "a worker that answers once and ends has not answered the second one"),
            ("C-098", "the copy of a request that was given up is open when the next one comes"),
            ("C-099", "a cancel request stops one of the two, and the other keeps the worker busy"),
            ("C-111", "the work of the second one writes outputs when those of the first were taken out"),
            ("C-122", "the answer to the first one comes before the race is lost"),
        ]),
    fault("negative-ids", &["C-047"])
        .about("counts the requests of a multiplex worker downwards from -1")
        .hook(Exchange(|hooks| hooks.request_id = Box::new(|id, _| -id)))
        .with(MULTIPLEX),
    fault("reuse-ids", &["C-048"])
        .about("gives all requests of a multiplex worker the id 1")
        .hook(Exchange(|hooks| {
            // Inside of the client the requests can be told apart.
            hooks.message = Box::new(|message| message.request_id = message.request_id.min(1));
            hooks.answered_id = |id, _, open| if id == 1 { open.min().unwrap_or(id) } else { id };
        }))
        .with(MULTIPLEX)
        .may_also_break(&[
            ("C-060", "two responses with one id can't be told apart"),
            ("C-091", "of two open requests one never gets its response"),
            ("C-107", "the worker is ended for a response that seems to be for nobody"),
        ]),
    fault("mix-ids", &["C-050"])
        .about("gives a request of a multiplex worker the id 0 when no other is open, every second time")
        .hook(Exchange(|hooks| {
            hooks.request_id = Box::new(|id, open| if open == 0 && id % 2 == 0 { 0 } else { id });
        }))
        .with(MULTIPLEX)
        .may_also_break(&[
            ("C-046", "other requests come while the one with the id 0 is open"),
            ("C-047", "0 is not positive"),
        ]),
    fault("no-inputs", &["C-051"])
        .about("sends an empty list of inputs")
        .hook(Action(|hooks| hooks.request = |request, _, _| request.inputs.clear())),
    fault("inputs-without-tools", &["C-051"]).about("leaves the tool files out of the list of inputs").hook(
        Action(|hooks| {
            hooks.request = |request, spawn, _| {
                let is_tool = |path: &str| spawn.inputs.iter().any(|input| input.tool && input.path == path);
                request.inputs.retain(|input| !is_tool(&input.path));
            };
        }),
    ),
    fault("absolute-inputs", &["C-052"])
        .about("sends absolute paths of inputs that the arguments name by relative ones")
        .hook(Action(|hooks| {
            hooks.request = |request, _, directory| {
                for input in &mut request.inputs {
                    input.path = directory.join(&input.path).to_string_lossy().into_owned();
                }
            };
        }))
        .may_also_break(&[("C-051", "the declared paths are not in the list")]),
    fault("stale-digest", &["C-053"]).about("sends the digest that a path had when it was first sent").hook(
        Exchange(|hooks| {
            let mut digests = HashMap::new();
            hooks.message = Box::new(move |message| {
                for input in &mut message.inputs {
                    let first = digests.entry(input.path.clone()).or_insert_with(|| input.digest.clone());
                    input.digest.clone_from(first);
                }
            });
        }),
    ),
    fault("always-verbose", &["C-054"])
        .about("sends verbosity 10 unasked")
        .hook(Settings(|options| options.verbosity = 10)),
    fault("sandbox-dir-always", &["C-055"])
        .about("sets sandbox_dir for actions that do not declare multiplex-sandboxing")
        .hook(Action(|hooks| {
            hooks.request = |request, _, _| {
                if request.sandbox_dir.is_empty() {
                    ".".clone_into(&mut request.sandbox_dir);
                }
            };
        })),
    fault("cut-request", &["C-056"])
        .about("drops the rest of a half-written request that is given up, and writes the next one")
        .hook(Exchange(|hooks| hooks.completes_requests = false))
        .may_also_break(&[("C-057", "the bytes after the cut are no frame")]),
    fault("malformed-request", &["C-057"])
        .about("writes a length where request_id belongs, or a comma before the closing brace")
        .hook(Exchange(|hooks| hooks.encode = malformed)),
    fault("no-newline", &["C-058"])
        .about("writes no newline after a request")
        .hook(Exchange(|hooks| {
            hooks.encode = |framing, message| {
                encode_with(framing, message, &EncodeOptions { newline: false, ..EncodeOptions::default() })
            };
        }))
        .only(JSON),
];

fn is_sent_twice(message: &WorkRequest) -> bool {
    message.request_id == 0 && !message.cancel
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
