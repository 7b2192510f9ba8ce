//! Which worker an action gets, and when.
//!
//! An action asks for a [`Slot`], waits for it, and holds it until its request has ended. Only the client asks.
//!
//! | module | what it does |
//! |---|---|
//! | `pools` | the slots of every key, and the actions that wait for one |
//! | `slot` | a slot that is taken, and becomes free in whatever way its request ends |
//! | `shared` | a multiplex worker, and how many requests it has |
//! | `registry` | all workers that live |
//! | `evict` | ends workers because of their age or memory |

mod evict;
mod pools;
mod registry;
mod shared;
mod slot;

pub(crate) use evict::watch;
pub(crate) use pools::{Pools, Wanted};
pub(crate) use registry::Registry;
pub(crate) use slot::{Slot, Worker};
