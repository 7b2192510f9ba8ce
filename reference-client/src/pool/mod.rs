//! Which worker an action gets, and when.
//!
//! An action asks for a [`Slot`], waits for it, and holds it until its request has ended. Only the client asks.
//!
//! | module | what it does |
//! |---|---|
//! | `pools` | the slots of every key, and the actions that wait for one; a slot becomes free in whatever way its request ends |
//! | `workers` | the workers of one key, what a slot is a right to, and all workers that live |
//! | `evict` | ends workers because of their age or memory |

mod evict;
mod pools;
mod workers;

pub(crate) use evict::watch;
pub(crate) use pools::{Pools, Slot};
pub(crate) use workers::{Registry, Wanted, Worker};
