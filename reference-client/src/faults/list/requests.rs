//! Faults of requests: of splitting and expanding arguments, and of what is written.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use pwp_proto::fault::JSON;
use pwp_proto::{EncodeOptions, Framing, WorkRequest, encode, encode_with};

use super::hook::Area::{Action, Exchange, Settings, Strategy};
use super::hook::{Fault, MULTIPLEX, fault};
use crate::hooks::{argfile, is_request_argument};
use crate::key::NoWorker;

pub(super) const FAULTS: &[Fault] = &[
    fault("split-at-first-argfile", &["C-030"])
        .about("takes everything from the first argfile on for the request")
        .hook(Strategy(|hooks| {
            hooks.is_request_argument =
                |argument, after_another| after_another || is_request_argument(argument);
        })),
    fault("no-expansion", &["C-032"])
        .about("sends `@path` as it is")
        .hook(Strategy(|hooks| hooks.argfile = |_, _| None))
        .may_also_break(&[
            ("C-034", "files that are never opened do not show that they contain themselves"),
            ("C-035", "no line becomes an argument"),
            ("C-037", "what a file has of labels never arrives"),
            ("C-038", "no argfile is opened, so none is found missing"),
            ("C-080", "a large request stays in its argfile, so the worker waits for bytes that never come"),
        ]),
    fault("no-nested-expansion", &["C-032"])
        .about("sends a line `@path` of an argfile as it is")
        .hook(Strategy(|hooks| {
            hooks.argfile = |argument, nested| if nested { None } else { argfile(argument) };
        }))
        .may_also_break(&[
            ("C-034", "files that are never opened do not show that they contain themselves"),
            ("C-038", "an argfile that another one names is not looked up"),
        ]),
    fault("cut-cycle", &["C-034"])
        .about("leaves out what an argfile that contains itself would bring, and does not fail the action")
        .hook(Strategy(|hooks| hooks.refuses_cycles = false)),
    fault("trim-lines", &["C-035"])
        .about("takes white space from both ends of each line of an argfile, and drops empty lines")
        .hook(Strategy(|hooks| hooks.line = |line| Some(line.trim()).filter(|line| !line.is_empty()))),
    fault("expand-flagfile", &["C-036"])
        .about("puts the lines of the file in the place of `--flagfile=path`")
        .hook(Strategy(|hooks| {
            hooks.argfile = |argument, _| {
                let flagfile =
                    || argument.strip_prefix("--flagfile=").or_else(|| argument.strip_prefix("-flagfile="));
                argfile(argument).or_else(flagfile)
            };
        })),
    fault("strip-at", &["C-037"]).about("takes one `@` from arguments and lines that begin with two").hook(
        Strategy(|hooks| {
            hooks.literal = |argument| if argument.starts_with("@@") { &argument[1..] } else { argument };
        }),
    ),
    fault("undeclared-argfile", &["C-038"])
        .about("expands argfiles that are no inputs of the action")
        .hook(Strategy(|hooks| hooks.refuses_undeclared = false)),
    fault("worker-without-argfile", &["C-040"])
        .about("sends a worker a request without arguments for an action without an argfile")
        .hook(Strategy(|hooks| hooks.is_one_shot = |reason| reason != NoWorker::NoArgfile)),
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
