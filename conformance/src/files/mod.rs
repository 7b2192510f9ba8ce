//! Files: those in the directories of subjects, whatever a subject makes of them, and those that a user names.
//!
//! A subject runs with the rights of `pwp`. So in a directory that it can write to, it decides what stands at each path: a link to the
//! user's own files, a FIFO that is never written to, 30,000 directories in each other. What comes in here is a path below such a
//! directory; what goes out is what stands there, and nothing outside of it is read, created, changed or removed.
//!
//! - [`Folder`]: a directory by its handle, and all that `pwp` does below it: `read`, `write`, `remove`, `walk` (`unix/folder`)
//! - `unix/beneath`: how a path below a directory is opened: through no link, into no other mount, and without waiting
//! - `unix/remove`: removes a tree of any depth with a few handles; `unix/walk`: lists one within limits
//! - [`RunFolder`]: the one temporary directory of a run of `pwp`, and those of earlier runs that were killed (`unix/run_folder`)
//! - [`read_limited`], [`read_text`]: files that the user names, where links and pipes are welcome (`unix/named`)
//! - [`with_room`]: waits for room on a disk that another subject has filled (`room`)
//! - [`ReadError`], [`LeftBehind`]: why a file was not read, and what could not be removed (`error`)

mod error;
mod room;
#[cfg(unix)]
mod unix;

pub use error::{Kind, LeftBehind, ReadError, Stuck};
pub use room::{Occupant, is_full, with_room};
#[cfg(unix)]
pub use unix::*;
