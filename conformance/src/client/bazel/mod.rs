//! Bazel as a client: a workspace in which every action uses the probe, builds, and what Bazel says of them.
//!
//! - [`Bazel`], [`BazelOptions`]: the subject (`tool`)
//! - `version`: which flags it has
//! - `workspace`: the rule, a package for each case
//! - `events`: what became of each target, from Bazel's own event file
//! - [`BazelServer`]: one server, its builds and its end (`server`)
//! - `lane`: the builds of a lane, with one server, which is gone at the end

mod events;
mod lane;
mod server;
mod tool;
mod version;
mod workspace;

pub(super) use lane::processes;
pub use server::BazelServer;
pub use tool::{Bazel, BazelOptions};
