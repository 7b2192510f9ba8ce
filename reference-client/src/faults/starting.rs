//! Faults of starting a worker.

use std::borrow::Cow;

use pwp_proto::fault::JSON;

use super::hook::{Fault, process, strategy};
use super::overrides::{CommandLine, Declares, InputOpened, IsOneShot, Launches, OneShotCommand};
use crate::key::{NoWorker, PERSISTENT_WORKER};
use crate::spawn::Requirements;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "worker-undeclared",
        "starts a tool as a worker for actions that do not declare it",
        &["C-001"],
        strategy(&IsOneShot(|reason| reason != NoWorker::NotDeclared)),
    )
    .may_also_break(&[("C-008", "what declares no worker declares no dialect")]),
    Fault::new(
        "ignore-dialect",
        "speaks `proto` whatever the action declares",
        &["C-008"],
        strategy(&Declares(|declared| {
            and_declares(declared, Requirements::REQUIRES_WORKER_PROTOCOL, "proto")
        })),
    )
    .only(JSON)
    .may_also_break(&[
        ("C-010", "workers of both dialects have one key"),
        ("C-063", "what is malformed in json can be the begin of a long frame in proto"),
    ]),
    Fault::new(
        "no-worker-flag",
        "starts workers without --persistent_worker",
        &["C-002"],
        strategy(&CommandLine(|startup, mnemonic, extra| {
            [startup, extra.get(mnemonic).cloned().unwrap_or_default()].concat()
        })),
    )
    .may_also_break(&[("C-003", "a flag that is not there has no place")]),
    Fault::new(
        "one-shot-worker-flag",
        "adds --persistent_worker to actions in one-shot mode, too",
        &["C-002"],
        process(&OneShotCommand(|arguments| {
            Cow::Owned([arguments, &[PERSISTENT_WORKER.to_owned()]].concat())
        })),
    )
    .may_also_break(&[("C-001", "the tool is started as a worker for an action that does not declare it")]),
    Fault::new(
        "flag-after-program",
        "puts --persistent_worker directly after the program",
        &["C-003"],
        strategy(&CommandLine(|mut startup, mnemonic, extra| {
            startup.insert(1, PERSISTENT_WORKER.to_owned());
            [startup, extra.get(mnemonic).cloned().unwrap_or_default()].concat()
        })),
    ),
    Fault::new(
        "extra-flags-to-all",
        "gives the extra flags of every mnemonic to all workers",
        &["C-004"],
        strategy(&CommandLine(|startup, _, extra| {
            let flag = PERSISTENT_WORKER.to_owned();
            startup.into_iter().chain([flag]).chain(extra.values().flatten().cloned()).collect()
        })),
    ),
    Fault::new(
        "leak-environment",
        "starts workers with its own environment below that of the action",
        &["C-005"],
        process(&Launches(|launch, _| {
            let own = std::env::vars_os();
            let own =
                own.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
            let declared = launch.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
            launch.environment = Cow::Owned(own.chain(declared).collect());
        })),
    ),
    Fault::new(
        "wrong-directory",
        "starts workers in the folder of its own state",
        &["C-006"],
        process(&Launches(|launch, options| {
            if let Some(program) = launch.command.to_mut().first_mut() {
                *program = launch.directory.join(&*program).to_string_lossy().into_owned();
            }
            launch.directory = Cow::Owned(options.state.clone());
        })),
    )
    .may_also_break(&[
        ("C-052", "no input is found by its relative path"),
        ("C-086", "outputs are not where they are removed before the work is tried again"),
        ("C-110", "no input is in its place below the working directory"),
        ("C-112", "sandbox_dir starts in the wrong place"),
        ("C-115", "the tool files are not below the working directory"),
    ]),
    Fault::new(
        "leak-pipes",
        "lets workers that it starts later inherit its end of the standard input of a worker",
        &["C-007"],
        process(&InputOpened(|input| {
            let _ = rustix::io::fcntl_setfd(input, rustix::io::FdFlags::empty());
        })),
    )
    .may_also_break(&[("C-131", "closing the pipe does not end the input while another worker has a copy")]),
];

/// What an action declares, and one thing more.
pub(super) fn and_declares<'a>(
    declared: &Requirements,
    name: &'static str,
    value: &'static str,
) -> Cow<'a, Requirements> {
    let mut changed = declared.clone();
    changed.insert(name, value);
    Cow::Owned(changed)
}
