//! `pwp call`: a few requests by hand, and everything that comes back. What `curl` is for servers, for workers.
//!
//! - [`requests()`]: requests as people write them, or as a transcript has them (`requests`)
//! - [`Options`]: what to send, and to whom (`options`)
//! - [`call()`]: starts the worker, sends, waits within bounds, ends it (`session`, over the pipes of `process`)
//! - `one_shot`: the same work without `--persistent_worker`, and what differs; `files` sees which files were written
//! - [`Called`]: what came of it (`model`)
//! - [`describe()`]: that for people (`describe`)

mod describe;
mod files;
mod model;
mod one_shot;
mod options;
mod process;
mod requests;
mod session;

pub use describe::describe;
pub use model::{Answer, Broken, Call, Called, OneShot};
pub use options::Options;
pub use requests::{RequestError, requests};
pub use session::{CallError, call};
