//! Files beside each other, the first of which the user has named: `work.toml`, `work-2.toml`, and what belongs to them.

use std::path::{Path, PathBuf};

use super::OptionsError;

/// The names of such files.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Absolute: the tap's directory may be left.
    folder: PathBuf,
    stem: String,
}

impl Series {
    /// The series whose first file is `path`; nothing if that does not end in `.extension`.
    ///
    /// # Errors
    /// Where the folder can't be found.
    pub(super) fn of(path: &Path, extension: &str) -> Result<Option<Self>, OptionsError> {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let (Some(stem), true) = (stem, path.extension().is_some_and(|end| end == extension)) else {
            return Ok(None);
        };
        let folder =
            path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
        let folder = folder.canonicalize().map_err(OptionsError::write(folder))?;
        Ok(Some(Self { folder, stem: stem.to_owned() }))
    }

    /// The file that has this place, from 0. `end`: what its name ends with.
    pub(super) fn file(&self, place: usize, end: &str) -> PathBuf {
        let number = if place == 0 { String::new() } else { format!("-{}", place + 1) };
        self.folder.join(format!("{}{number}{end}", self.stem))
    }

    /// What belongs to all of them.
    pub(super) fn beside(&self, end: &str) -> PathBuf {
        self.folder.join(self.name_beside(end))
    }

    /// Its name in the folder.
    pub(super) fn name_beside(&self, end: &str) -> String {
        format!("{}{end}", self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_has_no_number() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().canonicalize().unwrap();
        let series = Series::of(&here.join("work.toml"), "toml").unwrap().unwrap();
        assert_eq!(series.file(0, ".toml"), here.join("work.toml"));
        assert_eq!(series.file(1, ".toml"), here.join("work-2.toml"));
        assert_eq!(series.beside(".parts"), here.join("work.parts"));
    }

    #[test]
    fn another_kind_of_file_is_no_series() {
        assert!(Series::of(Path::new("work.json"), "toml").unwrap().is_none());
        assert!(Series::of(Path::new("work"), "toml").unwrap().is_none());
        let error = Series::of(Path::new("nowhere/work.toml"), "toml").unwrap_err();
        assert!(matches!(error, OptionsError::Write { path, .. } if path == Path::new("nowhere")));
    }
}
