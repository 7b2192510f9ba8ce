//! Directories that hold the declared inputs of a request, the worker's own files, the parents of the outputs, and nothing else.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::{inside, remove_directory};
use crate::hooks::Contents;

/// The folder in a multiplex worker's directory that holds the directories of its requests: the name that Bazel gives it.
const REQUESTS: &str = "__sandbox";

/// A directory that a worker, or a request, has for itself. It is removed with its last user: the process, or a request whose outputs are
/// being moved (C-118).
#[derive(Debug)]
pub(crate) struct SandboxDirectory {
    path: PathBuf,
    is_removed: bool,
    next: AtomicU64,
}

impl SandboxDirectory {
    /// Makes the directory. `is_removed`: it goes with its last user.
    pub(crate) fn create(path: PathBuf, is_removed: bool) -> io::Result<Self> {
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, is_removed, next: AtomicU64::new(1) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A name for the directory of a request, relative to this one, that no request had before (C-112).
    pub(crate) fn next_request(&self) -> String {
        format!("{REQUESTS}/{}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for SandboxDirectory {
    fn drop(&mut self) {
        if self.is_removed {
            remove_directory(&self.path);
        }
    }
}

/// Makes `directory` hold these contents: links to the inputs, so that each has its present content, and the directories that the
/// outputs need. Everything else below it is removed first.
///
/// C-110: "In a sandbox each declared input of a request is in its place, with its present content, before the request is written."
pub(crate) fn fill(directory: &Path, mut contents: Contents<'_>) -> io::Result<()> {
    let hooks = contents.hooks;
    let mut files = BTreeSet::new();
    for input in &contents.spawn.inputs {
        // An absolute path is the same everywhere; there is nothing to put in its place.
        if !Path::new(&input.path).is_absolute() {
            files.insert(path_of(&input.path)?);
        }
    }
    (hooks.contents)(&mut files, &mut contents);
    let Contents { spawn, tools, source, .. } = contents;
    let mut folders = BTreeSet::new();
    for output in &spawn.outputs {
        let path = path_of(&output.path)?;
        folders.extend(path.ancestors().skip(1).map(Path::to_owned));
    }
    folders.extend(files.iter().flat_map(|file| file.ancestors().skip(1).map(Path::to_owned)));
    std::fs::create_dir_all(directory)?;
    // C-111: "In a sandbox there is, when a request is written, no file below the request's directory but its inputs, the worker's own files and what the
    // directories of the outputs need."
    if hooks.removes_other_files {
        let is_tool = |path: &Path| path.to_str().is_some_and(|path| tools.contains(path));
        sweep(directory, Path::new(""), &|path| files.contains(path) || is_tool(path), &folders)?;
    }
    for folder in &folders {
        std::fs::create_dir_all(directory.join(folder))?;
    }
    files.iter().try_for_each(|file| (hooks.place_input)(&source.join(file), &directory.join(file)))
}

/// Puts the tools of a worker into its directory, before the worker is started.
pub(crate) fn place_tools(directory: &Path, contents: &Contents<'_>) -> io::Result<()> {
    for input in contents.spawn.inputs.iter().filter(|input| input.tool) {
        if Path::new(&input.path).is_absolute() {
            continue;
        }
        let path = path_of(&input.path)?;
        let place = directory.join(&path);
        place.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        (contents.hooks.place_input)(&contents.source.join(&path), &place)?;
    }
    Ok(())
}

fn path_of(path: &str) -> io::Result<PathBuf> {
    // `./a` and `a` are the same file.
    inside(path).map(|path| path.components().collect())
}

/// Removes all files that are not kept and all folders that are not needed, without following any link.
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
            remove_directory(&entry.path());
        } else if !is_kept(&path) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether anything below a folder is kept, such as a tool of the worker.
fn holds(root: &Path, folder: &Path, is_kept: &dyn Fn(&Path) -> bool) -> bool {
    std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten().any(|entry| {
        let path = folder.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => holds(root, &path, is_kept),
            _ => is_kept(&path),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::SandboxHooks;
    use crate::key::Tools;
    use crate::spawn::{InputFile, OutputPath, Spawn};

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
        let input = |&path: &&str| InputFile { path: path.into(), ..InputFile::default() };
        Spawn {
            inputs: inputs.iter().map(input).collect(),
            outputs: outputs.iter().map(|&path| OutputPath { path: path.into(), directory: false }).collect(),
            ..Spawn::default()
        }
    }

    fn fill_with(source: &Path, directory: &Path, spawn: &Spawn, tools: &Tools) -> io::Result<()> {
        fill(directory, Contents { spawn, tools, source, fresh: true, hooks: SandboxHooks::default() })
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

    #[test]
    fn it_goes_with_its_user_whatever_is_in_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("worker-1");
        let directory = SandboxDirectory::create(path.clone(), true).unwrap();
        let requests = [directory.next_request(), directory.next_request()];
        assert_eq!(requests, ["__sandbox/1", "__sandbox/2"]);
        std::fs::create_dir(path.join("locked")).unwrap();
        std::fs::write(path.join("locked/file"), "x").unwrap();
        std::fs::set_permissions(path.join("locked"), std::fs::Permissions::from_mode(0o000)).unwrap();
        drop(directory);
        assert!(!path.exists());
    }
}
