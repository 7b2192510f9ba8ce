//! The directory of a run: which input files are where when a request is sent, and the files that a subject leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::{Beyond, Folder};
use crate::workload::{Content, Item, Workload, is_own};

/// The folder that `TMPDIR` names.
pub(super) const TEMPORARY: &str = "__pwp/tmp";

/// Keeps the working directory, or a sandbox, as the next request has to find it.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    workload: &'a Workload,
    run: &'a Folder,
    /// Files that some request has with another content, and what stands in them for all others.
    changing: BTreeMap<&'a str, Option<&'a Content>>,
    /// Inputs of requests. The others belong to the tool and always stay where they are.
    declared: BTreeSet<&'a str>,
    /// Some inputs were taken away.
    reduced: bool,
}

impl<'a> Layout<'a> {
    /// Of a run in `run`, in which the inputs of the workload are as they usually are.
    pub(super) fn new(workload: &'a Workload, run: &'a Folder) -> Self {
        let declared = workload.requests.iter().flat_map(|item| &item.inputs).map(String::as_str).collect();
        Self { workload, run, changing: workload.changing(), declared, reduced: false }
    }

    /// Whether one of the inputs has another content for another request.
    pub(super) fn is_changing(&self, item: &Item) -> bool {
        item.inputs.iter().any(|path| self.changing.contains_key(path.as_str()))
    }

    /// Makes the files ready for a request with its paths below `base`: the run's directory or a sandbox, which is made
    /// anew. `only`: there are no inputs of other requests.
    pub(super) fn place(&mut self, item: &Item, base: &Folder, only: bool) -> io::Result<()> {
        if base.path() == self.run.path() {
            return self.working_directory(Some(item), only);
        }
        base.remove("")?;
        self.restore(self.workload.files_of(item), base)?;
        make_output_folders(item, base)?;
        base.make("")?;
        self.working_directory(None, only)
    }

    fn restore<'f, P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = (P, &'f Content)>,
        base: &Folder,
    ) -> io::Result<()> {
        let mut files = files.into_iter();
        files.try_for_each(|(path, content)| restore(base, path.as_ref(), content, self.run))
    }

    /// `item`: the request that finds its inputs there.
    fn working_directory(&mut self, item: Option<&Item>, only: bool) -> io::Result<()> {
        if only {
            self.reduced = true;
            let keep = |path: &str| item.is_some_and(|item| item.inputs.iter().any(|own| own == path));
            for path in self.declared.iter().filter(|path| !keep(path)) {
                self.run.remove(path)?;
            }
        } else if std::mem::take(&mut self.reduced) {
            self.restore(&self.workload.inputs, self.run)?;
        }
        let Some(item) = item else { return Ok(()) };
        if only {
            return self.restore(self.workload.files_of(item), self.run);
        }
        for (path, usual) in &self.changing {
            match item.changes.get(*path).or(*usual) {
                Some(content) => restore(self.run, path.as_ref(), content, self.run)?,
                None => self.run.remove(path)?,
            }
        }
        Ok(())
    }
}

/// Makes the files and folders that the workload's requests need.
pub(super) fn prepare(folder: &Folder, workload: &Workload) -> io::Result<()> {
    folder.make(TEMPORARY)?;
    for (path, content) in &workload.inputs {
        put(folder, path.as_ref(), content, folder)?;
    }
    workload.requests.iter().try_for_each(|item| make_output_folders(item, folder))
}

fn make_output_folders(item: &Item, base: &Folder) -> io::Result<()> {
    let mut folders = item.outputs.iter().filter_map(|output| Path::new(&output.path).parent());
    folders.try_for_each(|folder| base.make(folder).map(drop))
}

/// Makes the directory of a run one again that can be written, whatever the subject made of it.
pub(super) fn repair(folder: &Folder) -> io::Result<()> {
    folder.repair()?;
    folder.make(TEMPORARY).map(drop)
}

/// Writes an input with the content that it has in the run's directory.
fn put(base: &Folder, path: &Path, content: &Content, run: &Folder) -> io::Result<()> {
    let bytes = content.bytes_in(run.path());
    if content.executable { base.write_program(path, &bytes) } else { base.write(path, &bytes) }
}

/// The same where the file may have that content already; then it is not touched.
fn restore(base: &Folder, path: &Path, content: &Content, run: &Folder) -> io::Result<()> {
    if base.holds(path, &content.bytes_in(run.path())) {
        return Ok(());
    }
    put(base, path, content, run)
}

/// All files below the directory of a run, relative to it, without those in sandboxes, temporary ones and those that only
/// the suite makes; and what was not looked at, if there was too much.
pub(super) fn listing(run: &Folder) -> (BTreeSet<PathBuf>, Option<Beyond>) {
    // Whatever a subject put in place of the suite's own folders.
    let skip = |path: &Path, _: bool| path.to_str().is_some_and(is_own);
    let mut files = BTreeSet::new();
    let beyond = run.walk("", skip, |path, _| {
        files.insert(path);
    });
    (files, beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::parse;

    const WORKLOAD: &str = r#"
schema = "pwp/workload/v1"
name = "a tool"
input = [
    { path = "a.txt", content = "usual" },
    { path = "b.txt", content = "beta" },
    { path = "tool.txt", content = "of the tool" },
]
request = [
    { name = "a", kind = "success", inputs = ["a.txt"], outputs = [{ path = "out/a.txt" }] },
    { name = "b", kind = "success", inputs = ["b.txt"] },
    { name = "none", kind = "success" },
    { name = "changed", kind = "success", changes = [{ path = "a.txt", content = "changed" }] },
]
"#;

    fn prepared() -> (tempfile::TempDir, Folder, Workload) {
        let (place, workload) = (tempfile::tempdir().unwrap(), parse("w", WORKLOAD).unwrap());
        let run = Folder::open(place.path()).unwrap();
        prepare(&run, &workload).unwrap();
        (place, run, workload)
    }

    /// The files below a folder, with what stands in them.
    fn found(folder: &Folder) -> Vec<String> {
        let read = |path: &PathBuf| std::fs::read_to_string(folder.path().join(path)).unwrap();
        listing(folder).0.iter().map(|path| format!("{}: {}", path.display(), read(path))).collect()
    }

    const A: &str = "a.txt: usual";
    const B: &str = "b.txt: beta";
    const CHANGED: &str = "a.txt: changed";
    const TOOL: &str = "tool.txt: of the tool";

    #[test]
    fn each_request_finds_its_files() {
        let (_place, run, workload) = prepared();
        let mut layout = Layout::new(&workload, &run);
        // What was taken away for one request comes back for the next.
        let rows: [(&str, bool, &[&str]); 7] = [
            ("a", false, &[A, B, TOOL]),
            ("changed", false, &[CHANGED, B, TOOL]),
            ("a", true, &[A, TOOL]),
            ("b", true, &[B, TOOL]),
            ("none", true, &[TOOL]),
            ("changed", true, &[CHANGED, TOOL]),
            ("b", false, &[A, B, TOOL]),
        ];
        for (name, only, files) in rows {
            layout.place(workload.item(name).unwrap(), &run, only).unwrap();
            assert_eq!(found(&run), files, "{name} {only}");
        }
        let changing = |name: &str| layout.is_changing(workload.item(name).unwrap());
        assert_eq!(["a", "b", "none", "changed"].map(changing), [true, false, false, true]);
    }

    #[test]
    fn a_sandbox_has_the_inputs_of_its_request_and_nothing_else() {
        let (_place, run, workload) = prepared();
        let sandbox = run.at("__sandbox/1/_main").unwrap();
        let mut layout = Layout::new(&workload, &run);
        // It is made anew: nothing is left of the request before, and a change is seen there only.
        let rows: [(&str, bool, &[&str], &[&str]); 5] = [
            ("a", false, &[A], &[A, B, TOOL]),
            ("a", true, &[A], &[TOOL]),
            ("changed", false, &[CHANGED], &[A, B, TOOL]),
            ("none", true, &[], &[TOOL]),
            ("a", true, &[A], &[TOOL]),
        ];
        for (name, only, inside, outside) in rows {
            layout.place(workload.item(name).unwrap(), &sandbox, only).unwrap();
            assert_eq!(found(&sandbox), inside, "{name} {only}");
            assert_eq!(found(&run), outside, "{name} {only}");
        }
        assert!(sandbox.path().join("out").is_dir(), "a client makes the folders of the outputs");
    }
}
