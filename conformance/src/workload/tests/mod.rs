//! Workloads that are read, those that are not, what is made of them, and the document that explains them.

mod book;
mod folders;
mod items;
mod runs;

use std::path::Path;

use super::{Workload, WorkloadError, load};

/// A folder with files in it, and a workload beside them.
pub(crate) struct WorkloadFolder(tempfile::TempDir);

impl WorkloadFolder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        for (path, content) in files {
            place.write(path, content);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, path: &str, content: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The workload with these lines below its name.
    pub(crate) fn load(&self, lines: &str) -> Result<Workload, WorkloadError> {
        self.write("w.toml", &format!("schema = \"pwp/workload/v1\"\nname = \"a tool\"\n{lines}"));
        load(&self.path().join("w.toml"))
    }

    /// What is wrong with it.
    #[track_caller]
    pub(crate) fn mistake(&self, lines: &str) -> String {
        self.load(lines).unwrap_err().to_string()
    }
}
