//! Faults of splitting and expanding arguments.

use super::Kind;
use super::fault::Fault;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        Kind::SplitAtFirst,
        "split-at-first-argfile",
        "takes everything from the first argfile on for the request",
        &["C-030"],
    ),
    Fault::new(Kind::NoExpansion, "no-expansion", "sends `@path` as it is", &["C-032"]).may_also_break(&[
        ("C-034", "files that are never opened do not show that they contain themselves"),
        ("C-035", "no line becomes an argument"),
        ("C-037", "what a file has of labels never arrives"),
        ("C-038", "no argfile is opened, so none is found missing"),
        ("C-080", "a large request stays in its argfile, so the worker waits for bytes that never come"),
    ]),
    Fault::new(
        Kind::NoNestedExpansion,
        "no-nested-expansion",
        "sends a line `@path` of an argfile as it is",
        &["C-032"],
    )
    .may_also_break(&[
        ("C-034", "files that are never opened do not show that they contain themselves"),
        ("C-038", "an argfile that another one names is not looked up"),
    ]),
    Fault::new(
        Kind::CutCycle,
        "cut-cycle",
        "leaves out what an argfile that contains itself would bring, and does not fail the action",
        &["C-034"],
    ),
    Fault::new(
        Kind::TrimLines,
        "trim-lines",
        "takes white space from both ends of each line of an argfile, and drops empty lines",
        &["C-035"],
    ),
    Fault::new(
        Kind::ExpandFlagfile,
        "expand-flagfile",
        "puts the lines of the file in the place of `--flagfile=path`",
        &["C-036"],
    ),
    Fault::new(
        Kind::StripAt,
        "strip-at",
        "takes one `@` from arguments and lines that begin with two",
        &["C-037"],
    ),
    Fault::new(
        Kind::UndeclaredArgfile,
        "undeclared-argfile",
        "expands argfiles that are no inputs of the action",
        &["C-038"],
    ),
    Fault::new(
        Kind::WorkerWithoutArgfile,
        "worker-without-argfile",
        "sends a worker a request without arguments for an action without an argfile",
        &["C-040"],
    ),
];
