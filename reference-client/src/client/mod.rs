//! The client: runs actions, each on a worker or in one-shot mode.
//!
//! | module | what it does |
//! |---|---|
//! | `start` | the client itself, its folders, its end |
//! | `run` | one action from the decision how to run it to its outcome |
//! | `attempt` | one request to one worker |
//! | `oneshot` | one action in a process of its own |
//! | `in_flight` | an open request, what happens when it is given up, and a result whose outputs are not in their places yet |
//! | `open_outputs` | outputs that a request that was given up may still write |
//! | `dynamic` | dynamic execution: an action on a worker and elsewhere at once |

mod attempt;
mod dynamic;
mod in_flight;
mod oneshot;
mod open_outputs;
mod run;
mod start;

pub use dynamic::Other;
pub use start::{Client, StartError, WorkerEvent};
