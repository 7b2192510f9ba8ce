//! Builds from a file: what `pwp check client` runs as a separate process when it checks the reference client.
//!
//! A [`Plan`] is a file in JSON or TOML that says where actions run, what the client is set to, and which actions belong to which build. One
//! client runs all builds of a plan, one after the other, so workers live from one build to the next. [`run`] does all of
//! it: it reads the plan, runs it, writes the [`Outcomes`] as JSON, and ends.
//!
//! ```json
//! {
//!   "schema": "pwp/plan/v1",
//!   "directory": "exec",
//!   "state": "state",
//!   "client": { "sandboxing": true, "max_instances": 2 },
//!   "builds": [{
//!     "jobs": 4,
//!     "before": [{ "write": { "path": "a.params", "content": "--out=a.o\n" } }],
//!     "actions": [{
//!       "name": "compile a",
//!       "mnemonic": "Compile",
//!       "arguments": ["tools/compiler", "@a.params"],
//!       "inputs": [{ "path": "tools/compiler", "tool": true }, "a.params", "a.c"],
//!       "outputs": ["a.o"],
//!       "requirements": { "supports-workers": "1" }
//!     }]
//!   }]
//! }
//! ```
//!
//! Relative `directory` and `state` start at the folder of the plan; all other paths start at `directory`. Times are in milliseconds. The
//! actions of a build are begun in their order, `jobs` at a time, and a build goes on when one fails. SIGINT interrupts the
//! current build, and the next one follows; SIGTERM interrupts it and ends the plan.
//!
//! | module | what it does |
//! |---|---|
//! | `model` | the plan, and what it can set of the client |
//! | `outcomes` | what is written at the end |
//! | `inputs` | digests, and the files of directories |
//! | `steps` | what happens before a build, when a build is interrupted, and why a plan can't be run |
//! | `execute` | runs it |
//! | `command` | the command line |

mod command;
mod execute;
mod inputs;
mod model;
mod outcomes;
mod steps;

pub use command::{USAGE, run};
pub use execute::execute;
pub use model::{Action, Build, Input, Output, PLAN_SCHEMA, Plan, Race, Settings, Step, When, WriteFile};
pub use outcomes::{
    ActionOutcome, BuildOutcome, OUTCOMES_SCHEMA, Outcomes, RunnerName, StatusName, WorkerRecord,
};
pub use steps::PlanError;
