//! Faults of sandboxes.

use std::io;
use std::path::Path;
use std::sync::LazyLock;

use super::hook::{Fault, MULTIPLEX, MULTIPLEX_SANDBOXING, SANDBOXING, sandbox, strategy};
use super::overrides::{Collects, Declares, Holds, PlacesInput, RemovesDirectory, RemovesOtherFiles};
use super::starting::and_declares;
use crate::files::move_to;
use crate::hooks::{NoHooks, SandboxHooks};
use crate::key::Tools;
use crate::spawn::{Requirements, Spawn};

pub(super) const FAULTS: &[Fault] =
    &[
        Fault::new(
            "missing-input",
            "leaves the last input that is no tool out of the sandbox",
            &["C-110"],
            sandbox(&Holds(|files, contents| {
                if let Some(input) = contents.spawn.inputs.iter().rfind(|input| !input.tool) {
                    files.remove(Path::new(&input.path));
                }
            })),
        )
        .with(SANDBOXING)
        .may_also_break(&[("C-052", "the input is not found by its path")]),
        Fault::new(
            "stale-input",
            "copies an input into the sandbox once, and leaves it there when it changes",
            &["C-110"],
            sandbox(&PlacesInput(|source, place| {
                if place.exists() { Ok(()) } else { std::fs::copy(source, place).map(drop) }
            })),
        )
        .with(SANDBOXING)
        .may_also_break(&[("C-053", "the new digest comes with the old content")]),
        Fault::new(
            "keep-files",
            "leaves the files of one request in the sandbox of the next",
            &["C-111"],
            sandbox(&RemovesOtherFiles(|| false)),
        )
        .with(SANDBOXING),
        Fault::new(
            "shared-sandbox-dir",
            "gives all requests of a sandboxed multiplex worker one directory",
            &["C-112"],
            sandbox(&SharesDirectory),
        )
        .with(MULTIPLEX_SANDBOXING)
        .may_also_break(&[
            ("C-103", "the directory of an open request is cleaned for the next one"),
            ("C-110", "the inputs of one request are removed for the next one"),
            ("C-111", "the files of the other requests are there, too"),
            ("C-113", "an output is taken away with the files of another request"),
        ]),
        Fault::new(
            "move-everything",
            "takes undeclared files out of the sandbox, too",
            &["C-113"],
            sandbox(&Collects(|spawn, sandbox, directory| {
                NoHooks.collect(spawn, sandbox, directory)?;
                move_rest(spawn, sandbox, Path::new(""), directory)
            })),
        )
        .with(SANDBOXING),
        Fault::new(
            "leave-outputs",
            "leaves declared outputs in the sandbox",
            &["C-113"],
            sandbox(&Collects(|_, _, _| Ok(()))),
        )
        .with(SANDBOXING)
        .may_also_break(&[
            ("C-116", "no sandboxed action has its outputs"),
            ("C-120", "no branch's outputs arrive"),
        ]),
        Fault::new(
            "clean-tools",
            "removes the tool files of a worker from its sandbox before a request",
            &["C-115"],
            sandbox(&Holds(|files, contents| {
                // A process that has no program does not even start.
                if !contents.fresh {
                    files.retain(|file| !file.to_str().is_some_and(|path| contents.tools.contains(path)));
                    contents.tools = &NO_TOOLS;
                }
            })),
        )
        .with(SANDBOXING)
        .may_also_break(&[
            ("C-110", "tool files are inputs, too"),
            ("C-052", "a tool file is not found by its path"),
        ]),
        Fault::new(
            "multiplex-in-sandbox",
            "uses multiplex in a sandbox for actions that do not declare multiplex-sandboxing",
            &["C-116"],
            strategy(&Declares(|declared| {
                and_declares(declared, Requirements::SUPPORTS_MULTIPLEX_SANDBOXING, "1")
            })),
        )
        .with(MULTIPLEX)
        .may_also_break(&[("C-055", "such a request has a sandbox_dir")]),
        Fault::new(
            "keep-sandboxes",
            "leaves the directories of workers that have ended",
            &["C-118"],
            sandbox(&RemovesDirectory(|_| false)),
        )
        .with(SANDBOXING),
    ];

static NO_TOOLS: LazyLock<Tools> = LazyLock::new(Tools::default);

struct SharesDirectory;

impl SandboxHooks for SharesDirectory {
    fn request_directory(&self, _unused: String) -> String {
        "__sandbox/0".to_owned()
    }

    fn removes_directory(&self, of_request: bool) -> bool {
        !of_request
    }
}

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
