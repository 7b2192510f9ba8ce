//! Directories that hold the declared inputs of a request and nothing else.
//!
//! | module | what it does |
//! |---|---|
//! | `directory` | the directory of a worker, which is removed when the worker has ended |
//! | `fill` | brings a directory into the state that a request needs |
//! | `collect` | takes the declared outputs out |

mod collect;
mod directory;
mod fill;

#[cfg(feature = "faults")]
pub(crate) use collect::move_to;
pub(crate) use collect::{collect, missing, remove_outputs};
pub(crate) use directory::SandboxDirectory;
pub(crate) use fill::{Contents, fill, link, place_tools};

use std::path::{Component, Path};

/// A path that leads out of a sandbox, or is not in it.
#[derive(Debug, thiserror::Error)]
#[error("the path {0} does not stay below the directory of the action; write it relative and without `..`")]
pub(crate) struct Outside(String);

/// The path, if it stays below the directory where it starts: relative, and without `..`.
pub(crate) fn inside(path: &str) -> Result<&Path, Outside> {
    let checked = Path::new(path);
    let stays = checked.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if stays && !path.is_empty() { Ok(checked) } else { Err(Outside(path.to_owned())) }
}
