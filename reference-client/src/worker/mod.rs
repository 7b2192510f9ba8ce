//! One worker process, from its start to its end.
//!
//! | module | what it does |
//! |---|---|
//! | `exchange` | which requests are open, and what a response means for them; no io |
//! | `session` | starting, sending, reading and judging |
//! | `state` | what changes in a session |
//! | `write` | frames that are written whole, whatever happens |
//! | `ticket` | one open request: waiting with limits, cancelling |
//! | `drive` | the task of each process: watches its output, its life and the wish to end it; then ends it |
//! | `end` | why and how a worker ended, as a message |
//! | `log` | its standard error |
//! | `unix` | the process itself: its group, signals, memory |

mod drive;
mod end;
mod exchange;
mod log;
mod session;
mod state;
mod ticket;
mod unix;
mod write;

pub use end::{Cause, WorkerEnded, WorkerFault};
pub(crate) use log::file_name;
pub(crate) use session::{Place, Session, Start};
pub(crate) use ticket::{Lost, Ticket};
pub(crate) use unix::{Process, Streams, both, resident};
