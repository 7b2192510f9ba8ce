//! Which input files are where when a request is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use crate::workload::{Content, Item, Workload};

use super::files;

/// Keeps the working directory, or a sandbox, as the next request has to find it.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    workload: &'a Workload,
    run: &'a Path,
    /// Files that some request has with another content, and what stands in them for all others.
    changing: BTreeMap<&'a str, Option<&'a Content>>,
    /// Inputs of requests. The others belong to the tool and always stay where they are.
    declared: BTreeSet<&'a str>,
    /// Some inputs were taken away.
    reduced: bool,
}

impl<'a> Layout<'a> {
    /// Of a run in `run`, in which the inputs of the workload are as they usually are.
    pub(super) fn new(workload: &'a Workload, run: &'a Path) -> Self {
        let declared = workload.requests.iter().flat_map(|item| &item.inputs).map(String::as_str).collect();
        Self { workload, run, changing: workload.changing(), declared, reduced: false }
    }

    /// Whether one of the inputs has another content for another request.
    pub(super) fn is_changing(&self, item: &Item) -> bool {
        item.inputs.iter().any(|path| self.changing.contains_key(path.as_str()))
    }

    /// Makes the files ready for a request with its paths below `base`: the run's directory or a sandbox, which is made
    /// anew. `only`: there are no inputs of other requests.
    pub(super) fn place(&mut self, item: &Item, base: &Path, only: bool) -> io::Result<()> {
        if base == self.run {
            return self.working_directory(Some(item), only);
        }
        files::remove(base)?;
        self.restore(self.workload.files_of(item), base)?;
        for parent in item.outputs.iter().filter_map(|output| Path::new(&output.path).parent()) {
            std::fs::create_dir_all(base.join(parent))?;
        }
        std::fs::create_dir_all(base)?;
        self.working_directory(None, only)
    }

    fn restore<'f, P: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = (P, &'f Content)>,
        base: &Path,
    ) -> io::Result<()> {
        let mut files = files.into_iter();
        files.try_for_each(|(path, content)| files::restore(&base.join(path), content, self.run))
    }

    /// `item`: the request that finds its inputs there.
    fn working_directory(&mut self, item: Option<&Item>, only: bool) -> io::Result<()> {
        if only {
            self.reduced = true;
            let keep = |path: &str| item.is_some_and(|item| item.inputs.iter().any(|own| own == path));
            for path in self.declared.iter().filter(|path| !keep(path)) {
                files::remove(&self.run.join(path))?;
            }
        } else if std::mem::take(&mut self.reduced) {
            self.restore(&self.workload.inputs, self.run)?;
        }
        let Some(item) = item else { return Ok(()) };
        if only {
            return self.restore(self.workload.files_of(item), self.run);
        }
        for (path, usual) in &self.changing {
            let file = self.run.join(path);
            match item.changes.get(*path).or(*usual) {
                Some(content) => files::restore(&file, content, self.run)?,
                None => files::remove(&file)?,
            }
        }
        Ok(())
    }
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

    fn prepared() -> (tempfile::TempDir, Workload) {
        let (run, workload) = (tempfile::tempdir().unwrap(), parse("w", WORKLOAD).unwrap());
        files::prepare(run.path(), &workload).unwrap();
        (run, workload)
    }

    /// The files below a folder, with what stands in them.
    fn found(folder: &Path) -> Vec<(String, String)> {
        let read = |path: &std::path::PathBuf| std::fs::read_to_string(folder.join(path)).unwrap();
        let files = files::listing(folder);
        files.iter().map(|path| (path.display().to_string(), read(path))).collect()
    }

    fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
    }

    #[test]
    fn each_request_finds_its_files() {
        let (run, workload) = prepared();
        let mut layout = Layout::new(&workload, run.path());
        let mut place = |name: &str, only| {
            layout.place(workload.item(name).unwrap(), run.path(), only).unwrap();
            found(run.path())
        };
        let tool = ("tool.txt", "of the tool");
        let usual = files(&[("a.txt", "usual"), ("b.txt", "beta"), tool]);
        assert_eq!(place("a", false), usual);
        assert_eq!(place("changed", false), files(&[("a.txt", "changed"), ("b.txt", "beta"), tool]));
        assert_eq!(place("a", true), files(&[("a.txt", "usual"), tool]));
        assert_eq!(place("b", true), files(&[("b.txt", "beta"), tool]));
        assert_eq!(place("none", true), files(&[tool]));
        assert_eq!(place("changed", true), files(&[("a.txt", "changed"), tool]));
        // What was taken away comes back.
        assert_eq!(place("b", false), usual);
        let changing = |name: &str| layout.is_changing(workload.item(name).unwrap());
        assert_eq!(["a", "b", "none", "changed"].map(changing), [true, false, false, true]);
    }

    #[test]
    fn a_sandbox_has_the_inputs_of_its_request_and_nothing_else() {
        let (run, workload) = prepared();
        let sandbox = run.path().join("__sandbox/1/_main");
        let mut layout = Layout::new(&workload, run.path());
        let mut place = |name: &str, only| {
            layout.place(workload.item(name).unwrap(), &sandbox, only).unwrap();
            (found(&sandbox), found(run.path()))
        };
        let (tool, usual) = (("tool.txt", "of the tool"), ("a.txt", "usual"));
        let all = files(&[usual, ("b.txt", "beta"), tool]);
        assert_eq!(place("a", false), (files(&[usual]), all.clone()));
        assert_eq!(place("a", true), (files(&[usual]), files(&[tool])));
        // It is made anew: nothing is left of the request before, and a change is seen there only.
        assert_eq!(place("changed", false), (files(&[("a.txt", "changed")]), all));
        assert_eq!(place("none", true), (vec![], files(&[tool])));
        place("a", true);
        assert!(sandbox.join("out").is_dir(), "a client makes the folders of the outputs");
    }
}
