//! Files on Unix. Each file says its matter; nothing outside of this folder depends on the system.

mod beneath;
mod folder;
mod named;
mod remove;
mod run_folder;
#[cfg(test)]
mod tests;
mod walk;

pub use folder::{Folder, read_pieces};
pub use named::{open_regular, read_limited, read_start, read_text};
pub use run_folder::RunFolder;
pub use walk::{Beyond, Entry};
