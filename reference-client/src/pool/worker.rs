//! A worker with the tools that it was started with.

use std::sync::Arc;

use crate::key::Tools;
use crate::worker::Session;

/// A worker process, and what a pool has to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) session: Arc<Session>,
    pub(crate) tools: Arc<Tools>,
}
