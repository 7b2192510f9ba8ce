//! Where a recording is: the workload, and the two folders beside it.

use std::fs::File;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

use crate::tap::OptionsError;

/// How a recorded workload begins, so that no other file is replaced.
pub(super) const MARK: &str = "# Recorded by `pwp tap`";

/// The places of one recording.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Where the workload is, absolute: the tap's directory may be left.
    folder: PathBuf,
    stem: String,
}

impl Places {
    /// The places for the workload `path`; makes the folders.
    pub(super) fn new(path: &Path) -> Result<Self, OptionsError> {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let (Some(stem), Some("toml")) = (stem, path.extension().and_then(|end| end.to_str())) else {
            return Err(OptionsError::NotToml { path: path.to_owned() });
        };
        if let Ok(file) = File::open(path) {
            let mut first = String::new();
            let read = io::BufReader::new(io::Read::take(file, 200)).read_line(&mut first);
            if read.is_err() || !first.starts_with(MARK) {
                return Err(OptionsError::NotRecorded { path: path.to_owned() });
            }
        }
        let folder =
            path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
        let places = Self {
            folder: folder.canonicalize().map_err(OptionsError::write(folder))?,
            stem: stem.to_owned(),
        };
        for folder in [places.inputs(), places.parts()] {
            std::fs::create_dir_all(&folder).map_err(OptionsError::write(&folder))?;
        }
        Ok(places)
    }

    /// The workload of the command that has this place, from 0, among all commands of the build.
    pub(super) fn workload(&self, number: usize) -> PathBuf {
        let name = match number {
            0 => format!("{}.toml", self.stem),
            _ => format!("{}-{}.toml", self.stem, number + 1),
        };
        self.folder.join(name)
    }

    /// Inputs by digest.
    pub(super) fn inputs(&self) -> PathBuf {
        self.folder.join(self.name_of_inputs())
    }

    /// The folder of the inputs as the workload names it.
    pub(super) fn name_of_inputs(&self) -> String {
        format!("{}.inputs", self.stem)
    }

    /// What each tap has seen.
    pub(super) fn parts(&self) -> PathBuf {
        self.folder.join(format!("{}.parts", self.stem))
    }
}
