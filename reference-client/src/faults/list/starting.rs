//! Faults of starting a worker.

use std::borrow::Cow;

use pwp_proto::fault::JSON;

use super::hook::Area::{Process, Strategy};
use super::hook::{Fault, fault};
use crate::key::{NoWorker, PERSISTENT_WORKER};
use crate::spawn::Requirements;

pub(super) const FAULTS: &[Fault] = &[
    fault("worker-undeclared", &["C-001"])
        .about("starts a tool as a worker for actions that do not declare it")
        .hook(Strategy(|hooks| hooks.is_one_shot = |reason| reason != NoWorker::NotDeclared))
        .may_also_break(&[("C-008", "what declares no worker declares no dialect")]),
    fault("ignore-dialect", &["C-008"])
        .about("speaks `proto` whatever the action declares")
        .hook(Strategy(|hooks| {
            hooks.requirements =
                |declared| and_declares(declared, Requirements::REQUIRES_WORKER_PROTOCOL, "proto");
        }))
        .only(JSON)
        .may_also_break(&[
            ("C-010", "workers of both dialects have one key"),
            ("C-063", "what is malformed in json can be the begin of a long frame in proto"),
        ]),
    fault("no-worker-flag", &["C-002"])
        .about("starts workers without --persistent_worker")
        .hook(Strategy(|hooks| {
            hooks.command = |startup, mnemonic, options| {
                [startup, options.extra_flags.get(mnemonic).cloned().unwrap_or_default()].concat()
            };
        }))
        .may_also_break(&[("C-003", "a flag that is not there has no place")]),
    fault("one-shot-worker-flag", &["C-002"])
        .about("adds --persistent_worker to actions in one-shot mode, too")
        .hook(Process(|hooks| {
            hooks.one_shot_command =
                |arguments| Cow::Owned([arguments, &[PERSISTENT_WORKER.to_owned()]].concat());
        }))
        .may_also_break(&[(
            "C-001",
            "the tool is started as a worker for an action that does not declare it",
        )]),
    fault("flag-after-program", &["C-003"])
        .about("puts --persistent_worker directly after the program")
        .hook(Strategy(|hooks| {
            hooks.command = |mut startup, mnemonic, options| {
                startup.insert(1, PERSISTENT_WORKER.to_owned());
                [startup, options.extra_flags.get(mnemonic).cloned().unwrap_or_default()].concat()
            };
        })),
    fault("extra-flags-to-all", &["C-004"])
        .about("gives the extra flags of every mnemonic to all workers")
        .hook(Strategy(|hooks| {
            hooks.command = |mut startup, _, options| {
                startup.push(PERSISTENT_WORKER.to_owned());
                startup.extend(options.extra_flags.values().flatten().cloned());
                startup
            };
        })),
    fault("leak-environment", &["C-005"])
        .about("starts workers with its own environment below that of the action")
        .hook(Process(|hooks| {
            hooks.launch = |launch, _| {
                for (name, value) in std::env::vars_os() {
                    if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
                        launch.environment.to_mut().entry(name).or_insert(value);
                    }
                }
            };
        })),
    fault("wrong-directory", &["C-006"])
        .about("starts workers in the folder of its own state")
        .hook(Process(|hooks| {
            hooks.launch = |launch, options| {
                if let Some(program) = launch.command.to_mut().first_mut() {
                    *program = launch.directory.join(&*program).to_string_lossy().into_owned();
                }
                launch.directory = Cow::Owned(options.state.clone());
            };
        }))
        .may_also_break(&[
            ("C-052", "no input is found by its relative path"),
            ("C-086", "outputs are not where they are removed before the work is tried again"),
            ("C-110", "no input is in its place below the working directory"),
            ("C-112", "sandbox_dir starts in the wrong place"),
            ("C-115", "the tool files are not below the working directory"),
        ]),
    fault("leak-pipes", &["C-007"])
        .about("lets workers that it starts later inherit its end of the standard input of a worker")
        .hook(Process(|hooks| {
            hooks.input_opened = |input| {
                let _ = rustix::io::fcntl_setfd(input, rustix::io::FdFlags::empty());
            };
        }))
        .may_also_break(&[(
            "C-131",
            "closing the pipe does not end the input while another worker has a copy",
        )]),
];

/// What an action declares, and one thing more.
pub(super) fn and_declares(declared: &Requirements, name: &str, value: &str) -> Cow<'static, Requirements> {
    let mut changed = declared.clone();
    changed.insert(name, value);
    Cow::Owned(changed)
}
