//! Faults of sandboxes, and of dynamic execution, which needs them.

use std::io;
use std::path::Path;
use std::sync::LazyLock;

use super::hook::Area::{Action, Sandbox, Strategy};
use super::hook::{DYNAMIC, Fault, MULTIPLEX, SANDBOXING, fault};
use super::starting::and_declares;
use crate::files::{collect, move_to};
use crate::hooks::{GiveUp, give_up};
use crate::key::Tools;
use crate::spawn::{Requirements, Spawn};

pub(super) const FAULTS: &[Fault] = &[
    fault("missing-input", &["C-110"])
        .about("leaves the last input that is no tool out of the sandbox")
        .hook(Sandbox(|hooks| {
            hooks.contents = |files, contents| {
                if let Some(input) = contents.spawn.inputs.iter().rfind(|input| !input.tool) {
                    files.remove(Path::new(&input.path));
                }
            };
        }))
        .with(SANDBOXING)
        .may_also_break(&[("C-052", "the input is not found by its path")]),
    fault("stale-input", &["C-110"])
        .about("copies an input into the sandbox once, and leaves it there when it changes")
        .hook(Sandbox(|hooks| {
            hooks.place_input = |source, place| {
                if place.exists() { Ok(()) } else { std::fs::copy(source, place).map(drop) }
            };
        }))
        .with(SANDBOXING)
        .may_also_break(&[("C-053", "the new digest comes with the old content")]),
    fault("keep-files", &["C-111"])
        .about("leaves the files of one request in the sandbox of the next")
        .hook(Sandbox(|hooks| hooks.removes_other_files = false))
        .with(SANDBOXING),
    fault("shared-sandbox-dir", &["C-112"])
        .about("gives all requests of a sandboxed multiplex worker one directory")
        .hook(Sandbox(|hooks| {
            hooks.request_directory = |_| "__sandbox/0".to_owned();
            hooks.removes_request_directory = false;
        }))
        .with(&["multiplex", "multiplex-sandboxing"])
        .may_also_break(&[
            ("C-103", "the directory of an open request is cleaned for the next one"),
            ("C-110", "the inputs of one request are removed for the next one"),
            ("C-111", "the files of the other requests are there, too"),
            ("C-113", "an output is taken away with the files of another request"),
        ]),
    fault("move-everything", &["C-113"])
        .about("takes undeclared files out of the sandbox, too")
        .hook(Sandbox(|hooks| {
            hooks.collect = |spawn, sandbox, directory| {
                collect(spawn, sandbox, directory)?;
                move_rest(spawn, sandbox, Path::new(""), directory)
            };
        }))
        .with(SANDBOXING),
    fault("leave-outputs", &["C-113"])
        .about("leaves declared outputs in the sandbox")
        .hook(Sandbox(|hooks| hooks.collect = |_, _, _| Ok(())))
        .with(SANDBOXING)
        .may_also_break(&[
            ("C-116", "no sandboxed action has its outputs"),
            ("C-120", "no branch's outputs arrive"),
        ]),
    fault("clean-tools", &["C-115"])
        .about("removes the tool files of a worker from its sandbox before a request")
        .hook(Sandbox(|hooks| {
            hooks.contents = |files, contents| {
                // A process that has no program does not even start.
                if !contents.fresh {
                    files.retain(|file| !file.to_str().is_some_and(|path| contents.tools.contains(path)));
                    contents.tools = &NO_TOOLS;
                }
            };
        }))
        .with(SANDBOXING)
        .may_also_break(&[
            ("C-110", "tool files are inputs, too"),
            ("C-052", "a tool file is not found by its path"),
        ]),
    fault("multiplex-in-sandbox", &["C-116"])
        .about("uses multiplex in a sandbox for actions that do not declare multiplex-sandboxing")
        .hook(Strategy(|hooks| {
            hooks.requirements =
                |declared| and_declares(declared, Requirements::SUPPORTS_MULTIPLEX_SANDBOXING, "1");
        }))
        .with(MULTIPLEX)
        .may_also_break(&[("C-055", "such a request has a sandbox_dir")]),
    fault("keep-sandboxes", &["C-118"])
        .about("leaves the directories of workers that have ended")
        .hook(Sandbox(|hooks| (hooks.removes_directory, hooks.removes_request_directory) = (false, false)))
        .with(SANDBOXING),
    fault("mixed-result", &["C-120"])
        .about("waits for the worker that has lost, and takes its outputs with the exit code of the winner")
        .hook(Action(|hooks| {
            hooks.after_race = Some(|spawn, sandbox, directory| drop(collect(spawn, sandbox, directory)));
        }))
        .with(DYNAMIC)
        .may_also_break(&[("C-122", "the loser is not stopped")]),
    fault("race-unsandboxed", &["C-121"])
        .about("races a worker that writes in the place of the outputs")
        .hook(Strategy(|hooks| hooks.isolates_races = false))
        .with(DYNAMIC)
        .may_also_break(&[
            ("C-103", "the winner's outputs are put where the loser still writes"),
            ("C-120", "the loser writes over the winner's outputs"),
            ("C-122", "without a sandbox a worker that has lost is ended"),
        ]),
    fault("loser-ended", &["C-122"])
        .about("ends the worker of the branch that has lost")
        .hook(Action(|hooks| {
            hooks.give_up = |request| if request.races { GiveUp::EndWorker } else { give_up(request) };
        }))
        .with(&["dynamic", "cancellation"])
        .may_also_break(&[("C-107", "other requests of the worker end with it")]),
];

static NO_TOOLS: LazyLock<Tools> = LazyLock::new(Tools::default);

/// Moves all files below a folder of the sandbox to their places, inputs excepted.
fn move_rest(spawn: &Spawn, sandbox: &Path, folder: &Path, directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(sandbox.join(folder))?.flatten() {
        let path = folder.join(entry.file_name());
        let is_input = || spawn.inputs.iter().any(|input| Path::new(&input.path) == path);
        match entry.file_type()? {
            kind if kind.is_dir() => move_rest(spawn, sandbox, &path, directory)?,
            kind if kind.is_file() && !is_input() => move_to(&entry.path(), &directory.join(&path))?,
            _ => {}
        }
    }
    Ok(())
}
