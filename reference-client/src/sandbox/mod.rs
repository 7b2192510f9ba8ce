//! Directories that hold the declared inputs of a request and nothing else.
//!
//! | module | what it does |
//! |---|---|
//! | `directory` | the directory of a worker, which is removed when the worker has ended |
//! | `fill` | brings a directory into the state that a request needs |

mod directory;
mod fill;

pub(crate) use directory::SandboxDirectory;
pub(crate) use fill::{fill, place_tools};
