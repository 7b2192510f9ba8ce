//! The client with real processes: dialogues with workers of every kind, and what is left of them.
//!
//! This program has its own `main`, because it is the worker, too: it starts itself.

#![expect(clippy::unwrap_used, reason = "a test, but with its own main")]

mod actions;
mod cancel;
mod faults;
mod faulty;
mod kit;
mod load;
mod plans;
mod pools;
mod sandboxes;
mod worker;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// A test: gets an empty directory.
type Test = fn(kit::Bench) -> kit::Running;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(worker::NAME) {
        return worker::run(arguments.collect());
    }
    let families: [&[(&str, Test)]; 8] = [
        actions::TESTS,
        faulty::TESTS,
        cancel::TESTS,
        pools::TESTS,
        sandboxes::TESTS,
        plans::TESTS,
        load::TESTS,
        faults::TESTS,
    ];
    let trials = families
        .iter()
        .copied()
        .flatten()
        .map(|&(name, test)| Trial::test(name, move || kit::run(test).map_err(Failed::from)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
