//! The modules of a crate, and who imports whom.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::source::{UsedPath, paths};

/// The path of a module without `crate`: `["oracle", "tests"]`. The root has an empty one.
pub(super) type Module = Vec<String>;

/// The modules of one crate, tests left out.
#[derive(Debug)]
pub(super) struct Modules {
    folder: PathBuf,
    files: BTreeMap<Module, File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    used: Vec<UsedPath>,
}

/// One path in one file that leads to another module.
#[derive(Debug)]
pub(super) struct Import<'m> {
    /// The module that imports.
    pub(super) from: &'m Module,
    /// The module that defines what is imported.
    pub(super) to: Module,
    used: &'m UsedPath,
}

impl Import<'_> {
    /// `report/human.rs:7: crate::suite::Event`.
    pub(super) fn place(&self, modules: &Modules) -> String {
        let file = modules.files[self.from].path.strip_prefix(&modules.folder).unwrap();
        format!("{}:{}: {}", file.display(), self.used.line, self.used.segments.join("::"))
    }
}

impl Modules {
    /// Reads all files below the `src` of a crate.
    pub(super) fn read(folder: &Path) -> Self {
        let mut modules = Self { folder: folder.to_owned(), files: BTreeMap::new() };
        modules.add(folder, &[]);
        modules
    }

    fn add(&mut self, folder: &Path, parent: &[String]) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if name == "tests" {
                continue;
            }
            let is_parent = ["mod", "lib", "main"].contains(&name.as_str());
            let module: Module = parent.iter().cloned().chain((!is_parent).then_some(name)).collect();
            if path.is_dir() {
                self.add(&path, &module);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let used = paths(&std::fs::read_to_string(&path).unwrap());
                // A crate that is a library and a program has two roots; what the program imports comes from the library.
                self.files.entry(module).or_insert(File { path, used });
            }
        }
    }

    /// The modules directly below the root.
    pub(super) fn roots(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> =
            self.files.keys().filter_map(|module| module.first()).map(String::as_str).collect();
        names.dedup();
        names.into_iter()
    }

    /// The imports from one module by another. What a module only re-exports from its children is none.
    pub(super) fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        self.files.iter().flat_map(move |(from, file)| {
            file.used.iter().filter_map(move |used| {
                let to = self.target(from, &used.segments, 0)?;
                let is_below = to.starts_with(from) || from.starts_with(&to);
                (!is_below).then_some(Import { from, to, used })
            })
        })
    }

    /// The module that defines what a path names, seen from `from`; none if that is another crate.
    fn target(&self, from: &[String], segments: &[String], depth: usize) -> Option<Module> {
        let (mut at, rest): (Module, &[String]) = match segments.first()?.as_str() {
            "crate" => (Vec::new(), &segments[1..]),
            "self" => (from.to_vec(), &segments[1..]),
            "super" => {
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                (from[..from.len().checked_sub(ups)?].to_vec(), &segments[ups..])
            }
            first if self.files.contains_key(&child(from, first)) => (from.to_vec(), segments),
            _ => return None,
        };
        for (position, segment) in rest.iter().enumerate() {
            let below = child(&at, segment);
            if self.is_module(&below) {
                at = below;
                continue;
            }
            let exported = self.files.get(&at).into_iter().flat_map(|file| &file.used);
            let mut exported = exported.filter(|used| used.is_exported && used.name == *segment);
            if let (Some(used), true) = (exported.next(), depth < 8) {
                let path = [used.segments.as_slice(), &rest[position + 1..]].concat();
                return self.target(&at, &path, depth + 1).or(Some(at));
            }
            break;
        }
        Some(at)
    }

    fn is_module(&self, module: &[String]) -> bool {
        self.files.keys().any(|known| known.starts_with(module))
    }
}

fn child(module: &[String], name: &str) -> Module {
    module.iter().cloned().chain([name.to_owned()]).collect()
}
