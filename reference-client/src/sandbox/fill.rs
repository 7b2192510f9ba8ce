//! Brings a directory into the state that a request needs: its inputs, the worker's own files, the parents of its outputs, and nothing
//! else (C-110, C-111).

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::directory::remove;
use super::inside;
use crate::faults::{Faults, Kind};
use crate::key::Tools;
use crate::spawn::Spawn;

/// What belongs into a directory.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) spawn: &'a Spawn,
    /// What the process was started with; these stay where they are for as long as it lives (C-115).
    pub(crate) tools: &'a Tools,
    /// Where the files really are.
    pub(crate) source: &'a Path,
    /// The process has served no request yet.
    pub(crate) fresh: bool,
    pub(crate) faults: &'a Faults,
}

/// Makes `directory` hold what `contents` say: links to the inputs, so that each has its present content, and
/// the directories that the outputs need. Everything else below it is removed first.
pub(crate) fn fill(directory: &Path, contents: &Contents<'_>) -> io::Result<()> {
    let Contents { spawn, tools, source, fresh, faults } = *contents;
    // A process that has no program does not even start.
    let clean_tools = faults.has(Kind::CleanTools) && !fresh;
    let mut files = BTreeSet::new();
    for input in &spawn.inputs {
        // An absolute path is the same everywhere; there is nothing to put in its place.
        if !Path::new(&input.path).is_absolute() {
            files.insert(path_of(&input.path)?);
        }
    }
    if faults.has(Kind::MissingInput)
        && let Some(input) = spawn.inputs.iter().rfind(|input| !input.tool)
    {
        files.remove(Path::new(&input.path));
    }
    let mut folders = BTreeSet::new();
    for output in &spawn.outputs {
        let path = path_of(&output.path)?;
        folders.extend(path.ancestors().skip(1).map(Path::to_owned));
    }
    folders.extend(files.iter().flat_map(|file| file.ancestors().skip(1).map(Path::to_owned)));
    std::fs::create_dir_all(directory)?;
    if !faults.has(Kind::KeepFiles) {
        let is_tool = |path: &Path| path.to_str().is_some_and(|path| tools.contains(path));
        let is_kept = |path: &Path| if is_tool(path) { !clean_tools } else { files.contains(path) };
        sweep(directory, Path::new(""), &is_kept, &folders)?;
    }
    for folder in &folders {
        std::fs::create_dir_all(directory.join(folder))?;
    }
    for file in &files {
        if clean_tools && file.to_str().is_some_and(|path| tools.contains(path)) {
            continue;
        }
        link(&source.join(file), &directory.join(file), faults)?;
    }
    Ok(())
}

/// Puts the tools of a worker into its directory, before it is started.
pub(crate) fn place_tools(directory: &Path, contents: &Contents<'_>) -> io::Result<()> {
    for input in contents.spawn.inputs.iter().filter(|input| input.tool) {
        if Path::new(&input.path).is_absolute() {
            continue;
        }
        let path = path_of(&input.path)?;
        if let Some(parent) = directory.join(&path).parent() {
            std::fs::create_dir_all(parent)?;
        }
        link(&contents.source.join(&path), &directory.join(&path), contents.faults)?;
    }
    Ok(())
}

fn path_of(path: &str) -> io::Result<PathBuf> {
    // `./a` and `a` are the same file.
    inside(path).map(|path| path.components().collect()).map_err(io::Error::other)
}

/// Removes what is neither kept nor a folder that is needed, without following any link.
fn sweep(
    root: &Path,
    below: &Path,
    is_kept: &dyn Fn(&Path) -> bool,
    folders: &BTreeSet<PathBuf>,
) -> io::Result<()> {
    for entry in std::fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let is_folder = entry.file_type()?.is_dir();
        if is_folder && (folders.contains(&path) || holds(root, &path, is_kept)) {
            sweep(root, &path, is_kept, folders)?;
        } else if is_folder {
            remove(&entry.path());
        } else if !is_kept(&path) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether anything below a folder is kept, which is so for the tools of a worker.
fn holds(root: &Path, folder: &Path, is_kept: &dyn Fn(&Path) -> bool) -> bool {
    std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten().any(|entry| {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => holds(root, &path, is_kept),
            _ => is_kept(&path),
        }
    })
}

/// Makes `place` a link to `target`, unless it is one.
fn link(target: &Path, place: &Path, faults: &Faults) -> io::Result<()> {
    if faults.has(Kind::StaleInput) {
        return if place.exists() { Ok(()) } else { std::fs::copy(target, place).map(drop) };
    }
    match std::fs::symlink_metadata(place) {
        Ok(metadata) if metadata.is_symlink() && std::fs::read_link(place)? == target => return Ok(()),
        Ok(metadata) if metadata.is_dir() => remove(place),
        Ok(_) => std::fs::remove_file(place)?,
        Err(_) => {}
    }
    // A link to nothing would look like an input that can't be read.
    std::fs::metadata(target).map_err(|error| {
        io::Error::new(error.kind(), format!("the input {} can't be read: {error}", target.display()))
    })?;
    std::os::unix::fs::symlink(target, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spawn::{InputFile, OutputPath};

    /// All that is below a directory, sorted; folders end with a slash.
    fn listing(directory: &Path) -> Vec<String> {
        fn walk(root: &Path, below: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(root.join(below)).unwrap().flatten() {
                let path = below.join(entry.file_name());
                let is_folder = entry.file_type().unwrap().is_dir();
                found.push(format!("{}{}", path.display(), if is_folder { "/" } else { "" }));
                if is_folder {
                    walk(root, &path, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(directory, Path::new(""), &mut found);
        found.sort_unstable();
        found
    }

    fn spawn(inputs: &[&str], outputs: &[&str]) -> Spawn {
        Spawn {
            inputs: inputs
                .iter()
                .map(|&path| InputFile { path: path.into(), ..InputFile::default() })
                .collect(),
            outputs: outputs.iter().map(|&path| OutputPath { path: path.into(), directory: false }).collect(),
            ..Spawn::default()
        }
    }

    fn fill_with(source: &Path, directory: &Path, spawn: &Spawn, tools: &Tools) -> io::Result<()> {
        fill(directory, &Contents { spawn, tools, source, fresh: true, faults: &Faults::default() })
    }

    #[test]
    fn one_request_after_the_other_finds_exactly_its_files() {
        let (source, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for path in ["a", "b", "tool"] {
            std::fs::write(source.path().join(path), path).unwrap();
        }
        std::fs::create_dir(source.path().join("in")).unwrap();
        std::fs::write(source.path().join("in/c"), "c").unwrap();
        let tool = InputFile { path: "tool".into(), digest: Vec::new(), tool: true };
        let tools = Tools::of(std::slice::from_ref(&tool));
        let (here, there) = (source.path(), directory.path());
        fill_with(here, there, &spawn(&["a", "in/c", "tool"], &["out/x/y"]), &tools).unwrap();
        assert_eq!(listing(there), ["a", "in/", "in/c", "out/", "out/x/", "tool"]);
        std::fs::write(there.join("left"), "over").unwrap();
        std::os::unix::fs::symlink("/", there.join("out/root")).unwrap();
        fill_with(here, there, &spawn(&["b"], &["out/y"]), &tools).unwrap();
        assert_eq!(listing(there), ["b", "out/", "tool"]);
        assert!(std::fs::read_to_string(there.join("b")).unwrap() == "b" && here.join("a").exists());
    }

    #[test]
    fn no_path_leads_out_and_no_link_to_nothing_is_made() {
        let (source, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for spawn in [spawn(&["../a"], &[]), spawn(&[], &["/tmp/x"]), spawn(&["missing"], &[])] {
            assert!(fill_with(source.path(), directory.path(), &spawn, &Tools::default()).is_err());
        }
    }
}
