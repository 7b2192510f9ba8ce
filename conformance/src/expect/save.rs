//! The expectations file, replaced in one step.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::update::UpdateError;

/// Writes expectations. A reader of the file meanwhile sees the old text or the new one, never a part.
///
/// # Errors
/// Fails where the file can't be written; then the old one is untouched.
pub fn save(path: &Path, text: &str) -> Result<(), UpdateError> {
    replace(path, text).map_err(|source| UpdateError::Write { path: path.to_owned(), source })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut new = tempfile::Builder::new()
        .prefix(".expectations-")
        // As any new file, with the rights that the user's mask gives, and not those of a temporary file.
        .make_in(folder, |at| File::create_new(at))?;
    new.write_all(text.as_bytes())?;
    if let Ok(old) = fs::metadata(&target) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(&target).map(drop).map_err(|error| error.error)
}
