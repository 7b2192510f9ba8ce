//! Where a recording is: the workload, and the two folders beside it.

use std::fs::File;
use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};

use crate::tap::OptionsError;
use crate::tap::series::Series;

/// How a recorded workload begins, so that no other file is replaced.
pub(super) const MARK: &str = "# Recorded by `pwp tap`";

/// How the folder of the inputs ends.
const INPUTS: &str = ".inputs";

/// The places of one recording.
#[derive(Debug, Clone)]
pub(super) struct Places(Series);

impl Places {
    /// The places for the workload `path`; makes the folders.
    pub(super) fn new(path: &Path) -> Result<Self, OptionsError> {
        let series = Series::of(path, "toml")?;
        let Some(series) = series else { return Err(OptionsError::NotToml { path: path.to_owned() }) };
        if let Ok(file) = File::open(path) {
            let mut first = String::new();
            let read = io::BufReader::new(io::Read::take(file, 200)).read_line(&mut first);
            if read.is_err() || !first.starts_with(MARK) {
                return Err(OptionsError::NotRecorded { path: path.to_owned() });
            }
        }
        let places = Self(series);
        for folder in [places.inputs(), places.parts()] {
            std::fs::create_dir_all(&folder).map_err(OptionsError::write(&folder))?;
        }
        Ok(places)
    }

    /// The workload of the command that has this place, from 0, among all commands of the build.
    pub(super) fn workload(&self, place: usize) -> PathBuf {
        self.0.file(place, ".toml")
    }

    /// Inputs by digest.
    pub(super) fn inputs(&self) -> PathBuf {
        self.0.beside(INPUTS)
    }

    /// The folder of the inputs as the workload names it.
    pub(super) fn name_of_inputs(&self) -> String {
        self.0.name_beside(INPUTS)
    }

    /// What each tap has seen.
    pub(super) fn parts(&self) -> PathBuf {
        self.0.beside(".parts")
    }
}
