//! Faults of splitting and expanding arguments.

use super::hook::Area::Strategy;
use super::hook::{Fault, fault};
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
];
