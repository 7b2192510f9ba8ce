//! Makes a build tool build with the [probe](crate::probe) while that misbehaves on purpose, and judges the build tool.
//!
//! - [`Case`]: builds and a behaviour of the probe, as data, `schema/case/v1` (`case`)
//! - [`Adapter`]: how a build tool is made to run a case (`adapter`); [`Bazel`] (`bazel/`) and [`PlanTool`], which takes
//!   plans of actions: the reference client, and any tool for which somebody has written a translator (`plan_tool`)
//! - `run`: lanes of cases, beside each other, each judged, and again where they show a violation; `cleanup`: what is left of one
//! - `case_files`: the files of a case; `watch`: one command with a watchdog; `build_limits`: how long it may take
//! - `observe`: what the judge takes, put together, with what the actions declare
//! - [`check_client`]: all cases (`check`), and the report (`conclude`)

mod adapter;
mod bazel;
mod build_limits;
mod case;
mod case_files;
mod check;
mod cleanup;
mod conclude;
mod observe;
mod plan_tool;
mod run;
mod watch;

pub use crate::oracle::across::Settings;
pub use adapter::{About, Adapter, CaseOutcome, ClientError, Lane};
pub use bazel::{Bazel, BazelOptions, BazelServer, Version};
pub(crate) use case::Need;
pub use case::{Case, CaseError, fixed_cases, parse};
pub use case_files::worker_requirements;
pub use check::{check_client, check_selection};
pub use conclude::covers;
pub(crate) use conclude::facts;
pub use plan_tool::PlanTool;
pub use run::Options;
pub use watch::Watched;
