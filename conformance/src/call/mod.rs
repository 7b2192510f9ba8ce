//! `pwp call`: a few requests by hand, and everything that comes back. What `curl` is for servers, for workers.
//!
//! - [`requests()`]: requests as people write them, or as a transcript has them (`requests`)
//! - [`CallOptions`]: what to send, and to whom (`options`)
//! - [`call()`]: starts the worker, sends, waits within bounds, ends it (`session`, over its pipes, `pipes`)
//! - `one_shot`: the same work without `--persistent_worker`, and what differs; `files` sees which files were written
//! - [`Called`]: what came of it (`model`)
//! - [`describe()`]: that for people (`describe`)

mod describe;
mod files;
mod model;
mod one_shot;
mod options;
mod pipes;
mod requests;
mod session;

pub use describe::describe;
pub use model::{Answer, Broken, Call, Called, OneShot};
pub use options::CallOptions;
pub use requests::{RequestError, requests};
pub use session::{CallError, call};
