//! One worker process, from its start to its end, and the connection with it.
//!
//! An action sends a request and gets a [`Call`], which waits for the response. A task of each process watches all else: the event loop. Callers
//! are the pool, which looks whether a worker is usable, and the client, which starts workers and sends requests.
//!
//! | module | what it does |
//! |---|---|
//! | `connection` | the connection with one process: what changes in it, the wish to end it |
//! | `exchange` | which requests are open, and which one a response answers; no io |
//! | `receive` | reads, judges what came, and gives each response to its call |
//! | `call` | requests: writing them whole, waiting with time limits, giving up |
//! | `event_loop` | the task of each process: starts it, watches its output, its life and the wish to end it; then ends it |
//! | `log` | the file that takes its standard error |

mod call;
mod connection;
mod event_loop;
mod exchange;
mod log;
mod receive;

pub(crate) use call::Call;
pub(crate) use connection::WorkerConnection;
pub(crate) use event_loop::Start;
pub(crate) use log::file_name;
