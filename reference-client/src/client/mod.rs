//! The client: runs actions, each on a worker or by itself.
//!
//! | module | what it does |
//! |---|---|
//! | `start` | the client itself, its folders, its end |
//! | `run` | one action from the decision how to run it to its outcome |
//! | `attempt` | one request to one worker |
//! | `flight` | a request that is open, and what happens when it is given up |
//! | `busy` | outputs that a request that was given up may still write |
//! | `stage` | a result whose outputs are not in their places yet |
//! | `race` | dynamic execution |

mod attempt;
mod busy;
mod flight;
mod race;
mod run;
mod stage;
mod start;

pub use race::Other;
pub use start::{Client, StartError, WorkerEvent};
