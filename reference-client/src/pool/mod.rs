//! Which worker an action gets, and when.
//!
//! An action asks for a [`Slot`], waits for it, and holds it until its request has ended. Only the client asks.
//!
//! | module | what it does |
//! |---|---|
//! | `pools` | the slots of every key, and the actions that wait for one; a slot becomes free in whatever way its request ends |
//! | `workers` | the workers of one key, and what a slot is a right to |
//! | `shared` | a multiplex worker, and how many requests it has |
//! | `registry` | all workers that live |
//! | `evict` | ends workers because of their age or memory |

mod evict;
mod pools;
mod registry;
mod shared;
mod workers;

pub(crate) use evict::watch;
pub(crate) use pools::{Pools, Slot};
pub(crate) use registry::Registry;
pub(crate) use shared::Worker;
pub(crate) use workers::Wanted;
