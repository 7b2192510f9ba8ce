//! What the environment of `pwp` has to be like, which is looked at before anything is started.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::exit::Failure;

/// Makes sure that there is a folder for temporary files whose path can stand anywhere: it is absolute, text, and in one line. The
/// directories of runs are below it, so their paths stand in requests and in argfiles, of which each line is an argument.
pub(super) fn temporary_folder() -> Result<(), Failure> {
    let given = env::var_os("TMPDIR").filter(|given| !given.is_empty()).map(PathBuf::from);
    let given = given.unwrap_or_else(env::temp_dir);
    let given = if given.as_os_str().is_empty() { PathBuf::from("/tmp") } else { given };
    let folder = usable(&given).map_err(|why| {
        Failure::internal(anyhow!(
            "{given:?} can't be the folder for temporary files: {why}; set TMPDIR to a folder that can be written"
        ))
    })?;
    // It was set before only if this is a second run of the same process: to the same folder.
    let _ = tempfile::env::override_temp_dir(&folder);
    Ok(())
}

fn usable(given: &Path) -> Result<PathBuf, String> {
    let folder = std::path::absolute(given).map_err(|error| error.to_string())?;
    let data = folder.metadata().map_err(|error| error.to_string())?;
    if !data.is_dir() {
        return Err("it is no folder".into());
    }
    match folder.to_str() {
        None => Err("its path is not UTF-8".into()),
        Some(path) if path.contains(char::is_control) => Err("its path has a control character in it".into()),
        Some(_) => Ok(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_can_stand_in_a_line_is_usable() {
        let here = tempfile::tempdir().unwrap();
        for name in ["plain", "two words", "äöü"] {
            let folder = here.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            assert_eq!(usable(&folder).as_ref(), Ok(&folder));
        }
        std::fs::create_dir(here.path().join("two\nlines")).unwrap();
        std::fs::write(here.path().join("file"), "").unwrap();
        for (name, words) in
            [("two\nlines", "control character"), ("nowhere", "No such file"), ("file", "no folder")]
        {
            assert!(usable(&here.path().join(name)).unwrap_err().contains(words), "{name}");
        }
        assert!(usable(Path::new(".")).unwrap().is_absolute());
    }
}
