//! Processes on Unix. Each file says its matter; nothing outside of this folder depends on the system.

mod leftovers;
mod setup;
mod supervised;
mod table;

pub use leftovers::{become_subreaper, kill_strays};
pub(crate) use leftovers::{bury, kill_all, kill_children, wait_gone};
pub use setup::can_confine;
pub use supervised::SpawnError;
pub(crate) use supervised::{Chunk, Process, Setup, SignalSender};
pub(crate) use table::ProcessId;
