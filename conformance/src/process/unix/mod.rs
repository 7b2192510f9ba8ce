//! Processes on Unix. Each file says its matter; nothing outside of this folder depends on the system.

mod children;
mod confinement;
mod ending;

mod guardian;
mod interrupt;
mod leftovers;
mod mark;
mod previous;
mod refusal;
mod setup;
mod supervised;
mod table;
mod terminal;

pub use children::become_subreaper;
pub(crate) use children::{bury, bury_always};
pub use confinement::can_confine;
pub use ending::{Unended, unended};
pub use guardian::guard;
pub(crate) use guardian::{Guarded, guard_in_place, started_by};
pub use interrupt::{end_on_signals, interrupted, interrupted_by};
pub use leftovers::kill_strays;
pub(crate) use leftovers::{kill_all, kill_children, kill_strays_if_alone, wait_gone};
pub(crate) use mark::NAME as MARK;
pub use refusal::SpawnError;
pub(crate) use refusal::{NO_ROOM, is_exhausted};
pub(crate) use supervised::{Chunk, Process, Setup, SignalSender};
pub(crate) use table::ProcessId;
