//! `pwp call`: a few requests by hand, and everything that comes back. What `curl` is for servers, for workers.
//!
//! - [`requests()`]: requests as people write them, or as a transcript has them (`requests`)
//! - [`CallOptions`]: what to send, and to whom; `Called`: what came of it (`model`)
//! - [`call()`]: starts the worker, sends, waits within bounds, ends it (`session`, over its pipes, `pipes`)
//! - `one_shot`: the same work without `--persistent_worker`, and what differs
//! - [`describe()`]: what came of it for people (`describe`)

mod describe;
mod model;
mod one_shot;
mod pipes;
mod requests;
mod session;

pub(crate) use describe::describe;
pub(crate) use model::CallOptions;
pub(crate) use requests::requests;
pub(crate) use session::call;
