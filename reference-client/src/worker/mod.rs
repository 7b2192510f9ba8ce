//! One worker process, from its start to its end, and the connection with it.
//!
//! An action sends a request and gets a [`Call`], which waits for the response. A task of each process watches all else: the event loop. Callers
//! are the pool, which looks whether a worker is usable, and the client, which starts workers and sends requests.
//!
//! | module | what it does |
//! |---|---|
//! | `connection` | the connection with one process: its start, its state, the wish to end it |
//! | `exchange` | which requests are open, and which one a response answers; no io |
//! | `send` | writes whole messages, whatever happens |
//! | `receive` | reads, judges what came, and gives each response to its call |
//! | `call` | one open request: waiting with time limits, cancelling |
//! | `event_loop` | the task of each process: watches its output, its life and the wish to end it; then ends it |
//! | `state` | what changes in a connection |
//! | `ended` | why and how a worker ended, as a message |
//! | `log` | the file that takes its standard error |
//! | `unix` | the process itself: its group, its signals, its memory |

mod call;
mod connection;
mod ended;
mod event_loop;
mod exchange;
mod log;
mod receive;
mod send;
mod state;
mod unix;

pub(crate) use call::{Call, Lost};
pub(crate) use connection::{Start, WorkerConnection};
pub use ended::{Cause, WorkerEnded, WorkerFault};
pub(crate) use event_loop::Seen;
pub(crate) use log::file_name;
pub(crate) use unix::{Launch, Process, resident};
