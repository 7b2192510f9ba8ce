//! Splits the command line of an action: what starts the worker, and what goes into the request.
//!
//! | argument of the action | where it goes | as what |
//! |---|---|---|
//! | `@path` | the request | the lines of the file, and of the files that these name |
//! | `--flagfile=path`, `-flagfile=path` | the request | as it is |
//! | `@@x`, `@repo//pkg:x` | the request | as it is |
//! | any other | the worker's command line | as it is |
//!
//! The last-but-one row is open in the standard (C-039); this client does what Bazel does.

mod expand;
mod split;

pub(crate) use expand::expand_with;
pub use expand::{ArgfileError, expand};
pub(crate) use split::split_with;
pub use split::{SplitArguments, split};
