//! Faults of splitting and expanding arguments.

use super::hook::{Fault, strategy};
use super::overrides::{
    Argfile, IsOneShot, IsRequestArgument, Line, Literal, RefusesCycles, RefusesUndeclared,
};
use crate::hooks::{NoHooks, StrategyHooks as _};
use crate::key::NoWorker;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "split-at-first-argfile",
        "takes everything from the first argfile on for the request",
        &["C-030"],
        strategy(&IsRequestArgument(|argument, after_another| {
            after_another || NoHooks.is_request_argument(argument, false)
        })),
    ),
    Fault::new("no-expansion", "sends `@path` as it is", &["C-032"], strategy(&Argfile(|_, _| None)))
        .may_also_break(&[
            ("C-034", "files that are never opened do not show that they contain themselves"),
            ("C-035", "no line becomes an argument"),
            ("C-037", "what a file has of labels never arrives"),
            ("C-038", "no argfile is opened, so none is found missing"),
            ("C-080", "a large request stays in its argfile, so the worker waits for bytes that never come"),
        ]),
    Fault::new(
        "no-nested-expansion",
        "sends a line `@path` of an argfile as it is",
        &["C-032"],
        strategy(&Argfile(|argument, nested| if nested { None } else { NoHooks.argfile(argument, false) })),
    )
    .may_also_break(&[
        ("C-034", "files that are never opened do not show that they contain themselves"),
        ("C-038", "an argfile that another one names is not looked up"),
    ]),
    Fault::new(
        "cut-cycle",
        "leaves out what an argfile that contains itself would bring, and does not fail the action",
        &["C-034"],
        strategy(&RefusesCycles(|| false)),
    ),
    Fault::new(
        "trim-lines",
        "takes white space from both ends of each line of an argfile, and drops empty lines",
        &["C-035"],
        strategy(&Line(|line| Some(line.trim()).filter(|line| !line.is_empty()))),
    ),
    Fault::new(
        "expand-flagfile",
        "puts the lines of the file in the place of `--flagfile=path`",
        &["C-036"],
        strategy(&Argfile(|argument, _| {
            let flagfile =
                || argument.strip_prefix("--flagfile=").or_else(|| argument.strip_prefix("-flagfile="));
            NoHooks.argfile(argument, false).or_else(flagfile)
        })),
    ),
    Fault::new(
        "strip-at",
        "takes one `@` from arguments and lines that begin with two",
        &["C-037"],
        strategy(&Literal(|argument| if argument.starts_with("@@") { &argument[1..] } else { argument })),
    ),
    Fault::new(
        "undeclared-argfile",
        "expands argfiles that are no inputs of the action",
        &["C-038"],
        strategy(&RefusesUndeclared(|| false)),
    ),
    Fault::new(
        "worker-without-argfile",
        "sends a worker a request without arguments for an action without an argfile",
        &["C-040"],
        strategy(&IsOneShot(|reason| reason != NoWorker::NoArgfile)),
    ),
];
