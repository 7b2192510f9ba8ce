//! The probe: a worker that obeys a scenario and writes down what its client did.
//!
//! Build tools start it through a small script in their workspace:
//!
//! ```sh
//! #!/bin/sh
//! exec /path/to/pwp probe --scenario FILE --record DIR -- "$@"
//! ```
//!
//! - [`Scenario`]: how to behave, as data, `schema/scenario/v1` (`scenario`)
//! - `record`: what it writes down, the [events](crate::history::Event) of its history, a line for each, so that a SIGKILL
//!   loses nothing; [`read_records`] reads them back
//! - [`run`]: the process (`run`), what its threads share (`shared`), one thread for each request (`request`), the files that it
//!   looks at and writes (`files`)
//!
//! The arguments of an action tell the probe what to do, each on a line of its argfile:
//!
//! | argument | meaning |
//! |---|---|
//! | `--name=NAME` | the name of the action; rules and judges know it by this |
//! | `--out=PATH` | write this file: the name of the action and a newline |
//! | `--dir=PATH` | make this directory, with one such file in it |
//! | `--sign` | write the number of the process, too |
//!
//! Everything else is only written down.

pub(crate) mod files;
mod record;
mod request;
mod run;
mod scenario;
mod shared;

pub use record::{now, read_records};
pub(crate) use record::{outlines_in, records_in};
pub use run::{Options, SUITE_FILE, run};
pub use scenario::{ProbeError, Scenario, parse};
pub(crate) use scenario::{SCENARIO_SCHEMA, Step};
