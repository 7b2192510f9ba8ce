//! Files on Unix. Each file says its matter; nothing outside of this folder depends on the system.

mod beneath;
mod folder;
mod named;
mod remove;
mod run_folder;
#[cfg(test)]
mod tests;
mod walk;
mod writing;

pub use folder::{Folder, read_pieces};
pub use named::{open_regular, read_limited, read_start, read_text};
pub use run_folder::RunFolder;
pub use walk::{Beyond, Entry};

use rustix::io::Errno;

/// Whether an error says that this process, or the system, has no more open files or memory: then it is no doing of a subject.
pub fn lacks_resources(error: &std::io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM))
}
