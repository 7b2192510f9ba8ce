//! Makes a build tool build with the [probe](crate::probe) while that misbehaves on purpose, and judges the build tool.
//!
//! - [`Case`]: builds and a behaviour of the probe, as data, `schema/case/v1` (`case`, the built-in ones in `fixed`)
//! - [`Adapter`]: how a build tool is made to run a case (`adapter`); [`Bazel`] (`bazel/`) and [`PlanTool`], which takes
//!   plans of actions: the reference client, and any tool for which somebody has written a translator (`plan_tool`)
//! - `run`: lanes of cases, beside each other, each judged; `cleanup`: what is left of one
//! - `place`: the files of a case; `watch`: one command with a watchdog
//! - `observe`: from records and outcomes to what the oracle takes
//! - [`check_client`]: all cases (`check`), those again that show a violation (`confirm`), and the report (`conclude`)

mod adapter;
mod bazel;
mod case;
mod check;
mod cleanup;
mod conclude;
mod confirm;
mod fixed;
mod observe;
mod options;
mod place;
mod plan_tool;
mod run;
mod watch;

pub use adapter::{About, Adapter, ClientError, Lane, RanAction, RanBuild, RanCase, RanEnd};
pub use bazel::{Bazel, BazelOptions, BazelServer};
pub use case::{
    Action, Before, Build, CASE_SCHEMA, Case, CaseError, End, Expected, Need, ProcessesExpected, Settings,
    Status, parse,
};
pub use check::check_client;
pub use conclude::covers;
pub use fixed::fixed_cases;
pub use options::Options;
pub use place::worker_requirements;
pub use plan_tool::PlanTool;
pub use watch::Watched;
