//! Bazel as a client: a workspace in which every action uses the probe, builds, and what Bazel says of them.
//!
//! - [`Bazel`], [`BazelOptions`]: the subject; [`BazelServer`]: one server, its builds and its end (`tool`)
//! - [`Version`]: which flags it has (`version`)
//! - `workspace`: the rule, a package for each case
//! - `lane`: the builds of a lane, with one server, which is gone at the end

mod lane;
mod tool;
mod version;
mod workspace;

pub use tool::{Bazel, BazelOptions, BazelServer};
pub use version::Version;
