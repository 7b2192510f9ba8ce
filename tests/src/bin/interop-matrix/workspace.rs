//! A workspace in which a worker is the tool of its actions.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::subjects::{Action, Worker};

/// Makes the workspace anew; `rule` is the text of the one rule. The actions that change a source have no targets yet.
pub(super) fn lay(workspace: &Path, rule: &str, worker: &Worker) -> io::Result<()> {
    for entry in fs::read_dir(workspace)?.flatten() {
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    write(&workspace.join("WORKSPACE"), "workspace(name = \"pwp\")\n")?;
    write(&workspace.join("rule.bzl"), rule)?;
    let script = workspace.join(format!("tools/{}.sh", worker.name));
    write(&script, worker.script(workspace))?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    write(&workspace.join("tools/BUILD"), format!("exports_files([\"{}.sh\"])\n", worker.name))?;
    for (path, content) in worker.inputs(workspace) {
        write(&workspace.join(path), content)?;
    }
    targets(workspace, worker, worker.actions.iter().filter(|action| action.changes.is_empty()))
}

/// Makes the changes, and then the targets of the actions that they are for.
pub(super) fn change(workspace: &Path, worker: &Worker) -> io::Result<()> {
    let changed = || worker.actions.iter().filter(|action| !action.changes.is_empty());
    for (path, content) in changed().flat_map(|action| &action.changes) {
        write(&workspace.join(path), content.bytes_in(workspace))?;
    }
    targets(workspace, worker, changed())
}

/// Writes the targets of these actions. One that changes a source may have the outputs of another, so they do not stand side by side.
fn targets<'a>(
    workspace: &Path,
    worker: &Worker,
    actions: impl Iterator<Item = &'a Action>,
) -> io::Result<()> {
    let mut text = String::from("load(\"//:rule.bzl\", \"request\")\n");
    for action in actions {
        let template = format!("{}.template", action.name);
        let lines: String = action.lines.iter().map(|line| format!("{line}\n")).collect();
        write(&workspace.join(&template), lines)?;
        let attributes: BTreeMap<&str, Value> = BTreeMap::from([
            ("name", json!(action.name)),
            ("tool", json!(format!("//tools:{}.sh", worker.name))),
            ("srcs", json!(action.inputs)),
            ("outs", json!(action.outputs.keys().collect::<Vec<_>>())),
            ("template", json!(template)),
            ("mnemonic", json!(worker.mnemonic())),
            ("requirements", json!(worker.requirements())),
        ]);
        // Texts, lists and objects are written in JSON as in Starlark.
        let attributes: String =
            attributes.iter().map(|(name, value)| format!("    {name} = {value},\n")).collect();
        text += &format!("\nrequest(\n{attributes})\n");
    }
    write(&workspace.join("BUILD"), text)
}

/// Writes a file, and the folders above it.
fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, content)
}
